package import FoundationEssentials

/// The claims of an app-only access token that tell for whom it is.
///
/// The signature is not checked: only the resource can do that, and Graph tokens are encoded so that nobody else
/// succeeds. The claims guard against mix-ups, not against forgery. Source: access-token-claims-reference.
package struct TokenClaims: Sendable, Equatable {
    package let tenant: String?
    /// `appid` (v1) or `azp` (v2).
    package let clientID: String?
    package let audience: String?
    /// The object id of the service principal in the tenant; absent when there is none.
    package let objectID: String?
    package let roles: [String]
    package let expiresAt: Date?
    /// `iat`, else `nbf`.
    package let issuedAt: Date?

    /// `nil` when the text is not a JSON Web Token, or its times cannot be.
    package init?(jwt: String) {
        guard let claims = JWT.payload(Payload.self, of: jwt) else { return nil }
        tenant = claims.tid
        clientID = claims.appid ?? claims.azp
        audience = claims.aud
        objectID = claims.oid
        roles = claims.roles ?? []
        // Seconds since 1970 until the year 2096; what lies outside is no time of a token.
        let times = [claims.exp, claims.iat, claims.nbf].compactMap { $0 }
        guard times.allSatisfy({ (0...4e9).contains($0) }) else { return nil }
        expiresAt = claims.exp.map { Date(timeIntervalSince1970: $0) }
        issuedAt = (claims.iat ?? claims.nbf).map { Date(timeIntervalSince1970: $0) }
    }

    private struct Payload: Decodable {
        let tid: String?
        let appid: String?
        let azp: String?
        let aud: String?
        let oid: String?
        let roles: [String]?
        let exp: Double?
        let iat: Double?
        let nbf: Double?
    }
}
