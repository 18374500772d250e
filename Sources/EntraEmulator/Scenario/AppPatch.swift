import FoundationEssentials

/// An application as JSON gives it: every member may be absent, so that one shape serves both to register an
/// application and to change one.
struct AppPatch {
    let clientID: GUID?
    private let displayName: String?
    private let homeTenant: String?
    private let audience: AppRegistration.Audience?
    private let redirectURIs: [String]?
    private let secrets: [PasswordCredential]
    private let certificates: [RegisteredCertificate]
    let permissions: [AppRegistration.Permissions]?
    private let owners: [GUID]?
    private let isPublicClient: Bool?
    private let groupMembershipClaims: String?

    /// - Parameter resource: finds the resource of a name.
    init(_ value: JSON, at path: String, resource: (String) -> ResourceServer?) throws(ShapeError) {
        let shape = try JSONShape(
            value, at: path,
            known: [
                "client_id", "display_name", "home_tenant", "audience", "redirect_uris", "secrets", "certificates",
                "permissions", "owners", "public_client", "group_membership_claims",
            ])
        clientID = try Self.clientID(shape)
        displayName = try shape.string("display_name")
        homeTenant = try shape.string("home_tenant")
        audience = try Self.audience(shape)
        redirectURIs = try Self.redirectURIs(shape)
        secrets = try Self.secrets(shape)
        certificates = try Self.certificates(shape)
        permissions = try Self.permissions(shape, resource: resource)
        owners = try Self.owners(shape)
        isPublicClient = try shape.bool("public_client")
        groupMembershipClaims = try shape.string("group_membership_claims")
        if let groupMembershipClaims, !AppRegistration.isGroupMembershipClaims(groupMembershipClaims) {
            throw shape.error("group_membership_claims", "must be None, All, or of DirectoryRole and the like")
        }
    }

    /// The application with these members set. Credentials are added; a secret of the same value is replaced.
    func applied(to app: AppRegistration?, clientID: GUID, at now: Date) -> AppRegistration {
        var result =
            app
            ?? AppRegistration(
                clientID: clientID, objectID: GUID(naming: clientID.text, "application"), created: now,
                replicatedFrom: now, uniqueName: nil, displayName: "App \(clientID.text)",
                homeTenant: "publisher.example", audience: .anyTenant)
        if let displayName { result.displayName = displayName }
        if let homeTenant { result.homeTenant = homeTenant }
        if let audience { result.audience = audience }
        if let redirectURIs { result.redirectURIs = redirectURIs }
        if let permissions { result.requiredAccess = permissions.map(RequiredAccess.init) }
        if let owners { result.owners = owners }
        if let isPublicClient { result.settings["isFallbackPublicClient"] = .bool(isPublicClient) }
        if let groupMembershipClaims { result.settings["groupMembershipClaims"] = .string(groupMembershipClaims) }
        result.secrets.removeAll { old in secrets.contains { $0.value == old.value.value } }
        result.secrets += secrets.map { Published($0) }
        result.keys.removeAll { old in certificates.contains { $0.sha256 == old.value.certificate.sha256 } }
        result.keys += certificates.map { Published(KeyCredential($0)) }
        return result
    }

    private static func clientID(_ shape: JSONShape) throws(ShapeError) -> GUID? {
        guard let text = try shape.string("client_id") else { return nil }
        guard let id = GUID(text), id != .zero else { throw shape.error("client_id", "must be a GUID") }
        return id
    }

    private static func owners(_ shape: JSONShape) throws(ShapeError) -> [GUID]? {
        guard let texts = try shape.strings("owners") else { return nil }
        var owners: [GUID] = []
        for text in texts {
            guard let id = GUID(text) else { throw shape.error("owners", "must hold GUIDs") }
            owners.append(id)
        }
        return owners
    }

    private static func audience(_ shape: JSONShape) throws(ShapeError) -> AppRegistration.Audience? {
        guard let text = try shape.string("audience") else { return nil }
        guard let audience = AppRegistration.Audience(rawValue: text) else {
            let known = AppRegistration.Audience.allCases.map(\.rawValue).joined(separator: ", ")
            throw shape.error("audience", "must be one of \(known)")
        }
        return audience
    }

    private static func redirectURIs(_ shape: JSONShape) throws(ShapeError) -> [String]? {
        guard let uris = try shape.strings("redirect_uris") else { return nil }
        for (index, uri) in uris.enumerated() {
            if let problem = RedirectURI.registrationProblem(uri) {
                throw ShapeError(path: "\(shape.place("redirect_uris"))[\(index)]", problem: problem)
            }
        }
        return uris
    }

    private static func secrets(_ shape: JSONShape) throws(ShapeError) -> [PasswordCredential] {
        var secrets: [PasswordCredential] = []
        for element in try shape.elements("secrets") ?? [] {
            let secret = try JSONShape(element.value, at: element.path, known: ["value", "expires"])
            var expires: Date?
            if let text = try secret.string("expires") {
                guard let instant = try? Date(text, strategy: .iso8601) else {
                    throw secret.error("expires", "must be an instant such as 2030-01-01T00:00:00Z")
                }
                expires = instant
            }
            let text = try secret.requiredString("value")
            secrets.append(
                PasswordCredential(
                    keyID: GUID(naming: "secret", text), value: text, displayName: nil, starts: nil, expires: expires))
        }
        return secrets
    }

    private static func certificates(_ shape: JSONShape) throws(ShapeError) -> [RegisteredCertificate] {
        var certificates: [RegisteredCertificate] = []
        for (index, pem) in try (shape.strings("certificates") ?? []).enumerated() {
            certificates.append(
                try RegisteredCertificate(pem: pem, path: "\(shape.place("certificates"))[\(index)]"))
        }
        return certificates
    }

    private static func permissions(
        _ shape: JSONShape, resource: (String) -> ResourceServer?
    ) throws(ShapeError) -> [AppRegistration.Permissions]? {
        guard let elements = try shape.elements("permissions") else { return nil }
        var permissions: [AppRegistration.Permissions] = []
        for element in elements {
            let entry = try JSONShape(element.value, at: element.path, known: ["resource", "roles"])
            guard let found = resource(try entry.requiredString("resource")) else {
                throw entry.error("resource", "names no resource that exists")
            }
            permissions.append(
                AppRegistration.Permissions(resource: found, roles: try entry.strings("roles") ?? []))
        }
        return permissions
    }
}
