package import FoundationEssentials

/// One application permission (app role) with the reason a customer reads.
package struct Permission: Sendable, Equatable {
    package let resource: Resource
    /// The role's value, such as `User.Read.All`.
    package let role: String
    /// In plain words, for the customer's administrator.
    package let reason: String

    package init(resource: Resource, role: String, reason: String) {
        self.resource = resource
        self.role = role
        self.reason = reason
    }

    /// Whether both ask for the same, whatever the reasons.
    package func asksSame(as other: Permission) -> Bool { resource == other.resource && role == other.role }
}

/// An immutable, numbered list of permissions.
package struct Release: Sendable, Equatable {
    package let app: AppName
    /// Counted from 1.
    package let number: Int
    package let permissions: [Permission]

    package init(app: AppName, number: Int, permissions: [Permission]) {
        self.app = app
        self.number = number
        self.permissions = permissions
    }

    /// The resources it touches, in the order they first appear.
    package var resources: [Resource] {
        permissions.map(\.resource).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// Whether who granted this one has granted everything the other asks for.
    package func covers(_ other: Release) -> Bool {
        other.permissions.allSatisfy { wanted in permissions.contains { $0.asksSame(as: wanted) } }
    }
}

/// A release and where it stands. A draft may still be replaced; what was published never changes.
package struct ReleaseRecord: Sendable, Equatable {
    package let release: Release
    package let createdAt: Date
    /// `nil` for the draft.
    package let publishedAt: Date?

    package init(release: Release, createdAt: Date, publishedAt: Date?) {
        self.release = release
        self.createdAt = createdAt
        self.publishedAt = publishedAt
    }

    package var isDraft: Bool { publishedAt == nil }
}

/// What a customer who granted one release is asked anew by another.
package struct ReleaseDifference: Sendable, Equatable {
    package let from: Release
    package let to: Release

    package init(from: Release, to: Release) {
        self.from = from
        self.to = to
    }

    /// Newly asked, each with its reason.
    package var added: [Permission] {
        to.permissions.filter { new in !from.permissions.contains { $0.asksSame(as: new) } }
    }

    /// No longer asked. A customer who consents again may lose them.
    package var removed: [Permission] {
        from.permissions.filter { old in !to.permissions.contains { $0.asksSame(as: old) } }
    }

    /// The same permission for another reason.
    package var reworded: [Permission] {
        to.permissions.filter { new in from.permissions.contains { $0.asksSame(as: new) && $0.reason != new.reason } }
    }
}
