import FoundationEssentials

/// What an access token for Microsoft Graph says about a user for whom an application acts.
struct DelegatedTokenClaims {
    let tenant: GUID
    let app: GUID
    let appName: String
    let user: User
    let permissions: DelegatedPermissions
    let issuedAt: Date
    let lifetimeSeconds: Int
    /// `0` for a public client, `1` for a secret, `2` for an assertion.
    var credentialStrength = "0"

    func json(_ randomness: Randomness) -> JSON {
        let issued = Int64(issuedAt.timeIntervalSince1970.rounded(.down))
        let words = user.displayName.split(separator: " ")
        return [
            "aud": .string(permissions.audience), "iss": .string("https://sts.windows.net/\(tenant.text)/"),
            "iat": .integer(issued), "nbf": .integer(issued), "exp": .integer(issued + Int64(lifetimeSeconds)),
            "acct": 0, "acr": "1", "aio": .string(randomness.opaque(24)), "amr": ["pwd"],
            "app_displayname": .string(appName), "appid": .string(app.text), "appidacr": .string(credentialStrength),
            "family_name": .string(words.dropFirst().joined(separator: " ")),
            "given_name": .string(words.first.map(String.init) ?? user.displayName), "idtyp": "user",
            "name": .string(user.displayName), "oid": .string(user.id.text),
            "rh": .string("1.\(randomness.opaque(24))."),
            "scp": .string(permissions.scopes.joined(separator: " ")),
            "sub": .string(user.subject(for: app)),
            "tenant_region_scope": .string(Cloud.global.regionScope), "tid": .string(tenant.text),
            "unique_name": .string(user.signInName), "upn": .string(user.principalName),
            "uti": .string(randomness.opaque(16)), "ver": "1.0",
            "wids": .strings(user.roleTemplates),
        ]
    }
}
