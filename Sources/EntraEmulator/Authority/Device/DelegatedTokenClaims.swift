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

    func json(_ randomness: Randomness) -> JSON {
        let issued = Int64(issuedAt.timeIntervalSince1970.rounded(.down))
        let words = user.displayName.split(separator: " ")
        return [
            "aud": .string(permissions.audience), "iss": .string("https://sts.windows.net/\(tenant.text)/"),
            "iat": .integer(issued), "nbf": .integer(issued), "exp": .integer(issued + Int64(lifetimeSeconds)),
            "acct": 0, "acr": "1", "aio": .string(randomness.opaque(24)), "amr": ["pwd"],
            "app_displayname": .string(appName), "appid": .string(app.text), "appidacr": "0",
            "family_name": .string(words.dropFirst().joined(separator: " ")),
            "given_name": .string(words.first.map(String.init) ?? user.displayName), "idtyp": "user",
            "name": .string(user.displayName), "oid": .string(user.id.text),
            "rh": .string("1.\(randomness.opaque(24))."),
            "scp": .string(permissions.scopes.joined(separator: " ")),
            "sub": .string(Base64Text.urlEncode(Array(GUID(naming: user.id.text, app.text).text.utf8))),
            "tenant_region_scope": .string(Cloud.global.regionScope), "tid": .string(tenant.text),
            "unique_name": .string(user.principalName), "upn": .string(user.principalName),
            "uti": .string(randomness.opaque(16)), "ver": "1.0",
            "wids": .strings([user.role.templateID, "b79fbf4d-3ef9-4689-8143-76b194e85509"].compactMap { $0 }),
        ]
    }
}

extension User.Role {
    /// The template of the directory role (Microsoft Entra built-in roles); `nil` for none.
    fileprivate var templateID: String? {
        switch self {
        case .none: nil
        case .globalAdministrator: "62e90394-69f5-4237-9190-012177145e10"
        case .privilegedRoleAdministrator: "e8611ab8-c189-46e8-94e1-60213ab1f814"
        case .applicationAdministrator: "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
        case .cloudApplicationAdministrator: "158c047a-c907-4556-b7ef-446551a6b5f7"
        }
    }
}
