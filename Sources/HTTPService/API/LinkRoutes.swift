import FoundationEssentials
import Hummingbird
import Tenancy

/// Consent links: made, listed, taken back.
struct LinkRoutes {
    let steps: Steps
    /// Base of the public door, without a trailing slash.
    let publicURL: String

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/tenants/:tenant/consent-links", use: list)
        router.post("/v1/tenants/:tenant/consent-links", use: make)
        router.post("/v1/consent-links/:link/cancel", use: cancel)
    }

    private struct Wish: Decodable {
        let app: String?
        let expiresInS: Int?
        let allowNarrowing: Bool?
    }

    private struct MadeBody: Encodable {
        let id: String
        let tenant: String
        let app: String
        let release: Int
        /// The page to send to the customer.
        let link: String
        /// Microsoft's page, directly.
        let adminConsentUrl: String
        let expiresAt: Date
        /// Granted roles that a consent by this link would take away.
        let wouldRemove: [String]
        /// To copy into a mail.
        let mail: Mail

        struct Mail: Encodable {
            let subject: String
            let body: String
        }
    }

    private struct Body: Encodable {
        let id: String
        let tenant: String
        let app: String
        let release: Int
        let campaign: String?
        let createdAt: Date
        let expiresAt: Date
        /// `open`, `expired`, or what ended it.
        let state: String
        /// What came back last; `null` while nothing did.
        let outcome: String?
        let answeredAt: Date?
        let named: String?
        /// The page to send again; `null` when it can no longer be answered.
        let link: String?
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        // A link is a key to the customer's page, so a viewer does not see it.
        _ = try context.require(.operator)
        let tenant = try await steps.tenant(in: context)
        let app = try await steps.registrar.app(named: request.parameter("app"))
        let limit = try request.number("limit", in: 1...1_000) ?? 100
        let now = steps.clock.now()
        let attempts = try await steps.stores.consent.attempts(of: tenant.id, app.name, limit: limit)
        return try JSONBody.response(["items": attempts.map { body($0, at: now) }])
    }

    @Sendable private func make(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let tenant = try await steps.tenant(in: context)
        let app = try await steps.registrar.app(named: wish.app)
        let life = wish.expiresInS.map { TimeInterval($0) } ?? ConsentBroker.defaultLife
        let made = try await steps.consent.link(
            tenant: tenant, app: app, life: life, mayNarrow: wish.allowNarrowing ?? false, by: actor)
        let link = address(made.attempt.id)
        let mail = ConsentMail(app, tenant, link: link, expiresAt: made.attempt.expiresAt)
        return try JSONBody.response(
            MadeBody(
                id: made.attempt.id.description, tenant: tenant.id.description, app: app.name.description,
                release: made.attempt.release, link: link, adminConsentUrl: made.adminConsentURL.exposed,
                expiresAt: made.attempt.expiresAt, wouldRemove: made.wouldRemove,
                mail: MadeBody.Mail(subject: mail.subject, body: mail.body)),
            status: .created)
    }

    @Sendable private func cancel(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        guard let id = AttemptID(try context.parameters.require("link")) else {
            throw RequestError.unknown("That link")
        }
        try await steps.consent.cancel(id, by: actor)
        guard let attempt = try await steps.stores.consent.attempt(id)?.attempt else {
            throw RequestError.unknown("That link")
        }
        return try JSONBody.response(body(attempt, at: steps.clock.now()))
    }

    private func body(_ attempt: ConsentAttempt, at now: Date) -> Body {
        let isOpen = attempt.isOpen(at: now)
        let ended = attempt.outcome.flatMap { $0.isFinal ? $0.rawValue : nil }
        return Body(
            id: attempt.id.description, tenant: attempt.tenant.description, app: attempt.app.description,
            release: attempt.release, campaign: attempt.campaign, createdAt: attempt.createdAt,
            expiresAt: attempt.expiresAt, state: isOpen ? "open" : ended ?? "expired",
            outcome: attempt.outcome?.rawValue, answeredAt: attempt.answeredAt, named: attempt.named?.description,
            link: isOpen ? address(attempt.id) : nil)
    }

    private func address(_ id: AttemptID) -> String { "\(publicURL)/connect/\(id)" }
}
