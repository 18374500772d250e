import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/apps/{app}/releases`: numbered lists of what customers are asked for.
struct ReleaseRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/apps/:app/releases", use: list)
        router.post("/v1/apps/:app/releases", use: draft)
        router.post("/v1/apps/:app/releases/:release/publish", use: publish)
        router.get("/v1/apps/:app/release-difference", use: difference)
    }

    private struct Body: Encodable {
        let app: String
        let number: Int
        let state: String
        let createdAt: Date
        let publishedAt: Date?
        let permissions: [AppRoutes.PermissionBody]

        init(_ record: ReleaseRecord) {
            app = record.release.app.description
            number = record.release.number
            state = record.isDraft ? "draft" : "published"
            createdAt = record.createdAt
            publishedAt = record.publishedAt
            permissions = record.release.permissions.map(AppRoutes.PermissionBody.init)
        }
    }

    private struct DifferenceBody: Encodable {
        let app: String
        let from: Int
        let to: Int
        let added: [AppRoutes.PermissionBody]
        let removed: [AppRoutes.PermissionBody]
        let reworded: [AppRoutes.PermissionBody]
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let app = try await steps.app(in: context)
        return try JSONBody.response(["items": try await steps.stores.apps.releases(of: app.name).map(Body.init)])
    }

    @Sendable private func draft(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await steps.app(in: context)
        let spec = try SpecBody.read(try await JSONBody.read(SpecBody.self, from: request).spec)
        guard spec.name == app.name else { throw RequestError.parameter("spec.name", rule: "the name of this app") }
        let record = try await steps.releases.draft(spec, by: actor)
        // The newest release may say the same already; then nothing was made.
        return try JSONBody.response(Body(record), status: record.isDraft ? .created : .ok)
    }

    @Sendable private func publish(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await steps.app(in: context)
        let text = try context.parameters.require("release")
        // `draft` names whatever draft there is.
        let number = Int(text)
        guard text == "draft" || number != nil else { throw RequestError.unknown("That release") }
        let release = try await steps.releases.publish(number, of: app.name, by: actor)
        guard
            let record = try await steps.stores.apps.releases(of: app.name).first(where: {
                $0.release.number == release.number
            })
        else { throw RegistrationError.unknownRelease(release.number) }
        return try JSONBody.response(Body(record))
    }

    @Sendable private func difference(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let app = try await steps.app(in: context)
        let difference = try await steps.releases.difference(
            of: app.name, from: try request.number("from", in: 1...1_000_000),
            to: try request.number("to", in: 1...1_000_000))
        return try JSONBody.response(
            DifferenceBody(
                app: app.name.description, from: difference.from.number, to: difference.to.number,
                added: difference.added.map(AppRoutes.PermissionBody.init),
                removed: difference.removed.map(AppRoutes.PermissionBody.init),
                reworded: difference.reworded.map(AppRoutes.PermissionBody.init)))
    }
}
