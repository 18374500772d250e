import FoundationEssentials

/// An application as Graph shows it. No secret appears in it, nor the bytes of a certificate unless asked for.
struct ApplicationView {
    let app: AppRegistration
    let tenant: Tenant

    /// What a filter may ask about.
    static let filterable: Set<String> = ["id", "appId", "displayName", "uniqueName"]

    var filterValues: [String: [String]] {
        [
            "id": [app.objectID.text], "appId": [app.clientID.text], "displayName": [app.displayName],
            "uniqueName": app.uniqueName.map { [$0] } ?? [],
        ]
    }

    /// - Parameter withKeys: whether key credentials show their certificates.
    func json(withKeys: Bool = false) -> JSON {
        let further = Self.defaults.map { ($0.0, app.settings[$0.0] ?? $0.1) }
        return .object(
            [
                ("id", .string(app.objectID.text)), ("deletedDateTime", .null),
                ("appId", .string(app.clientID.text)),
                ("createdDateTime", .string(Timestamps.iso(app.created))),
                ("displayName", .string(app.displayName)),
                ("publisherDomain", tenant.domains.first.map { .string($0) } ?? .null),
                ("signInAudience", .string(app.audience.rawValue)), ("tags", .strings(app.tags)),
                ("uniqueName", app.uniqueName.map { .string($0) } ?? .null),
            ] + further + [
                ("keyCredentials", .array(app.keys.registered().map { Self.key($0, withKey: withKeys) })),
                ("passwordCredentials", .array(app.secrets.registered().map { Self.password($0) })),
                ("requiredResourceAccess", .array(app.requiredAccess.map(Self.access))),
                ("web", web),
            ])
    }

    /// A secret, with its text only when it was made just now.
    static func password(_ secret: PasswordCredential, withText: Bool = false) -> JSON {
        [
            "customKeyIdentifier": .null, "displayName": secret.displayName.map { .string($0) } ?? .null,
            "endDateTime": secret.expires.map { .string(Timestamps.iso($0)) } ?? .null,
            "hint": .string(secret.hint), "keyId": .string(secret.keyID.text),
            "secretText": withText ? .string(secret.value) : .null,
            "startDateTime": secret.starts.map { .string(Timestamps.iso($0)) } ?? .null,
        ]
    }

    static func key(_ key: KeyCredential, withKey: Bool) -> JSON {
        [
            "customKeyIdentifier": .string(Base64Text.encode(key.identifier)),
            "displayName": .string(key.displayName ?? key.certificate.subject),
            "endDateTime": .string(Timestamps.iso(key.ends)),
            "key": withKey ? .string(Base64Text.encode(key.certificate.bytes)) : .null,
            "keyId": .string(key.keyID.text), "startDateTime": .string(Timestamps.iso(key.starts)),
            "type": "AsymmetricX509Cert", "usage": "Verify",
        ]
    }

    private static func access(_ access: RequiredAccess) -> JSON {
        [
            "resourceAppId": .string(access.resource.text),
            "resourceAccess": .array(
                access.entries.map { ["id": .string($0.id.text), "type": .string($0.kind.rawValue)] }),
        ]
    }

    private var web: JSON {
        [
            "homePageUrl": app.settings["web.homePageUrl"] ?? .null,
            "logoutUrl": app.settings["web.logoutUrl"] ?? .null, "redirectUris": .strings(app.redirectURIs),
            "implicitGrantSettings": app.settings["web.implicitGrantSettings"]
                ?? ["enableAccessTokenIssuance": false, "enableIdTokenIssuance": false],
        ]
    }

    /// Members that are kept and given back, with what they are when nobody set them.
    static let defaults: [(String, JSON)] = [
        ("description", .null), ("notes", .null), ("serviceManagementReference", .null), ("identifierUris", []),
        ("isFallbackPublicClient", .null), ("groupMembershipClaims", .null), ("optionalClaims", .null),
        ("api", ["acceptMappedClaims": .null, "requestedAccessTokenVersion": .null, "oauth2PermissionScopes": []]),
        ("appRoles", []), ("publicClient", ["redirectUris": []]), ("spa", ["redirectUris": []]),
    ]
}
