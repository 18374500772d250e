/// The token endpoint of the tenant's own authority.
package protocol TokenEndpoint: Sendable {
    /// Asks for an app-only token by the client-credentials grant. Retries once after a passing fault.
    ///
    /// - Throws: `refused`, `refusedUnknown`, `throttled`, `unavailable`, `cloudNotConfigured`.
    func requestToken(_ key: TokenKey, with credential: ClientCredential) async throws(TokenError) -> UnverifiedToken
}

/// Remembers tokens, sealed, so that a restart needs none anew.
package protocol TokenStore: Sendable {
    /// The stored token of that epoch, opened and checked against its key; `nil` when there is none or when the
    /// row is damaged, for a token can be had again.
    func token(_ key: TokenKey, epoch: Int) async throws(StoreError) -> AccessToken?

    /// Stores it, replacing an older one.
    ///
    /// - Returns: `false`, with nothing stored, when the connection's epoch is no longer that one.
    func put(_ token: AccessToken, for key: TokenKey, epoch: Int, app: AppName) async throws(StoreError) -> Bool
}
