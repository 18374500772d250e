import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/credentials` and `/v1/apps/{app}/credentials`: what the apps prove themselves with.
struct CredentialRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/credentials", use: listAll)
        router.get("/v1/apps/:app/credentials", use: list)
        router.post("/v1/apps/:app/credentials", use: add)
        router.post("/v1/apps/:app/credentials/:credential/prefer", use: prefer)
        router.post("/v1/apps/:app/credentials/:credential/retire", use: retire)
    }

    struct Body: Encodable {
        let id: String
        let app: String
        let kind: String
        let state: String
        let label: String
        let addedAt: Date
        let expiresAt: Date?
        let retireAt: Date?
        let thumbprintSha256: String?
        let keyId: String?
        let rejectedAt: Date?
        let rejectedAadsts: Int?
        /// The code of what is wrong with it.
        let finding: String?

        init(_ credential: Credential, finding: String? = nil, at now: Date) {
            id = credential.id.description
            app = credential.app.description
            kind = credential.kind.rawValue
            state = credential.state(at: now).rawValue
            label = credential.label
            addedAt = credential.addedAt
            expiresAt = credential.expiresAt
            retireAt = credential.retireAt
            thumbprintSha256 = credential.thumbprint
            keyId = credential.keyID?.description
            rejectedAt = credential.rejection?.at
            rejectedAadsts = credential.rejection?.aadsts
            self.finding = finding
        }
    }

    // MARK: Reading

    @Sendable private func listAll(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [Body] = []
        for app in try await steps.stores.apps.apps() { bodies += try await self.bodies(of: app.name) }
        return try JSONBody.response(["items": bodies])
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(["items": try await bodies(of: try await steps.app(in: context).name)])
    }

    private func bodies(of app: AppName) async throws -> [Body] {
        let now = steps.clock.now()
        let findings = try await steps.findings(of: app)
        return try await steps.stores.credentials.credentials(of: app).map { credential in
            Body(credential, finding: findings.first { $0.credential == credential.id }?.code, at: now)
        }
    }

    // MARK: Adding

    private struct Addition: Decodable {
        let credential: BroughtBody
        let prefer: Bool?
    }

    @Sendable private func add(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await steps.app(in: context)
        let addition = try await JSONBody.read(Addition.self, from: request)
        let id = try await steps.credentials.add(
            try addition.credential.credential(from: actor), to: app, preferring: addition.prefer ?? false, by: actor)
        return try JSONBody.response(try await body(of: id, app), status: .created)
    }

    // MARK: Changing

    @Sendable private func prefer(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let (app, id) = (try await steps.app(in: context), try credential(in: context))
        try await steps.credentials.prefer(id, of: app, by: actor)
        return try JSONBody.response(try await body(of: id, app))
    }

    private struct Retirement: Decodable {
        let access: AccessBody?
        let keepInDirectory: Bool?
    }

    @Sendable private func retire(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let (app, id) = (try await steps.app(in: context), try credential(in: context))
        let wish = try await JSONBody.read(Retirement.self, from: request)
        try await steps.credentials.retire(
            id, of: app, inDirectory: !(wish.keepInDirectory ?? false), as: try wish.access?.access(), by: actor)
        return Response(status: .noContent)
    }

    // MARK: Pieces

    private func credential(in context: OperatorContext) throws -> CredentialID {
        let text = try context.parameters.require("credential")
        guard let id = CredentialID(text) else { throw RegistrationError.unknownCredential(String(text.prefix(20))) }
        return id
    }

    private func body(of id: CredentialID, _ app: App) async throws -> Body {
        guard let found = try await steps.stores.credentials.credentials(of: app.name).first(where: { $0.id == id })
        else { throw RegistrationError.unknownCredential(id.description) }
        return Body(found, at: steps.clock.now())
    }
}
