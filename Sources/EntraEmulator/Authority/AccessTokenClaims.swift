import FoundationEssentials

/// What an access token says about an application in a tenant.
struct AccessTokenClaims {
    let tenant: GUID
    let app: GUID
    let objectID: GUID
    let resource: ResourceServer
    /// The resource as the client spelt it.
    let audience: String
    /// Empty when nothing is granted; the claim is then absent.
    let roles: [String]
    /// What the client can do, as it declared (`xms_cc`). Empty when it declared nothing; the claim is then absent.
    let capabilities: [String]
    /// `1` for a secret, `2` for an assertion (`appidacr`, `azpacr`).
    let credentialStrength: String
    let issuedAt: Date
    let lifetimeSeconds: Int
    /// The issuer of tokens of the second version.
    let v2Issuer: String

    /// Claims in the shape the resource asks for, whichever endpoint was called.
    func json(_ randomness: Randomness) -> JSON {
        let issued = Int64(issuedAt.timeIntervalSince1970.rounded(.down))
        let isV1 = resource.tokenVersion == .v1
        let strength = JSON.string(credentialStrength)
        return .object([
            ("aud", .string(isV1 ? audience : resource.appID.text)),
            ("iss", .string(isV1 ? "https://sts.windows.net/\(tenant.text)/" : v2Issuer)),
            ("iat", .integer(issued)),
            ("nbf", .integer(issued)),
            ("exp", .integer(issued + Int64(lifetimeSeconds))),
            ("aio", .string(randomness.opaque(24))),
            ("appid", isV1 ? .string(app.text) : nil),
            ("appidacr", isV1 ? strength : nil),
            ("azp", isV1 ? nil : .string(app.text)),
            ("azpacr", isV1 ? nil : strength),
            ("idp", .string("https://sts.windows.net/\(tenant.text)/")),
            ("idtyp", .string("app")),
            ("oid", .string(objectID.text)),
            ("rh", .string("1.\(randomness.opaque(24)).")),
            ("roles", roles.isEmpty ? nil : .strings(roles)),
            ("sub", .string(objectID.text)),
            ("tenant_region_scope", .string(Cloud.global.regionScope)),
            ("tid", .string(tenant.text)),
            ("uti", .string(randomness.opaque(16))),
            ("xms_cc", capabilities.isEmpty ? nil : .strings(capabilities)),
            ("ver", .string(isV1 ? "1.0" : "2.0")),
        ])
    }
}
