/// One way in which an id_token can be wrong, for tests of whoever must notice.
enum IDTokenForgery: String, Sendable, CaseIterable {
    /// One bit of the signature is another one.
    case signature
    /// For another application.
    case audience = "aud"
    /// By the issuer of another tenant.
    case issuer = "iss"
    /// About another tenant than its issuer's.
    case tenant = "tid"
    case nonce
    /// Ended an hour ago.
    case expired
    /// Not signed, and says so.
    case algorithmNone = "alg_none"
    /// Without the directory roles of the user.
    case withoutRoles = "no_wids"
    /// Signed by a key that is not published.
    case unknownKey = "unknown_kid"

    /// A token with these claims but for what is forged.
    func token(_ claims: JSON, key: SigningKey, login: String, randomness: Randomness) throws -> String {
        switch self {
        case .signature:
            let token = try key.sign(claims, thumbprint: false)
            guard let dot = token.lastIndex(of: "."),
                var signature = Base64Text.decode(token[token.index(after: dot)...]), !signature.isEmpty
            else { return token }
            signature[signature.count / 2] ^= 1
            return "\(token[...dot])\(Base64Text.urlEncode(signature))"
        case .audience: return try key.sign(claims.setting(["aud": other(randomness)]), thumbprint: false)
        case .issuer:
            let issuer = JSON.string("\(login)/\(randomness.guid().text)/v2.0")
            return try key.sign(claims.setting(["iss": issuer]), thumbprint: false)
        case .tenant: return try key.sign(claims.setting(["tid": other(randomness)]), thumbprint: false)
        case .nonce:
            return try key.sign(claims.setting(["nonce": .string(randomness.opaque(24))]), thumbprint: false)
        case .expired: return try key.sign(expired(claims), thumbprint: false)
        case .algorithmNone:
            let header = JSON.object([("typ", "JWT"), ("alg", "none")])
            return "\(Base64Text.urlEncode(header.bytes)).\(Base64Text.urlEncode(claims.bytes))."
        case .withoutRoles: return try key.sign(claims.setting(["wids": nil]), thumbprint: false)
        case .unknownKey: return try key.sign(claims, thumbprint: false, identifier: randomness.opaque(20))
        }
    }

    private func other(_ randomness: Randomness) -> JSON { .string(randomness.guid().text) }

    private func expired(_ claims: JSON) -> JSON {
        guard case .integer(let issued) = claims["iat"] else { return claims }
        let then = issued - 2 * IDTokenClaims.lifetimeSeconds
        return claims.setting([
            "iat": .integer(then), "nbf": .integer(then), "exp": .integer(then + IDTokenClaims.lifetimeSeconds),
        ])
    }
}

extension JSON {
    /// This object with these members instead of its own; `nil` leaves one out.
    fileprivate func setting(_ changes: [String: JSON?]) -> JSON {
        guard case .object(let members) = self else { return self }
        let kept = members.filter { !changes.keys.contains($0.name) }
        let set = changes.sorted { $0.key < $1.key }.compactMap { name, value in
            value.map { Member(name: name, value: $0) }
        }
        return .object(kept + set)
    }
}
