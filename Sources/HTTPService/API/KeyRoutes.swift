import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/keys`: the API keys of this door.
struct KeyRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/keys", use: list)
        router.post("/v1/keys", use: create)
        router.delete("/v1/keys/:key", use: revoke)
    }

    private struct Wish: Decodable {
        let name: String
        let role: OperatorRole
    }

    private struct KeyBody: Encodable {
        let id: String
        let name: String
        let role: String
        let createdAt: Date
        let revokedAt: Date?
        /// The whole key; in the reply to its creation only.
        let key: String?

        init(_ key: APIKey, text: Secret<String>? = nil) {
            id = key.id.description
            name = key.name
            role = key.role.rawValue
            createdAt = key.createdAt
            revokedAt = key.revokedAt
            self.key = text?.exposed
        }
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        return try JSONBody.response(["items": try await steps.keys.keys().map { KeyBody($0) }])
    }

    @Sendable private func create(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let (key, text) = try await steps.keys.issue(name: wish.name, role: wish.role, by: actor)
        return try JSONBody.response(KeyBody(key, text: text), status: .created)
    }

    @Sendable private func revoke(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        try await steps.keys.revoke(try context.parameters.require("key"), by: actor)
        return Response(status: .noContent)
    }
}
