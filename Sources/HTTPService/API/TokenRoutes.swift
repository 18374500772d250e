import Hummingbird
import Tenancy

/// `/v1/tokens`: takes a tenant's token out.
struct TokenRoutes {
    let steps: Steps
    let sightings: TokenSightings

    func add(to router: Router<OperatorContext>) {
        router.post("/v1/tokens", use: token)
    }

    /// A token in memory that the caller has had before costs neither a look into the database nor a write.
    @Sendable private func token(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let wish = try await TokenWish.read(from: request)
        let app = try await steps.registrar.app(named: wish.app)
        guard let resource = wish.resource.map({ Resource($0) }) ?? steps.graph.resource(of: app.cloud) else {
            throw RequestError.parameter("resource", rule: "an application ID URI (https:// or api://) or a GUID")
        }
        func wanted(_ tenant: TenantID) throws -> TokenRequest {
            try wish.request(app: app, tenant: tenant, resource: resource)
        }
        // Only a tenant that is known here has a token in memory.
        if let request = try TenantID(wish.tenant).map(wanted), let token = steps.tokens.cached(request) {
            return try await handOut(token, request, to: actor)
        }
        let request = try wanted(try await steps.tenant(wish.tenant).id)
        return try await handOut(try await steps.tokens.token(request), request, to: actor)
    }

    /// Nobody takes a token out unseen.
    private func handOut(_ token: AccessToken, _ request: TokenRequest, to actor: Actor) async throws -> Response {
        try await sightings.record(token, of: request.key, app: request.app, by: actor)
        return TokenAnswer(token: token, key: request.key, now: steps.clock.moment()).response
    }
}
