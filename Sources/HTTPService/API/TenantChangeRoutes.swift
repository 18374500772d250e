import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/tenants/{tenant}`: its name, tags and state, and what happened to it.
struct TenantChangeRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.patch("/v1/tenants/:tenant", use: update)
        router.post("/v1/tenants/:tenant/state", use: enter)
        router.get("/v1/tenants/:tenant/timeline", use: timeline)
    }

    private struct Update: Decodable {
        let name: String?
        let setTags: [String: String]?
        let removeTags: [String]?
    }

    private struct StateWish: Decodable {
        let state: TenantState
        let reason: String?
    }

    private struct EventBody: Encodable {
        let sequence: Int64
        let at: Date
        let type: String
        let app: String?
        let actor: String
        let detail: String
        let data: JSONValue
    }

    @Sendable private func update(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(Update.self, from: request)
        let (set, remove) = (wish.setTags ?? [:], wish.removeTags ?? [])
        let change: TenantChange =
            if let name = wish.name {
                try .renaming(name, set: set, remove: remove)
            } else {
                try .tagging(set: set, remove: remove)
            }
        let tenant = try await apply(change, to: try await steps.tenant(in: context), by: actor)
        return try JSONBody.response(TenantRoutes.TenantBody(tenant))
    }

    @Sendable private func enter(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(StateWish.self, from: request)
        let change = try TenantChange.entering(wish.state, reason: wish.reason)
        let tenant = try await apply(change, to: try await steps.tenant(in: context), by: actor)
        return try JSONBody.response(TenantRoutes.TenantBody(tenant))
    }

    private func apply(_ change: TenantChange, to tenant: Tenant, by actor: Actor) async throws -> Tenant {
        switch try await steps.stores.tenants.change(tenant.id, change, at: steps.clock.now(), by: actor) {
        case .changed(let tenant), .unchanged(let tenant): return tenant
        case .refused(let tenant, let refusal): throw TenantChangeError.refused(tenant.id, refusal)
        case nil: throw RequestError.unknown("Tenant '\(tenant.id)'")
        }
    }

    @Sendable private func timeline(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let page = try SequencePage(request)
        let tenant = try await steps.tenant(in: context)
        let events = try await steps.stores.events.events(after: page.after, tenant: tenant.id, limit: page.limit)
        let bodies = events.map {
            EventBody(
                sequence: $0.sequence, at: $0.at, type: $0.type, app: $0.app?.description, actor: $0.actor,
                detail: $0.sentence, data: $0.data)
        }
        return try Page(bodies, cursor: page.cursor(after: events.last?.sequence, count: events.count))
            .response(to: request)
    }
}

extension Event {
    /// What its data say, in one line.
    fileprivate var sentence: String {
        guard case .object(let members) = data else { return "" }
        return members.sorted { $0.key < $1.key }.compactMap { name, value in
            let text = value.inLine
            return text.isEmpty ? nil : "\(name): \(text)"
        }.joined(separator: "; ")
    }
}

extension JSONValue {
    fileprivate var inLine: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "yes" : "no"
        case .number(let number): "\(number)"
        case .string(let text): text
        case .array(let values): values.map(\.inLine).joined(separator: " ")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.inLine)" }.joined(separator: " ")
        }
    }
}
