import Hummingbird
import Tenancy

/// `/v1/backups`: copies of the database.
struct BackupRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.post("/v1/backups", use: create)
    }

    private struct Wish: Decodable {
        let path: String
    }

    private struct BackupBody: Encodable {
        let path: String
        let sizeBytes: Int
        let sha256: String
        let keys: [String]
    }

    @Sendable private func create(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let desk = steps.backups
        let place = try desk.place(wish.path, for: actor)
        return try OperationRoutes.accepted(
            steps.operations.start("backup") { _ in
                let backup = try await desk.create(at: place, by: actor)
                return BackupBody(
                    path: backup.path, sizeBytes: backup.size, sha256: backup.sha256, keys: backup.keys)
            })
    }
}
