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
        router.patch("/v1/apps/:app", use: set)
    }

    struct AppBody: Encodable, Sendable {
        let name: String
        let displayName: String
        let clientId: String
        let cloud: String
        let audience: String
        let homeTenant: String?
        let redirectUri: String?
        /// `off` or `required`.
        let administratorSignIn: String
        let addedAt: Date
        /// Of the application in the directory, when it is kept by a spec.
        let objectId: String?
        let appliedAt: Date?
        let release: Int
        let permissions: [PermissionBody]
        /// The one that is used first; `null` when there is none yet.
        let credential: CredentialRoutes.Body?
    }

    struct PermissionBody: Codable, Sendable {
        let resource: String?
        let role: String
        let reason: String?

        init(_ permission: Permission) {
            resource = permission.resource.description
            role = permission.role
            reason = permission.reason
        }
    }

    private struct Addition: Decodable {
        let name: String
        let displayName: String?
        let clientId: String
        let cloud: Cloud?
        let audience: String?
        /// GUID or domain.
        let homeTenant: String?
        let redirectUri: String?
        let permissions: [PermissionBody]
        let credential: BroughtBody
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [AppBody] = []
        for app in try await steps.stores.apps.apps() { bodies.append(try await body(of: app)) }
        return try JSONBody.response(["items": bodies])
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let app = try await steps.app(in: context)
        return try JSONBody.response(try await body(of: app))
    }

    @Sendable private func add(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let addition = try await JSONBody.read(Addition.self, from: request)
        let cloud = addition.cloud ?? .public
        guard let audience = Audience(rawValue: addition.audience ?? Audience.anyTenant.rawValue) else {
            throw RequestError.parameter("audience", rule: "AzureADMultipleOrgs or AzureADMyOrg")
        }
        let credential = try addition.credential.credential(from: actor)
        var home: TenantID?
        if let text = addition.homeTenant {
            home = try await steps.registration.home(of: try TenantReference(text), in: cloud)
        }
        let spec = AppSpec(
            name: addition.name, displayName: addition.displayName ?? addition.name, clientID: addition.clientId,
            cloud: cloud, audience: audience, homeTenant: home,
            redirectURI: addition.redirectUri ?? (audience == .anyTenant ? defaultRedirectURI : nil),
            permissions: try addition.permissions.map { try permission($0, cloud: cloud) })
        let app = try await steps.registrar.add(
            spec, credential: credential, by: actor)
        return try JSONBody.response(try await body(of: app), status: .created)
    }

    private struct Settings: Decodable {
        let administratorSignIn: String
    }

    @Sendable private func set(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let settings = try await JSONBody.read(Settings.self, from: request)
        let app = try await steps.app(in: context)
        guard let requirement = AdministratorRequirement(rawValue: settings.administratorSignIn) else {
            throw RequestError.parameter("administrator_sign_in", rule: "off or required")
        }
        try await steps.stores.apps.set(requirement, of: app.name, by: actor, at: steps.clock.now())
        return try JSONBody.response(try await body(of: try await steps.app(in: context)))
    }

    private func permission(_ body: PermissionBody, cloud: Cloud) throws -> Permission {
        let resource: Resource?
        if let named = body.resource { resource = Resource(named) } else { resource = steps.graph.resource(of: cloud) }
        guard let resource else {
            throw RequestError.parameter("resource", rule: "an application ID URI (https:// or api://) or a GUID")
        }
        return Permission(resource: resource, role: body.role, reason: body.reason ?? "")
    }

    func body(of app: App) async throws -> AppBody {
        let now = steps.clock.now()
        let release = try await steps.stores.apps.currentRelease(of: app.name)
        let registration = try await steps.stores.registrations.registration(app.name)
        let credentials = try await steps.stores.credentials.credentials(of: app.name)
        let first = credentials.inOrderOfUse(at: now).first ?? credentials.first { $0.stored == .preferred }
        return AppBody(
            name: app.name.description, displayName: app.displayName, clientId: app.clientID.description,
            cloud: app.cloud.rawValue, audience: app.audience.rawValue, homeTenant: app.homeTenant?.description,
            redirectUri: app.redirectURI, administratorSignIn: app.administratorSignIn.rawValue, addedAt: app.addedAt,
            objectId: registration?.objectID?.description,
            appliedAt: registration?.applied?.at, release: release.number,
            permissions: release.permissions.map(PermissionBody.init),
            credential: first.map { CredentialRoutes.Body($0, at: now) })
    }
}
