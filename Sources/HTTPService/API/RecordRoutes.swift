import FoundationEssentials
import Hummingbird
import Tenancy

/// The audit record.
struct RecordRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/audit", use: audit)
    }

    private struct EntryBody: Encodable {
        let sequence: Int64
        let at: Date
        let actor: String
        let action: String
        let subject: String
        let detail: String
    }

    @Sendable private func audit(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let limit = try request.number("limit", in: 1...1_000) ?? 100
        let after = try request.number("after", in: 0...Int.max) ?? 0
        let entries = try await steps.stores.audit.entries(after: Int64(after), limit: limit)
        return try JSONBody.response([
            "items": entries.map {
                EntryBody(
                    sequence: $0.sequence, at: $0.at, actor: $0.actor, action: $0.action, subject: $0.subject,
                    detail: $0.detail)
            }
        ])
    }
}
