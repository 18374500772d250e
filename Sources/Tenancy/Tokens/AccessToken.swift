package import FoundationEssentials

/// A token as the authority sent it. Its only way out is ``checked(for:)``.
package struct UnverifiedToken: Sendable {
    private let value: Secret<String>
    private let receivedAt: Date
    private let lifetime: TimeInterval

    /// - Parameter lifetime: seconds, the reply's `expires_in`.
    package init(value: Secret<String>, receivedAt: Date, lifetime: TimeInterval) {
        self.value = value
        self.receivedAt = receivedAt
        self.lifetime = lifetime
    }

    /// The token, if its claims name exactly the tenant, app and resource of the key.
    ///
    /// - Throws: `mismatch`: the token is another's, and nobody may see it; `unreadable`: it is no JWT.
    package func checked(for key: TokenKey) throws(TokenError) -> AccessToken {
        guard let claims = TokenClaims(jwt: value.exposed) else { throw TokenError(key, .unreadable) }
        let token = AccessToken(value: value, claims: claims, expiresAt: expiry(claims), acquiredAt: receivedAt)
        if let field = token.mismatch(with: key) { throw TokenError(key, .mismatch(field)) }
        guard token.namesItsResource(of: key) else { throw TokenError(key, .foreignAudience(claims.audience ?? "")) }
        guard receivedAt < token.expiresAt else {
            throw TokenError(key, .unavailable("the token it sent has expired already; check this machine's clock"))
        }
        return token
    }

    /// The token's own length of life counts from its arrival, so that a clock that is wrong here does no harm.
    private func expiry(_ claims: TokenClaims) -> Date {
        guard let end = claims.expiresAt else { return receivedAt + lifetime }
        guard let start = claims.issuedAt else { return min(receivedAt + lifetime, end) }
        return receivedAt + min(lifetime, end.timeIntervalSince(start))
    }
}

/// An access token whose claims were held against its key.
package struct AccessToken: Sendable, Equatable {
    package let value: Secret<String>
    package let claims: TokenClaims
    package let expiresAt: Date
    package let acquiredAt: Date

    init(value: Secret<String>, claims: TokenClaims, expiresAt: Date, acquiredAt: Date) {
        self.value = value
        self.claims = claims
        self.expiresAt = expiresAt
        self.acquiredAt = acquiredAt
    }

    /// A token that comes back from the store. The claims are read and held against the key again.
    ///
    /// - Throws: `mismatch` or `unreadable`, as when it was first received.
    package init(stored value: Secret<String>, key: TokenKey, expiresAt: Date, acquiredAt: Date) throws(TokenError) {
        let lifetime = expiresAt.timeIntervalSince(acquiredAt)
        self = try UnverifiedToken(value: value, receivedAt: acquiredAt, lifetime: lifetime).checked(for: key)
    }

    /// Whether it is valid for that many seconds more.
    package func isUsable(at now: Date, for seconds: TimeInterval) -> Bool {
        now.addingTimeInterval(seconds) < expiresAt
    }

    /// The first claim that belongs to another key; `nil` when all fit.
    func mismatch(with key: TokenKey) -> String? {
        if claims.tenant.flatMap({ TenantID($0) }) != key.tenant { return "tid" }
        if claims.clientID.flatMap({ ClientID($0) }) != key.clientID { return "appid" }
        guard let audience = claims.audience else { return "aud" }
        switch (GUID(audience), GUID(key.resource.description)) {
        case (let audience?, let resource?): return audience == resource ? nil : "aud"
        case (nil, nil): return names(audience, key.resource) ? nil : "aud"
        // One is a GUID and the other a URI: see `namesItsResource`.
        case (nil, _?), (_?, nil): return nil
        }
    }

    /// Whether audience and resource are spelt alike, so that they could be compared. The one pair that is known
    /// otherwise is Microsoft Graph's.
    func namesItsResource(of key: TokenKey) -> Bool {
        let (audience, resource) = (claims.audience.flatMap { GUID($0) }, GUID(key.resource.description))
        if (audience == nil) == (resource == nil) { return true }
        let (guid, uri) = resource == nil ? (audience, key.resource.description) : (resource, claims.audience ?? "")
        return guid == Resource.graphID && Resource.graphRoots.contains { uri == $0 || uri == $0 + "/" }
    }

    private func names(_ audience: String, _ resource: Resource) -> Bool {
        func trimmed(_ text: String) -> Substring { text.hasSuffix("/") ? text.dropLast() : text[...] }
        return trimmed(audience) == trimmed(resource.description)
    }
}
