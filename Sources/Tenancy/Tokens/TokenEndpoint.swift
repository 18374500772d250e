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
