import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/apps/{app}/rotation`: how a new credential is brought in.
struct RotationRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/apps/:app/rotation", use: rotation)
        router.post("/v1/apps/:app/rotation", use: rotate)
    }

    private struct RotationWish: Decodable {
        /// `add`, `replace` or `drill`.
        let purpose: String
        /// `secret` or `certificate`: made, with so many seconds to live.
        let make: String?
        let lifeS: Int?
        /// In the place of `make`.
        let credential: BroughtBody?
        let overlapS: Int?
        let access: AccessBody?
    }

    private struct RotationBody: Encodable {
        let app: String
        let credential: String
        let kind: String
        let purpose: String
        let step: String
        /// Tokens in a row that were had with it, of those that count as proof.
        let seen: Int
        let needed: Int
        let startedAt: Date
        let deadline: Date
        let fault: FaultBody?

        init(_ rotation: Rotation) {
            app = rotation.app.description
            credential = rotation.credential.description
            kind = rotation.kind.rawValue
            switch rotation.purpose {
            case .add: purpose = "add"
            case .replace: purpose = "replace"
            case .drill: purpose = "drill"
            }
            step = rotation.step.rawValue
            seen = rotation.seen
            needed = Observation.needed
            startedAt = rotation.startedAt
            deadline = rotation.deadline
            fault = rotation.fault.map(FaultBody.init)
        }
    }

    @Sendable private func rotation(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let app = try await steps.app(in: context)
        guard let rotation = try await steps.stores.credentials.rotation(of: app.name) else {
            throw RequestError.unknown("A rotation of app '\(app.name)'")
        }
        return try JSONBody.response(RotationBody(rotation))
    }

    @Sendable private func rotate(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await steps.app(in: context)
        let wish = try await JSONBody.read(RotationWish.self, from: request)
        let (newcomer, purpose) = (try newcomer(wish, actor), try purpose(wish))
        try check(newcomer, outlives: purpose)
        let rotation = try await steps.credentials.begin(
            newcomer, for: purpose, of: app, as: try wish.access?.access(), by: actor)
        var response = try JSONBody.response(RotationBody(rotation), status: .accepted)
        response.headers[.location] = "/v1/apps/\(app.name)/rotation"
        return response
    }

    private func newcomer(_ wish: RotationWish, _ actor: Actor) throws -> CredentialKeeper.Newcomer {
        guard wish.lifeS == nil || wish.make != nil else {
            throw RequestError.parameter("life_s", rule: "no life beside a credential, which brings its own end")
        }
        let life = wish.lifeS.map { TimeInterval($0) } ?? Rotation.defaultLife
        guard Rotation.lives.contains(life) else {
            throw RequestError.parameter("life_s", rule: "one hour to two years, in seconds")
        }
        switch (wish.make, wish.credential) {
        case ("secret", nil): return .secret(life: life)
        case ("certificate", nil): return .certificate(life: life)
        case (nil, let brought?): return .brought(try brought.credential(from: actor))
        default: throw RequestError.parameter("make", rule: "secret or certificate, or else a credential")
        }
    }

    private func purpose(_ wish: RotationWish) throws -> Rotation.Purpose {
        guard wish.overlapS == nil || wish.purpose == "replace" else {
            throw RequestError.parameter("overlap_s", rule: "an overlap only where something is replaced")
        }
        let overlap = wish.overlapS.map { TimeInterval($0) } ?? Observation.defaultOverlap
        guard (0...Rotation.longestOverlap).contains(overlap) else {
            throw RequestError.parameter("overlap_s", rule: "at most 90 days, in seconds")
        }
        switch wish.purpose {
        case "add": return .add
        case "replace": return .replace(overlap: overlap)
        case "drill": return .drill
        default: throw RequestError.parameter("purpose", rule: "add, replace or drill")
        }
    }

    /// One that ends before the old one is taken away would leave the app with none.
    private func check(_ newcomer: CredentialKeeper.Newcomer, outlives purpose: Rotation.Purpose) throws {
        guard case .replace(let overlap) = purpose else { return }
        switch newcomer {
        case .secret(let life), .certificate(let life):
            guard overlap < life else {
                throw RequestError.parameter("overlap_s", rule: "shorter than life_s, so that no gap opens")
            }
        case .brought: return
        }
    }
}
