package import FoundationEssentials

/// A request for a token with its proof made, ready to be sent, more than once if need be. What comes has been held
/// against its key.
///
/// - Throws: `refused`, `refusedUnknown`, `throttled`, `overloaded`, `unavailable`, `mismatch`, `foreignAudience`,
///   `unreadable`.
package typealias PreparedTokenRequest = @Sendable () async throws(TokenError) -> AccessToken

/// The token endpoint of the tenant's own authority. Asked through the ``AuthorityGate`` only.
package protocol TokenEndpoint: Sendable {
    /// Makes a request for an app-only token by the client-credentials grant. Sends nothing to the authority.
    ///
    /// - Throws: `credentialUnusable`, `cloudNotConfigured`.
    func prepare(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> PreparedTokenRequest
}

/// A token as the store remembers it. Nothing of it has been held against its key.
package struct StoredToken: Sendable {
    package let value: Secret<String>
    package let digest: TokenDigest
    package let acquiredAt: Date
    package let expiresAt: Date
    /// When a newer one should be fetched although this one still lives.
    package let refreshAt: Date

    package init(value: Secret<String>, digest: TokenDigest, acquiredAt: Date, expiresAt: Date, refreshAt: Date) {
        self.value = value
        self.digest = digest
        self.acquiredAt = acquiredAt
        self.expiresAt = expiresAt
        self.refreshAt = refreshAt
    }
}

/// Remembers tokens, sealed, so that a restart needs none anew. What it holds can be had again, so it promises little:
/// the last moments before a crash may be lost, and a damaged row is as good as none.
package protocol TokenStore: Sendable {
    /// The stored token of that very key and epoch, opened; `nil` when there is none, or it is counted as unopened or unread. One look
    /// by key on the calling thread, some 20 µs.
    func token(_ key: TokenKey, epoch: Int) -> StoredToken?

    /// Takes the token in and returns at once; it is written with others a moment later, replacing an older one. Until
    /// then ``token(_:epoch:)`` finds it all the same.
    func put(_ token: StoredToken, for key: TokenKey, epoch: Int)

    /// Forgets every token of that tenant and app; none of those put before is found after it.
    func drop(_ tenant: TenantID, clientID: ClientID)

    /// Forgets every token of that app, as above.
    func drop(_ clientID: ClientID)

    /// Returns when everything that was put or dropped before is written.
    func flush() async

    var metrics: TokenStoreMetrics { get }
}

/// What the store of tokens counts.
package struct TokenStoreMetrics: Sendable, Equatable {
    /// Tokens that wait to be written.
    package var waiting = 0
    package var written = 0
    /// Not written, because the disk failed or more came than it takes.
    package var lost = 0
    /// Removed because they had expired, or to keep to the limit.
    package var removed = 0
    /// Found and not used: its seal does not fit its place, times and text.
    package var unopened = 0
    /// Looks that failed. As good as nothing found.
    package var unread = 0
    /// The size of the file in bytes.
    package var bytes = 0

    package init() {}
}

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
