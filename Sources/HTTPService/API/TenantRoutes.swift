import FoundationEssentials
import Hummingbird
import NIOCore
import Tenancy

/// `/v1/tenants`: onboarding.
struct TenantRoutes {
    let steps: Steps
    /// A customer list of 50,000 rows has about 5 MB.
    static let largestList = 16 * 1_024 * 1_024

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/tenants", use: list)
        router.post("/v1/tenants", use: add)
        router.post("/v1/tenants/import", use: importList)
        router.get("/v1/tenants/:tenant", use: show)
    }

    struct TenantBody: Encodable {
        let id: String
        let cloud: String
        let name: String
        let domain: String?
        let tags: [String: String]
        let addedAt: Date
        let state: String
        let stateSince: Date
        let stateReason: String?

        init(_ tenant: Tenant) {
            id = tenant.id.description
            cloud = tenant.cloud.rawValue
            name = tenant.name
            domain = tenant.domain?.description
            tags = tenant.tags.values
            addedAt = tenant.addedAt
            state = tenant.state.rawValue
            stateSince = tenant.stateSince
            stateReason = tenant.stateReason
        }
    }

    private struct Addition: Decodable {
        let tenant: String
        let name: String?
        let tags: [String: String]?
        let cloud: Cloud?
    }

    private struct ImportReply: Encodable {
        let dryRun: Bool
        /// Added, or would be.
        let accepted: Int
        /// Updated, or would be.
        let updated: Int
        /// Onboarded before, and as the row says or not to be updated.
        let known: Int
        let rejected: Int
        let rows: [Row]

        struct Row: Encodable {
            let line: Int
            let tenant: String
            let id: String?
            /// `added`, `would_add`, `known`, `updated`, `would_update`, `repeated`, `invalid` or the code of the refusal.
            let verdict: String
            let detail: String?
        }
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let page = try PageRequest(request)
        let meant = try await steps.selection(try request.selector(), app: request.parameter("app"))
        let tenants = try await steps.stores.fleet.tenants(
            meant.selector, app: meant.app, after: page.after, limit: page.limit)
        return try Page(tenants.map(TenantBody.init), last: tenants.last?.id, request: page).response(to: request)
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(TenantBody(try await steps.tenant(in: context)))
    }

    @Sendable private func add(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let addition = try await JSONBody.read(Addition.self, from: request)
        guard let tags = Tags(addition.tags ?? [:]) else { throw OnboardingError(addition.tenant, .invalidTags) }
        let tenant = try await steps.onboarder.add(
            addition.tenant, name: addition.name, tags: tags, cloud: addition.cloud, by: actor)
        return try JSONBody.response(TenantBody(tenant), status: .created)
    }

    @Sendable private func importList(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let dryRun = try request.flag("dry_run")
        let body = try await request.body.collect(upTo: Self.largestList)
        let rows = try CustomerList.rows(of: Array(body.readableBytesView))
        let verdicts = try await steps.onboarder.importRows(
            rows, dryRun: dryRun, update: try request.flag("update"), by: actor)
        let written = verdicts.map(row)
        func count(_ words: String...) -> Int { written.count { words.contains($0.verdict) } }
        return try JSONBody.response(
            ImportReply(
                dryRun: dryRun, accepted: count("added", "would_add"), updated: count("updated", "would_update"),
                known: count("known"), rejected: verdicts.count(where: \.isRejected), rows: written))
    }

    private func row(_ verdict: ImportVerdict) -> ImportReply.Row {
        func row(_ id: TenantID?, _ word: String, _ detail: String?) -> ImportReply.Row {
            ImportReply.Row(
                line: verdict.row.line, tenant: String(verdict.row.tenant.prefix(100)), id: id?.description,
                verdict: word, detail: detail)
        }
        switch verdict.outcome {
        case .added(let tenant): return row(tenant.id, "added", nil)
        case .accepted(let tenant): return row(tenant.id, "would_add", nil)
        case .known(let tenant): return row(tenant.id, "known", nil)
        case .updated(let tenant): return row(tenant.id, "updated", nil)
        case .outdated(let tenant): return row(tenant.id, "would_update", nil)
        case .repeats(let line): return row(nil, "repeated", "The same tenant stands on line \(line).")
        case .invalid(let why): return row(nil, "invalid", "The row cannot be read: \(why).")
        case .refused(let error): return row(nil, error.problem.code, error.description)
        }
    }
}
