import FoundationEssentials
import HTTPTypes
import Hummingbird
import Tenancy

/// `/v1/events`: what has changed, by cursor and as a stream.
struct EventRoutes {
    let steps: Steps
    let seats: StreamSeats

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/events", use: list)
        router.get("/v1/events/stream", use: stream)
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let limit = try request.number("limit", in: 1...1_000) ?? 100
        let after = try request.number("after", in: 0...Int.max) ?? 0
        let events = try await steps.stores.events.events(
            after: Int64(after), matching: try await filter(request), limit: limit)
        return try JSONBody.response(["items": events.map(EventBody.init)])
    }

    @Sendable private func stream(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.viewer)
        let stream = EventStream(
            events: steps.stores.events, filter: try await filter(request), clock: steps.clock,
            after: try place(request))
        let seat = try seats.take(for: actor)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                defer { withExtendedLifetime(seat) {} }
                try await stream.write(to: &writer)
                try await writer.finish(nil)
            })
    }

    private func filter(_ request: Request) async throws -> EventFilter {
        var tenant: TenantID?
        if let text = request.parameter("tenant") { tenant = try await steps.tenant(text).id }
        guard let text = request.parameter("type") else { return EventFilter(tenant: tenant) }
        guard let pattern = EventPattern(text) else {
            throw RequestError.parameter("type", rule: "a type such as consent.granted, or all of a noun: consent.*")
        }
        return EventFilter(tenant: tenant, type: pattern)
    }

    /// Behind the last event that the client has seen; from now on when it has seen none. The header comes from a
    /// client that comes again, so it goes before the parameter with which it once began.
    private func place(_ request: Request) throws(RequestError) -> Int64 {
        if let name = HTTPField.Name("Last-Event-ID"), let text = request.headers[name] {
            guard let number = Int64(text), number >= 0 else {
                throw .parameter("Last-Event-ID", rule: "the id of the last message, unchanged")
            }
            return number
        }
        return try request.number("after", in: 0...Int.max).map { Int64($0) } ?? steps.stores.events.signal.newest
    }
}
