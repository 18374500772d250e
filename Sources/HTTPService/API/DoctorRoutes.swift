import Hummingbird
import Tenancy

/// `/v1/doctor`: is everything ready for customers?
struct DoctorRoutes {
    let steps: Steps
    let publicURL: String

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/doctor", use: examine)
    }

    private struct Body: Encodable {
        let check: String
        let app: String?
        let verdict: String
        let detail: String
        let nextStep: String?
    }

    @Sendable private func examine(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var apps = try await steps.stores.apps.apps()
        if let name = request.parameter("app") { apps = [try await steps.registrar.app(named: name)] }
        var checks: [DoctorCheck] = []
        for app in apps { checks += try await steps.doctor.examine(app, publicURL: publicURL) }
        return try JSONBody.response([
            "items": checks.map {
                Body(
                    check: $0.check, app: $0.app?.description, verdict: $0.verdict.rawValue, detail: $0.detail,
                    nextStep: $0.nextStep)
            }
        ])
    }
}
