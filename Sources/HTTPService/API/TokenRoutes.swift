import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/tokens`: takes a tenant's token out.
struct TokenRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.post("/v1/tokens", use: token)
    }

    private struct Wish: Decodable {
        let tenant: String
        let resource: String?
        let app: String?
        let minValidS: Int?
    }

    private struct TokenBody: Encodable {
        let accessToken: String
        let tokenType = "Bearer"
        let expiresIn: Int
        let expiresAt: Date
        let tenant: String
        let resource: String
    }

    @Sendable private func token(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let margin = wish.minValidS ?? Int(TokenBroker.defaultMargin)
        guard (0...3_600).contains(margin) else {
            throw RequestError.parameter("min_valid_s", rule: "a whole number from 0 to 3600")
        }
        let tenant = try await steps.tenant(wish.tenant)
        let app = try await steps.registrar.app(named: wish.app)
        let named = wish.resource.map { Resource($0) } ?? steps.graph.resource(of: app.cloud)
        guard let resource = named else {
            throw RequestError.parameter("resource", rule: "an application ID URI (https:// or api://) or a GUID")
        }
        let token = try await steps.tokens.token(
            TokenRequest(app: app, tenant: tenant.id, resource: resource, minimumLife: TimeInterval(margin)))
        // Nobody takes a token out unseen: the line is on disk before the token leaves.
        try await steps.stores.audit.record(
            "token.get", subject: tenant.id.description, detail: "Token of app '\(app.name)' for \(resource).",
            by: actor,
            at: steps.clock.now())
        return try JSONBody.response(
            TokenBody(
                accessToken: token.value.exposed, expiresIn: Int(token.expiresAt.timeIntervalSince(steps.clock.now())),
                expiresAt: token.expiresAt, tenant: tenant.id.description, resource: resource.description))
    }
}
