import FoundationEssentials

/// An application's presence in one tenant: made by consent, and gone when an administrator deletes it.
struct ServicePrincipal: Sendable {
    /// Roles of one resource over time: a change is known to the directory at once, to tokens only after a delay.
    struct Grant: Sendable {
        private var changes: [(from: Date, roles: [String])] = []

        init() {}

        /// What the directory says is granted, whether or not tokens show it yet.
        var granted: [String] { changes.last?.roles ?? [] }

        /// What a token issued at `instant` carries.
        func roles(at instant: Date) -> [String] {
            changes.last { $0.from <= instant }?.roles ?? []
        }

        /// Replaces the roles from `instant` on. A change that was still on its way is overtaken.
        mutating func set(_ roles: [String], from instant: Date) {
            changes.removeAll { $0.from >= instant }
            changes.append((instant, roles))
        }
    }

    /// `oid` and `sub` of its tokens. A new one each time the principal is made.
    let objectID: GUID
    /// From then on the token endpoint knows of it.
    let usableFrom: Date
    let created: Date
    /// From then on every replica of Graph knows it.
    let replicatedFrom: Date
    /// `accountEnabled`: whether the tenant lets the application sign in.
    var isEnabled = true
    var tags: [String] = []
    /// By the identifier of the resource.
    var grants: [GUID: Grant] = [:]
}
