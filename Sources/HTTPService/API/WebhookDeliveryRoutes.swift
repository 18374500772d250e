import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/webhooks/{webhook}/…`: what was sent, and sending it again.
struct WebhookDeliveryRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/webhooks/:webhook/deliveries", use: list)
        router.get("/v1/webhooks/:webhook/deliveries/:delivery", use: show)
        router.post("/v1/webhooks/:webhook/test", use: test)
        router.post("/v1/webhooks/:webhook/replay", use: replay)
    }

    private struct Body: Encodable {
        let id: String
        let webhook: String
        let event: Int64?
        let type: String
        let state: String
        let enqueuedAt: Date
        let attempts: Int
        let nextAttemptAt: Date?
        let last: Attempt?

        struct Attempt: Encodable {
            let at: Date
            let durationMs: Int
            let status: Int?
            let error: String?
            let answer: String?
        }

        init(_ delivery: WebhookDelivery) {
            id = delivery.id
            webhook = delivery.webhook.description
            event = delivery.event
            type = delivery.type
            state = delivery.state.rawValue
            enqueuedAt = delivery.enqueuedAt
            attempts = delivery.attempts
            nextAttemptAt = delivery.due
            last = delivery.last.map {
                Attempt(
                    at: $0.at, durationMs: $0.milliseconds, status: $0.status, error: $0.error, answer: $0.excerpt)
            }
        }
    }

    private struct Wish: Decodable {
        let delivery: String?
        let since: Int64?
    }

    private struct Replay: Encodable {
        let webhook: String
        /// When one delivery is sent again.
        let delivery: Body?
        /// When events are sent again: those after this one.
        let since: Int64?
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let limit = try request.number("limit", in: 1...1_000) ?? 100
        let deliveries = try await steps.webhooks.deliveries(
            of: try context.webhook(), before: request.parameter("before"), limit: limit)
        return try JSONBody.response(["items": deliveries.map(Body.init)])
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        return try JSONBody.response(
            Body(
                try await steps.webhooks.delivery(
                    try context.parameters.require("delivery"), of: try context.webhook())))
    }

    @Sendable private func test(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        return try JSONBody.response(
            Body(try await steps.webhooks.test(try context.webhook(), by: actor)), status: .accepted)
    }

    @Sendable private func replay(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let (id, wish) = (try context.webhook(), try await JSONBody.read(Wish.self, from: request))
        let reply: Replay
        switch (wish.delivery, wish.since) {
        case (let delivery?, nil):
            let again = try await steps.webhooks.replay(delivery, of: id, by: actor)
            reply = Replay(webhook: id, delivery: Body(again), since: nil)
        case (nil, let since?) where since >= 0:
            _ = try await steps.webhooks.replay(since: since, of: id, by: actor)
            reply = Replay(webhook: id, delivery: nil, since: since)
        default:
            throw RequestError.parameter("delivery", rule: "either a delivery's id, or since: an event's sequence")
        }
        return try JSONBody.response(reply, status: .accepted)
    }
}
