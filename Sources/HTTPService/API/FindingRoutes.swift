import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/findings`: explained problems.
struct FindingRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/findings", use: list)
    }

    private struct Body: Encodable {
        let code: String
        let app: String
        let credential: String?
        let tenant: String?
        let detail: String
        let whoMustAct: String
        let nextStep: String
        let since: Date?
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [Body] = []
        for app in try await steps.stores.apps.apps() {
            let findings = try await steps.findings(of: app.name) + steps.tokenFindings(of: app)
            bodies += findings.map {
                Body(
                    code: $0.code, app: $0.app.description, credential: $0.credential?.description,
                    tenant: $0.tenant?.description, detail: $0.detail, whoMustAct: $0.whoMustAct.rawValue,
                    nextStep: $0.nextStep, since: $0.since)
            }
        }
        return try JSONBody.response(["items": bodies])
    }
}

extension Steps {
    /// What is wrong with an app's credentials now.
    func findings(of app: AppName) async throws -> [Finding] {
        Finding.about(
            try await stores.credentials.credentials(of: app),
            try await stores.credentials.rotation(of: app), of: app, at: clock.now())
    }

    /// What is wrong with an app's tokens, or was a few days ago.
    fileprivate func tokenFindings(of app: App) async throws -> [Finding] {
        let since = clock.now() - Finding.mismatchMemory
        return Finding.about(try await stores.ledger.mismatches(of: app.name, since: since))
            + [Finding.about(tokens.metrics.authority, of: app)].compactMap { $0 }
    }
}
