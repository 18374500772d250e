import FoundationEssentials

/// What an id_token says about a user who signed in (Microsoft: ID token claims reference, version 2.0).
struct IDTokenClaims {
    let tenant: GUID
    let app: AppRegistration
    let user: User
    /// The tenant a guest comes from.
    let home: GUID?
    let nonce: String?
    /// `profile` was asked for; without it the token does not say who the user is.
    let hasProfile: Bool
    let issuedAt: Date
    let login: String

    /// How long it can be used for a sign-in (Microsoft: ID tokens, lifetime).
    static let lifetimeSeconds: Int64 = 3600

    func json(_ randomness: Randomness) -> JSON {
        let issued = Int64(issuedAt.timeIntervalSince1970.rounded(.down))
        return .object([
            ("aud", .string(app.clientID.text)),
            ("iss", .string("\(login)/\(tenant.text)/v2.0")),
            ("iat", .integer(issued)),
            ("nbf", .integer(issued)),
            ("exp", .integer(issued + Self.lifetimeSeconds)),
            ("aio", .string(randomness.opaque(24))),
            ("idp", home.map { .string("https://sts.windows.net/\($0.text)/") }),
            ("name", hasProfile ? .string(user.displayName) : nil),
            ("nonce", nonce.map { .string($0) }),
            ("oid", hasProfile ? .string(user.id.text) : nil),
            ("preferred_username", hasProfile ? .string(user.signInName) : nil),
            ("rh", .string("1.\(randomness.opaque(24)).")),
            ("sub", .string(user.subject(for: app.clientID))),
            ("tid", .string(tenant.text)),
            ("uti", .string(randomness.opaque(16))),
            ("ver", "2.0"),
            ("wids", app.wantsDirectoryRoles ? .strings(user.roleTemplates) : nil),
        ])
    }
}
