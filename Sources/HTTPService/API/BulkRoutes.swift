import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/bulk/plans`: one action over many tenants, looked at before it is carried out.
struct BulkRoutes {
    let steps: Steps
    /// Base of the public door, without a trailing slash.
    let publicURL: String

    func add(to router: Router<OperatorContext>) {
        router.post("/v1/bulk/plans", use: plan)
        router.post("/v1/bulk/plans/:plan/apply", use: apply)
    }

    private struct Wish: Decodable {
        let action: BulkAction.Verb
        let selector: String
        let app: String?
        let set: [String: String]?
        let remove: [String]?
        let reason: String?
        let expiresInS: Int?
    }

    private struct ApplyWish: Decodable {
        let action: BulkAction.Verb?
        let selector: String?
        let app: String?
        let set: [String: String]?
        let remove: [String]?
        let reason: String?
        let expiresInS: Int?
    }

    private struct PlanBody: Encodable {
        let planId: String
        let action: JSONValue
        let selector: String
        let app: String?
        let count: Int
        /// The first ten.
        let sample: [Sample]
        let tenantsHash: String
        let expiresAt: Date

        struct Sample: Encodable {
            let id: String
            let name: String
        }
    }

    fileprivate struct Applied: Encodable, Sendable {
        let planId: String
        let action: String
        let changed: Int
        let unchanged: Int
        let refused: Int
        let rows: [Row]
    }

    fileprivate struct Row: Encodable, Sendable {
        let tenant: String
        let name: String?
        /// `changed`, `unchanged`, `linked` or `refused`.
        let outcome: String
        var link: String?
        var expiresAt: Date?
        var code: String?
        var detail: String?
    }

    private static let sampleSize = 10

    @Sendable private func plan(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.operator)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let app = try await app(for: wish.action, wish.app)
        let action = try action(
            wish.action, app: app, set: wish.set, remove: wish.remove, reason: wish.reason, life: wish.expiresInS)
        let selection = try await steps.selection(wish.selector, app: app?.name.description ?? wish.app)
        let plan = try await steps.bulk.plan(action, selector: selection.selector, app: selection.app)
        var sample: [PlanBody.Sample] = []
        for id in plan.tenants.prefix(Self.sampleSize) {
            let name = try await steps.stores.tenants.tenant(.id(id))?.name ?? ""
            sample.append(PlanBody.Sample(id: id.description, name: name))
        }
        return try JSONBody.response(
            PlanBody(
                planId: plan.id.description, action: plan.action.json, selector: plan.selector.description,
                app: plan.app?.description, count: plan.tenants.count, sample: sample, tenantsHash: plan.tenantsHash,
                expiresAt: plan.expiresAt),
            status: .created)
    }

    @Sendable private func apply(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let text = try context.parameters.require("plan")
        guard let id = BulkPlanID(text) else { throw BulkError.unknown(text) }
        let wish = try await JSONBody.read(ApplyWish.self, from: request)
        let selector = try wish.selector.map { (text) throws(SelectorError) in try Selector(parsing: text) }
        var believed: BulkAction?
        if let verb = wish.action {
            believed = try action(
                verb, app: try await app(for: verb, wish.app), set: wish.set, remove: wish.remove,
                reason: wish.reason, life: wish.expiresInS)
        }
        // Carried out before the reply, so that a plan that has changed is refused at once; links follow.
        let (steps, action, publicURL) = (steps, believed, publicURL)
        let taken = try await steps.bulk.take(id, believing: action, selector: selector, by: actor)
        let operation = steps.operations.start("bulk", for: .operator) { progress in
            let rows = await steps.bulk.finish(taken, by: actor, progress: progress)
            return Applied(taken.plan, rows, publicURL: publicURL)
        }
        return try OperationRoutes.accepted(operation)
    }

    private func app(for verb: BulkAction.Verb, _ name: String?) async throws -> App? {
        verb == .link || name != nil ? try await steps.registrar.app(named: name) : nil
    }

    private func action(
        _ verb: BulkAction.Verb, app: App?, set: [String: String]?, remove: [String]?, reason: String?, life: Int?
    ) throws -> BulkAction {
        switch verb {
        case .tag: return .change(try .tagging(set: set ?? [:], remove: remove ?? []))
        case .pause: return .change(try .entering(.paused, reason: reason))
        case .resume: return .change(try .entering(.active, reason: reason))
        case .quarantine: return .change(try .entering(.quarantined, reason: reason))
        case .link:
            guard let app else { throw RequestError.parameter("app", rule: "the name of an app") }
            guard app.redirectURI != nil, app.audience == .anyTenant else {
                throw ConsentError.ownTenantOnly(app.name)
            }
            let life = life ?? Int(ConsentBroker.defaultLife)
            guard life >= 60, life <= Int(ConsentBroker.longestLife) else { throw ConsentError.invalidLife }
            return .link(app.name, lifeInSeconds: life)
        }
    }
}

extension BulkRoutes.Applied {
    fileprivate init(_ plan: BulkPlan, _ rows: [BulkRow], publicURL: String) {
        self.init(
            planId: plan.id.description, action: plan.action.verb.rawValue,
            changed: rows.count { if case .changed = $0 { true } else if case .linked = $0 { true } else { false } },
            unchanged: rows.count { if case .unchanged = $0 { true } else { false } },
            refused: rows.count { if case .refused = $0 { true } else { false } },
            rows: rows.map { BulkRoutes.Row($0, publicURL: publicURL) })
    }
}

extension BulkRoutes.Row {
    fileprivate init(_ row: BulkRow, publicURL: String) {
        switch row {
        case .changed(let tenant):
            self.init(tenant: tenant.id.description, name: tenant.name, outcome: "changed")
        case .unchanged(let tenant):
            self.init(tenant: tenant.id.description, name: tenant.name, outcome: "unchanged")
        case .linked(let link):
            self.init(
                tenant: link.tenant.id.description, name: link.tenant.name, outcome: "linked",
                link: "\(publicURL)/connect/\(link.attempt.id)", expiresAt: link.attempt.expiresAt)
        case .refused(let tenant, let name, let code, let detail):
            self.init(tenant: tenant.description, name: name, outcome: "refused", code: code, detail: detail)
        }
    }
}
