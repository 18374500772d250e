package import FoundationEssentials

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
