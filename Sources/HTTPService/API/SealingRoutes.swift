import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/sealing-key`: the key that seals what is stored, and its rotation.
struct SealingRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/sealing-key", use: status)
        router.post("/v1/sealing-key/rotate", use: rotate)
    }

    private struct StatusBody: Encodable {
        /// `settled`, or `rotating` while rows are sealed anew.
        let state: String
        /// Rows that are still to be sealed with the key in use.
        let remaining: Int
        let rows: [Rows]
        let keys: [Key]
        let spareLines: Int

        struct Rows: Encodable {
            let table: String
            let total: Int
            let remaining: Int
        }

        struct Key: Encodable {
            let id: String
            let inUse: Bool
            let beganAt: Date?
            let endedAt: Date?
        }

        init(_ status: SealingStatus) {
            state = status.isRotating ? "rotating" : "settled"
            remaining = status.rows.reduce(0) { $0 + $1.remaining }
            rows = status.rows.map { Rows(table: $0.table, total: $0.total, remaining: $0.remaining) }
            keys = status.keys.map {
                Key(id: $0.identifier, inUse: $0.isInUse, beganAt: $0.beganAt, endedAt: $0.endedAt)
            }
            spareLines = status.spareLines
        }
    }

    @Sendable private func status(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(StatusBody(try await steps.sealing.status()))
    }

    @Sendable private func rotate(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        var response = try JSONBody.response(
            StatusBody(try await steps.sealing.rotate(by: actor)), status: .accepted)
        response.headers[.location] = "/v1/sealing-key"
        return response
    }
}
