import FoundationEssentials
import Hummingbird
import Tenancy

/// Proof of consent and status.
struct ConsentRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/consent", use: list)
        router.get("/v1/consent/summary", use: summary)
        router.get("/v1/tenants/:tenant/consent", use: show)
        router.post("/v1/tenants/:tenant/consent/dismiss-conflict", use: dismissConflict)
        router.post("/v1/tenants/:tenant/verify", use: verify)
    }

    private struct AppChoice: Decodable {
        let app: String?
    }

    private struct StatusBody: Encodable {
        let tenant: String
        let name: String
        let domain: String?
        let tags: [String: String]
        let app: String
        let state: String
        let since: Date
        let release: Int?
        let granted: [String]
        let missing: [String]
        let whoMustAct: String?
        let note: NoteBody?
        let nextCheckAt: Date?
        /// When the newest look of any check was taken.
        let evidenceAt: Date?
        let tenantState: String
        var evidence: [EvidenceBody]?
    }

    private struct NoteBody: Encodable {
        let code: String
        let detail: String
        let aadsts: Int?
        let correlationId: String?
        let traceId: String?
    }

    private struct EvidenceBody: Encodable {
        let check: String
        let passed: Bool
        let saw: String
        let at: Date
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let page = try PageRequest(request)
        let app = try await steps.registrar.app(named: request.parameter("app"))
        let meant = try await steps.selection(try request.selector(), app: app.name.description)
        let rows = try await steps.reporter.consentRows(
            of: app.name, meant.selector, after: page.after, limit: page.limit)
        return try Page(rows.map { body($0) }, last: rows.last?.tenant.id, request: page).response(to: request)
    }

    private struct SummaryBody: Encodable {
        let app: String
        let release: Int
        let tenants: Int
        let states: [String: Int]
        let releases: [Count]
        let whoMustAct: [String: Int]

        struct Count: Encodable {
            let release: Int
            let tenants: Int
        }

        init(_ summary: ConsentSummary) {
            app = summary.app.description
            release = summary.release
            tenants = summary.tenants
            states = Dictionary(uniqueKeysWithValues: summary.states.map { ($0.key.rawValue, $0.value) })
            releases = summary.releases.sorted { $0.key < $1.key }.map { Count(release: $0.key, tenants: $0.value) }
            whoMustAct = Dictionary(uniqueKeysWithValues: summary.movers.map { ($0.key.rawValue, $0.value) })
        }
    }

    @Sendable private func summary(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var apps = try await steps.stores.apps.apps().filter { $0.audience == .anyTenant }
        if let name = request.parameter("app") { apps = [try await steps.registrar.app(named: name)] }
        var bodies: [SummaryBody] = []
        for app in apps { bodies.append(SummaryBody(try await steps.reporter.consentSummary(of: app.name))) }
        return try JSONBody.response(["apps": bodies])
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let tenant = try await steps.tenant(in: context)
        let app = try await steps.registrar.app(named: request.parameter("app"))
        return try await status(tenant, app)
    }

    /// What another tenant answered counts for nothing; the customer's own is where it was before.
    @Sendable private func dismissConflict(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(AppChoice.self, from: request)
        let tenant = try await steps.tenant(in: context)
        let app = try await steps.registrar.app(named: wish.app)
        _ = try await steps.consent.dismissConflict(of: tenant, app: app, by: actor)
        return try await status(tenant, app)
    }

    @Sendable private func verify(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(AppChoice.self, from: request)
        let tenant = try await steps.tenant(in: context)
        let app = try await steps.registrar.app(named: wish.app)
        guard tenant.cloud == app.cloud else { throw ConsentError.otherCloud(tenant, app) }
        let connection = try await steps.verifier.verify(tenant.id, app: app, by: actor)
        if connection.check != nil { steps.verificationWake.signal() }
        return try await status(tenant, app)
    }

    private func status(_ tenant: Tenant, _ app: App) async throws -> Response {
        guard let row = try await steps.reporter.consentRow(of: tenant, app: app.name) else {
            throw ConsentError.otherCloud(tenant, app)
        }
        var body = body(row)
        body.evidence = try await steps.stores.consent.evidence(tenant.id, app.name).map {
            EvidenceBody(check: $0.check.rawValue, passed: $0.passed, saw: $0.saw, at: $0.at)
        }
        return try JSONBody.response(body)
    }

    private func body(_ row: ConsentReportRow) -> StatusBody {
        StatusBody(
            tenant: row.tenant.id.description, name: row.tenant.name, domain: row.tenant.domain?.description,
            tags: row.tenant.tags.values, app: row.connection.app.description, state: row.connection.state.rawValue,
            since: row.connection.since, release: row.connection.release, granted: row.granted, missing: row.missing,
            whoMustAct: row.whoMustAct?.rawValue,
            note: row.connection.note.map {
                NoteBody(
                    code: $0.code, detail: $0.detail, aadsts: $0.trace?.aadsts, correlationId: $0.trace?.correlationID,
                    traceId: $0.trace?.traceID)
            },
            nextCheckAt: row.connection.check?.due, evidenceAt: row.evidenceAt,
            tenantState: row.tenant.state.rawValue)
    }
}
