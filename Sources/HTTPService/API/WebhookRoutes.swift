import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/webhooks`: receivers of events. Admins only, for a receiver's URL may be a secret by itself.
struct WebhookRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/webhooks", use: list)
        router.post("/v1/webhooks", use: add)
        router.get("/v1/webhooks/:webhook", use: show)
        router.delete("/v1/webhooks/:webhook", use: remove)
        router.post("/v1/webhooks/:webhook/enable", use: enable)
        router.post("/v1/webhooks/:webhook/disable", use: disable)
        router.post("/v1/webhooks/:webhook/rotate-secret", use: rotateSecret)
        WebhookDeliveryRoutes(steps: steps).add(to: router)
    }

    private struct Wish: Decodable {
        let url: String
        let types: [String]?
        let secret: String?
    }

    struct Body: Encodable {
        let id: String
        let url: String
        let types: [String]
        let state: String
        let disabledReason: String?
        let disabledAt: Date?
        let addedAt: Date
        let cursor: Int64
        let failingSince: Date?
        let lastSuccessAt: Date?
        let failures: Int
        /// In the reply to its making only.
        let secret: String?

        init(_ webhook: Webhook, secret: WebhookSecret? = nil) {
            id = webhook.id.description
            url = webhook.url.description
            types = webhook.types.map(\.description)
            state = webhook.isEnabled ? "enabled" : "disabled"
            disabledReason = webhook.ending?.rawValue
            disabledAt = webhook.endedAt
            addedAt = webhook.addedAt
            cursor = webhook.cursor
            failingSince = webhook.failingSince
            lastSuccessAt = webhook.succeededAt
            failures = webhook.failures
            self.secret = secret?.text.exposed
        }
    }

    private struct SecretBody: Encodable {
        let id: String
        let secret: String
        let previousGoodUntil: Date
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        return try JSONBody.response(["items": try await steps.webhooks.webhooks().map { Body($0) }])
    }

    @Sendable private func add(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let (webhook, secret) = try await steps.webhooks.add(
            wish.url, types: wish.types ?? [], secret: wish.secret.map { Secret($0) }, by: actor)
        return try JSONBody.response(Body(webhook, secret: secret), status: .created)
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        return try JSONBody.response(Body(try await steps.webhooks.webhook(try context.webhook())))
    }

    @Sendable private func remove(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        try await steps.webhooks.remove(try context.webhook(), by: actor)
        return Response(status: .noContent)
    }

    @Sendable private func enable(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        return try JSONBody.response(
            Body(try await steps.webhooks.set(try context.webhook(), enabled: true, by: actor)))
    }

    @Sendable private func disable(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        return try JSONBody.response(
            Body(try await steps.webhooks.set(try context.webhook(), enabled: false, by: actor)))
    }

    @Sendable private func rotateSecret(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let id = try context.webhook()
        let (secret, end) = try await steps.webhooks.rotateSecret(of: id, by: actor)
        return try JSONBody.response(SecretBody(id: id, secret: secret.text.exposed, previousGoodUntil: end))
    }
}

extension OperatorContext {
    /// The webhook that the path names.
    func webhook() throws -> String { try parameters.require("webhook") }
}
