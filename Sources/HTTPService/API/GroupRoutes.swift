import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/groups`: names for selectors.
struct GroupRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/groups", use: list)
        router.post("/v1/groups", use: create)
        router.get("/v1/groups/:group", use: show)
        router.delete("/v1/groups/:group", use: delete)
    }

    private struct Wish: Decodable {
        let name: String
        let selector: String
    }

    private struct Body: Encodable {
        let name: String
        let selector: String
        let createdAt: Date

        init(_ group: TenantGroup) {
            name = group.name.description
            selector = group.selector.description
            createdAt = group.createdAt
        }
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(["items": try await steps.stores.groups.groups().map(Body.init)])
    }

    @Sendable private func create(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(Wish.self, from: request)
        guard let name = GroupName(wish.name) else { throw GroupError.invalidName(wish.name) }
        let selector = try Selector(parsing: wish.selector)
        guard !selector.terms.isEmpty else {
            throw RequestError.parameter("selector", rule: "a selector with at least one term")
        }
        let group = TenantGroup(name: name, selector: selector, createdAt: steps.clock.now())
        try await steps.stores.groups.create(group, by: actor)
        return try JSONBody.response(Body(group), status: .created)
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let name = try name(in: context)
        guard let group = try await steps.stores.groups.group(name) else { throw GroupError.unknown(name) }
        return try JSONBody.response(Body(group))
    }

    @Sendable private func delete(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        try await steps.stores.groups.delete(try name(in: context), at: steps.clock.now(), by: actor)
        return Response(status: .noContent)
    }

    private func name(in context: OperatorContext) throws -> GroupName {
        let text = try context.parameters.require("group")
        guard let name = GroupName(text) else { throw GroupError.invalidName(text) }
        return name
    }
}
