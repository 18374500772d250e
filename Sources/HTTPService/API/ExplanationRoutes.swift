import FoundationEssentials
import Hummingbird
import Tenancy

/// What an error of Entra means, and why a tenant stands where it stands.
struct ExplanationRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/explanations/:code", use: explain)
        router.get("/v1/tenants/:tenant/explanation", use: explainTenant)
    }

    private struct ExplanationBody: Encodable {
        let code: String
        let `class`: String?
        let meaning: String
        let whoMustAct: String
        let remedy: String
        let retryable: Bool
        let customerMessage: String?

        init(_ explanation: Explanation, app: String = "{app}", tenant: String = "{tenant}") {
            code = explanation.code
            self.class = explanation.class?.rawValue
            meaning = explanation.meaning
            whoMustAct = explanation.whoMustAct.rawValue
            remedy = explanation.remedy
            retryable = explanation.isRetryable
            customerMessage = explanation.customerMessage(app: app, tenant: tenant)
        }
    }

    private struct TenantBody: Encodable {
        let tenant: String
        let name: String
        let tenantState: String
        let tenantStateReason: String?
        let app: String
        let state: String
        let since: Date
        let meaning: String
        let fault: FaultBody?
        let cause: ExplanationBody?
        let whoMustAct: String?
        let nextStep: String
        let customerMessage: String?
    }

    @Sendable private func explain(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let segment = try context.parameters.require("code")
        let text = PercentEncoding.decodeForm(segment) ?? segment
        guard let explanation = Explanation.of(text: text) else {
            throw RequestError.unknown("Code '\(text.prefix(40))'")
        }
        return try JSONBody.response(ExplanationBody(explanation))
    }

    @Sendable private func explainTenant(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let tenant = try await steps.tenant(in: context)
        let app = try await steps.registrar.app(named: request.parameter("app"))
        guard let row = try await steps.reporter.consentRow(of: tenant, app: app.name) else {
            throw ConsentError.otherCloud(tenant, app)
        }
        let explanation = TenantExplanation(row, of: app)
        return try JSONBody.response(
            TenantBody(
                tenant: tenant.id.description, name: tenant.name, tenantState: tenant.state.rawValue,
                tenantStateReason: tenant.stateReason, app: app.name.description,
                state: explanation.state.rawValue, since: explanation.since, meaning: explanation.meaning,
                fault: explanation.fault.map(FaultBody.init),
                cause: explanation.cause.map { ExplanationBody($0, app: app.displayName, tenant: tenant.name) },
                whoMustAct: explanation.whoMustAct?.rawValue, nextStep: explanation.nextStep,
                customerMessage: explanation.customerMessage))
    }
}
