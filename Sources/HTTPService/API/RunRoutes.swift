import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/runs`: jobs over tenants.
struct RunRoutes {
    let steps: Steps
    let output: any RunOutput

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/runs", use: list)
        router.post("/v1/runs", use: start)
        router.get("/v1/runs/:run", use: show)
        router.get("/v1/runs/:run/items", use: items)
    }

    private struct Wish: Decodable {
        let app: String?
        let job: JobBody
        /// GUIDs or domains; all tenants when absent.
        let tenants: [String]?
        /// In the place of `tenants`.
        let selector: String?
        let maxConcurrent: Int?
    }

    private struct JobBody: Codable {
        let kind: String
        let path: String
    }

    private struct RunBody: Encodable {
        let id: String
        let app: String
        let job: JobBody
        let state: String
        let maxConcurrent: Int
        let createdAt: Date
        let finishedAt: Date?
        let counts: [String: Int]
    }

    private struct ItemBody: Encodable {
        let tenant: String
        let state: String
        let attempts: Int
        let rows: Int
        /// The NDJSON file on the service's machine, once the item has succeeded.
        let output: String?
        let finishedAt: Date?
        let fault: FaultBody?
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let limit = try request.number("limit", in: 1...1_000) ?? 100
        let runs = try await steps.stores.runs.runs(limit: limit)
        return try JSONBody.response(["items": runs.map(body)])
    }

    @Sendable private func start(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(Wish.self, from: request)
        guard wish.job.kind == "graph-get" else { throw RequestError.parameter("job.kind", rule: "graph-get") }
        guard let path = GraphPath(wish.job.path) else {
            throw RequestError.parameter("job.path", rule: "a path below the Graph root, such as /users?$select=id")
        }
        let app = try await steps.registrar.app(named: wish.app)
        var tenants: Set<TenantID>?
        if let named = wish.tenants {
            tenants = []
            for name in named { tenants?.insert(try await steps.tenant(name).id) }
        }
        if let text = wish.selector {
            guard tenants == nil else { throw RequestError.parameter("selector", rule: "tenants or a selector") }
            let meant = try await steps.selection(text, app: app.name.description)
            tenants = Set(
                try await steps.stores.fleet.members(meant.selector.and([.cloud([app.cloud])]), app: app.name))
        }
        let run = try await steps.jobs.start(
            .graphGet(path), app: app, tenants: tenants, maxConcurrent: wish.maxConcurrent ?? 16, by: actor)
        let stored = try await steps.stores.runs.run(run.id) ?? run
        var response = try JSONBody.response(body(stored), status: .accepted)
        response.headers[.location] = "/v1/runs/\(run.id)"
        return response
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(body(try await run(in: context)))
    }

    @Sendable private func items(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let run = try await run(in: context)
        let page = try PageRequest(request)
        let items = try await steps.stores.runs.items(of: run.id, after: page.after, limit: page.limit)
        return try Page(items.map { body($0, of: run.id) }, last: items.last?.tenant, request: page)
            .response(to: request)
    }

    private func run(in context: OperatorContext) async throws -> Run {
        let text = try context.parameters.require("run")
        guard let id = RunID(text), let run = try await steps.stores.runs.run(id) else {
            throw RequestError.unknown("Run '\(text.prefix(40))'")
        }
        return run
    }

    private func body(_ run: Run) -> RunBody {
        let job: JobBody
        switch run.job {
        case .graphGet(let path): job = JobBody(kind: run.job.name, path: path.description)
        }
        let counts = run.counts.map { ($0.key.rawValue, $0.value) }
        return RunBody(
            id: run.id.description, app: run.app.description, job: job, state: run.state.rawValue,
            maxConcurrent: run.maxConcurrent, createdAt: run.createdAt, finishedAt: run.finishedAt,
            counts: Dictionary(uniqueKeysWithValues: counts))
    }

    private func body(_ item: RunItem, of run: RunID) -> ItemBody {
        ItemBody(
            tenant: item.tenant.description, state: item.state.rawValue, attempts: item.attempts, rows: item.rows,
            output: item.state == .succeeded ? output.path(run: run, tenant: item.tenant) : nil,
            finishedAt: item.finishedAt,
            fault: item.fault.map(FaultBody.init))
    }
}
