import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/apps`: registrations known here.
struct AppRoutes {
    let steps: Steps
    /// Where the consent callback arrives unless an app says otherwise.
    let defaultRedirectURI: String

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/apps", use: list)
        router.post("/v1/apps", use: add)
        router.get("/v1/apps/:app", use: show)
    }

    private struct AppBody: Encodable {
        let name: String
        let displayName: String
        let clientId: String
        let cloud: String
        let redirectUri: String
        let addedAt: Date
        let release: Int
        let permissions: [PermissionBody]
        let credential: CredentialBody
    }

    private struct PermissionBody: Codable {
        let resource: String?
        let role: String
        let reason: String?
    }

    private struct CredentialBody: Encodable {
        let kind: String
        let addedAt: Date
        let expiresAt: Date?
        let thumbprintSha256: String?
    }

    private struct Addition: Decodable {
        let name: String
        let displayName: String?
        let clientId: String
        let cloud: Cloud?
        let redirectUri: String?
        let permissions: [PermissionBody]
        let credential: Brought

        /// Exactly one of `secret`, `pem` and `pkcs12`.
        struct Brought: Decodable {
            let secret: String?
            let pem: String?
            /// Base64.
            let pkcs12: String?
            let passphrase: String?
        }
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [AppBody] = []
        for app in try await steps.stores.apps.apps() { bodies.append(try await body(of: app)) }
        return try JSONBody.response(["items": bodies])
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let app = try await steps.registrar.app(named: try context.parameters.require("app"))
        return try JSONBody.response(try await body(of: app))
    }

    @Sendable private func add(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let addition = try await JSONBody.read(Addition.self, from: request)
        let cloud = addition.cloud ?? .public
        let spec = AppSpec(
            name: addition.name, displayName: addition.displayName ?? addition.name, clientID: addition.clientId,
            cloud: cloud, redirectURI: addition.redirectUri ?? defaultRedirectURI,
            permissions: try addition.permissions.map { try permission($0, cloud: cloud) })
        let app = try await steps.registrar.add(spec, credential: try brought(addition.credential), by: actor)
        return try JSONBody.response(try await body(of: app), status: .created)
    }

    private func permission(_ body: PermissionBody, cloud: Cloud) throws -> Permission {
        let resource: Resource?
        if let named = body.resource { resource = Resource(named) } else { resource = steps.graph.resource(of: cloud) }
        guard let resource else {
            throw RequestError.parameter("resource", rule: "an application ID URI (https:// or api://) or a GUID")
        }
        return Permission(resource: resource, role: body.role, reason: body.reason ?? "")
    }

    private func brought(_ credential: Addition.Brought) throws -> BroughtCredential {
        let passphrase = credential.passphrase.map { Secret($0) }
        switch (credential.secret, credential.pem, credential.pkcs12) {
        case (let secret?, nil, nil): return .secret(Secret(secret))
        case (nil, let pem?, nil): return .pem(Secret(Array(pem.utf8)), passphrase: passphrase)
        case (nil, nil, let pkcs12?):
            guard let bytes = Data(base64Encoded: pkcs12) else {
                throw RequestError.parameter("credential.pkcs12", rule: "Base64")
            }
            return .pkcs12(Secret(Array(bytes)), passphrase: passphrase)
        default: throw RequestError.parameter("credential", rule: "exactly one of secret, pem and pkcs12")
        }
    }

    private func body(of app: App) async throws -> AppBody {
        let release = try await steps.stores.apps.currentRelease(of: app.name)
        let credential = try await steps.stores.apps.credentialSummary(of: app.name)
        return AppBody(
            name: app.name.description, displayName: app.displayName, clientId: app.clientID.description,
            cloud: app.cloud.rawValue, redirectUri: app.redirectURI, addedAt: app.addedAt, release: release.number,
            permissions: release.permissions.map {
                PermissionBody(resource: $0.resource.description, role: $0.role, reason: $0.reason)
            },
            credential: CredentialBody(
                kind: credential.kind, addedAt: credential.addedAt, expiresAt: credential.expiresAt,
                thumbprintSha256: credential.thumbprint))
    }
}
