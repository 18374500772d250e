package import FoundationEssentials

/// The unguessable id of a consent link: 160 bits, 32 characters of Base32. Part of the page's address.
package struct AttemptID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 32, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) {
        description = Base32.encode(randomness.bytes(20))
    }
}

/// The `state` parameter of one admin-consent request. Whoever holds it can answer once, so it is a secret.
package typealias OneTimeState = Secret<String>

/// One admin-consent link: everything about it is pinned when it is made.
package struct ConsentAttempt: Sendable, Equatable {
    package enum Outcome: String, Sendable {
        case approved, delayed, declined, failed, misdirected
    }

    package let id: AttemptID
    package let tenant: TenantID
    package let app: AppName
    /// The release it asks for.
    package let release: Int
    package let redirectURI: String
    package let createdAt: Date
    package let expiresAt: Date
    /// `nil` while it is open.
    package let outcome: Outcome?

    package init(
        id: AttemptID, tenant: TenantID, app: AppName, release: Int, redirectURI: String, createdAt: Date,
        expiresAt: Date, outcome: Outcome? = nil
    ) {
        self.id = id
        self.tenant = tenant
        self.app = app
        self.release = release
        self.redirectURI = redirectURI
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.outcome = outcome
    }

    /// Whether it can still be answered at that instant.
    package func isOpen(at now: Date) -> Bool { outcome == nil && now < expiresAt }
}
