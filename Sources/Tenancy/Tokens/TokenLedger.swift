package import FoundationEssentials

/// A token that belonged to somebody else, seen while one was fetched or taken from the store. A security event.
package struct TokenMismatch: Sendable, Equatable {
    package let app: AppName
    package let tenant: TenantID
    package let resource: Resource
    /// The claim that showed it: `tid`, `appid`, `aud`, `oid`.
    package let claim: String
    package let count: Int
    package let firstAt: Date
    package let lastAt: Date

    package init(
        app: AppName, tenant: TenantID, resource: Resource, claim: String, count: Int, firstAt: Date, lastAt: Date
    ) {
        self.app = app
        self.tenant = tenant
        self.resource = resource
        self.claim = claim
        self.count = count
        self.firstAt = firstAt
        self.lastAt = lastAt
    }
}

/// The facts about tokens that must not be lost. Every method is one transaction and durable when it returns.
package protocol TokenLedger: Sendable {
    /// The pauses that an authority has asked for and that have not ended at that instant.
    func pauses(at now: Date) async throws(StoreError) -> [(key: TokenKey, until: Date)]

    /// Remembers, or moves, the end of a pause, and forgets those that have ended at that instant.
    func pause(_ key: TokenKey, until end: Date, at now: Date) async throws(StoreError)

    /// Counts a mismatch, adds it to the audit log and to the events (`security.token_mismatch`).
    ///
    /// - Parameter trace: the authority's ids of the answer; `nil` for a token that came from the store.
    func record(
        mismatch claim: String, of key: TokenKey, app: AppName, trace: AuthorityTrace?, at now: Date
    ) async throws(StoreError)

    /// The mismatches of that app whose last one is no older than that instant, the newest first; 100 at most.
    func mismatches(of app: AppName, since instant: Date) async throws(StoreError) -> [TokenMismatch]
}
