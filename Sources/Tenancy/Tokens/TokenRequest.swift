package import FoundationEssentials

/// What a caller asks the broker for.
package struct TokenRequest: Sendable {
    package internal(set) var key: TokenKey
    package let app: AppName
    /// Seconds that the token must still live. `nil`: what suits the token, see ``TokenBroker/defaultMargin``.
    package var minimumLife: TimeInterval?
    /// A token that the resource has refused; any other one will do.
    package var rejected: TokenDigest?
    /// What the resource demands. Passes the cache by, and what comes replaces what was there.
    package var claims: ClaimsChallenge?

    package init(
        app: App, tenant: TenantID, resource: Resource, minimumLife: TimeInterval? = nil,
        rejected: TokenDigest? = nil, claims: ClaimsChallenge? = nil
    ) {
        key = TokenKey(cloud: app.cloud, tenant: tenant, clientID: app.clientID, resource: resource)
        self.app = app.name
        self.minimumLife = minimumLife
        self.rejected = rejected
        self.claims = claims
    }
}
