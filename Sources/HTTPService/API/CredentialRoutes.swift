import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/credentials` and `/v1/apps/{app}/credentials`: what the apps prove themselves with, and its rotation.
struct CredentialRoutes {
    let steps: Steps

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/credentials", use: listAll)
        router.get("/v1/apps/:app/credentials", use: list)
        router.post("/v1/apps/:app/credentials", use: add)
        router.post("/v1/apps/:app/credentials/:credential/prefer", use: prefer)
        router.post("/v1/apps/:app/credentials/:credential/retire", use: retire)
        router.get("/v1/apps/:app/rotation", use: rotation)
        router.post("/v1/apps/:app/rotation", use: rotate)
        router.get("/v1/findings", use: findings)
    }

    struct Body: Encodable {
        let id: String
        let app: String
        let kind: String
        let state: String
        let label: String
        let addedAt: Date
        let expiresAt: Date?
        let retireAt: Date?
        let thumbprintSha256: String?
        let keyId: String?
        let rejectedAt: Date?
        let rejectedAadsts: Int?
        /// The code of what is wrong with it.
        let finding: String?

        init(_ credential: Credential, finding: String? = nil, at now: Date) {
            id = credential.id.description
            app = credential.app.description
            kind = credential.kind.rawValue
            state = credential.state(at: now).rawValue
            label = credential.label
            addedAt = credential.addedAt
            expiresAt = credential.expiresAt
            retireAt = credential.retireAt
            thumbprintSha256 = credential.thumbprint
            keyId = credential.keyID?.description
            rejectedAt = credential.rejection?.at
            rejectedAadsts = credential.rejection?.aadsts
            self.finding = finding
        }
    }

    // MARK: Reading

    @Sendable private func listAll(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [Body] = []
        for app in try await steps.stores.apps.apps() { bodies += try await self.bodies(of: app.name) }
        return try JSONBody.response(["items": bodies])
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(["items": try await bodies(of: try await app(in: context).name)])
    }

    private func bodies(of app: AppName) async throws -> [Body] {
        let now = steps.clock.now()
        let findings = try await self.findings(of: app)
        return try await steps.stores.credentials.credentials(of: app).map { credential in
            Body(credential, finding: findings.first { $0.credential == credential.id }?.code, at: now)
        }
    }

    private func findings(of app: AppName) async throws -> [Finding] {
        Finding.about(
            try await steps.stores.credentials.credentials(of: app),
            try await steps.stores.credentials.rotation(of: app), of: app, at: steps.clock.now())
    }

    private struct FindingBody: Encodable {
        let code: String
        let app: String
        let credential: String?
        let detail: String
        let whoMustAct: String
        let nextStep: String
        let since: Date?
    }

    @Sendable private func findings(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [FindingBody] = []
        for app in try await steps.stores.apps.apps() {
            bodies += try await findings(of: app.name).map {
                FindingBody(
                    code: $0.code, app: $0.app.description, credential: $0.credential?.description, detail: $0.detail,
                    whoMustAct: $0.whoMustAct.rawValue, nextStep: $0.nextStep, since: $0.since)
            }
        }
        return try JSONBody.response(["items": bodies])
    }

    // MARK: Adding

    /// A credential in a request: exactly one of `secret`, `pem`, `pkcs12`, `assertion_file` and `assertion_command`.
    struct Brought: Decodable {
        let secret: String?
        /// Of the secret.
        let expiresAt: Date?
        let pem: String?
        /// Base64.
        let pkcs12: String?
        let passphrase: String?
        let assertionFile: String?
        let assertionCommand: [String]?

        /// - Parameter actor: files are read and programs run for people on this machine only.
        func credential(from actor: Actor) throws -> BroughtCredential {
            let passphrase = passphrase.map { Secret($0) }
            switch (secret, pem, pkcs12, assertionFile, assertionCommand) {
            case (let secret?, nil, nil, nil, nil): return .secret(Secret(secret), expiresAt: expiresAt)
            case (nil, let pem?, nil, nil, nil): return .pem(Secret(Array(pem.utf8)), passphrase: passphrase)
            case (nil, nil, let pkcs12?, nil, nil):
                guard let bytes = Data(base64Encoded: pkcs12) else {
                    throw RequestError.parameter("credential.pkcs12", rule: "Base64")
                }
                return .pkcs12(Secret(Array(bytes)), passphrase: passphrase)
            case (nil, nil, nil, let path?, nil):
                try Self.requireLocal(actor)
                guard path.hasPrefix("/") else {
                    throw RequestError.parameter("credential.assertion_file", rule: "an absolute path")
                }
                return .federated(.file(path))
            case (nil, nil, nil, nil, let words?):
                try Self.requireLocal(actor)
                guard let program = words.first, program.hasPrefix("/") else {
                    throw RequestError.parameter(
                        "credential.assertion_command", rule: "a program by its absolute path, then its arguments")
                }
                return .federated(.command(words))
            default:
                throw RequestError.parameter(
                    "credential",
                    rule: "exactly one of secret, pem, pkcs12, assertion_file and assertion_command")
            }
        }

        private static func requireLocal(_ actor: Actor) throws(RegistrationError) {
            if case .localUser = actor { return }
            throw .localOnly("A federated assertion's file or program")
        }
    }

    private struct Addition: Decodable {
        let credential: Brought
        let prefer: Bool?
    }

    @Sendable private func add(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await app(in: context)
        let addition = try await JSONBody.read(Addition.self, from: request)
        let id = try await steps.credentials.add(
            try addition.credential.credential(from: actor), to: app, preferring: addition.prefer ?? false, by: actor)
        return try JSONBody.response(try await body(of: id, app), status: .created)
    }

    // MARK: Changing

    @Sendable private func prefer(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let (app, id) = (try await app(in: context), try credential(in: context))
        try await steps.credentials.prefer(id, of: app, by: actor)
        return try JSONBody.response(try await body(of: id, app))
    }

    private struct Retirement: Decodable {
        let access: AccessBody?
        let keepInDirectory: Bool?
    }

    @Sendable private func retire(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let (app, id) = (try await app(in: context), try credential(in: context))
        let wish = try await JSONBody.read(Retirement.self, from: request)
        try await steps.credentials.retire(
            id, of: app, inDirectory: !(wish.keepInDirectory ?? false), as: try wish.access?.access(), by: actor)
        return Response(status: .noContent)
    }

    // MARK: Rotating

    private struct RotationWish: Decodable {
        /// `add`, `replace` or `drill`.
        let purpose: String
        /// `secret` or `certificate`: made, with so many seconds to live.
        let make: String?
        let lifeS: Int?
        /// In the place of `make`.
        let credential: Brought?
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

        struct FaultBody: Encodable {
            let code: String
            let detail: String
            let whoMustAct: String
        }

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
            fault = rotation.fault.map {
                FaultBody(code: $0.code, detail: $0.detail, whoMustAct: $0.whoMustAct.rawValue)
            }
        }
    }

    @Sendable private func rotation(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let app = try await app(in: context)
        guard let rotation = try await steps.stores.credentials.rotation(of: app.name) else {
            throw RequestError.unknown("A rotation of app '\(app.name)'")
        }
        return try JSONBody.response(RotationBody(rotation))
    }

    @Sendable private func rotate(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await app(in: context)
        let wish = try await JSONBody.read(RotationWish.self, from: request)
        let rotation = try await steps.credentials.begin(
            try newcomer(wish, actor), for: try purpose(wish), of: app, as: try wish.access?.access(), by: actor)
        var response = try JSONBody.response(RotationBody(rotation), status: .accepted)
        response.headers[.location] = "/v1/apps/\(app.name)/rotation"
        return response
    }

    private func newcomer(_ wish: RotationWish, _ actor: Actor) throws -> CredentialKeeper.Newcomer {
        let life = wish.lifeS ?? 180 * 86_400
        // Entra's own longest for a secret; more is a burden for a certificate too.
        guard (3_600...730 * 86_400).contains(life) else {
            throw RequestError.parameter("life_s", rule: "one hour to two years, in seconds")
        }
        switch (wish.make, wish.credential) {
        case ("secret", nil): return .secret(life: TimeInterval(life))
        case ("certificate", nil): return .certificate(life: TimeInterval(life))
        case (nil, let brought?): return .brought(try brought.credential(from: actor))
        default: throw RequestError.parameter("make", rule: "secret or certificate, or else a credential")
        }
    }

    private func purpose(_ wish: RotationWish) throws -> Rotation.Purpose {
        let overlap = wish.overlapS.map { TimeInterval($0) } ?? Observation.defaultOverlap
        guard (0...90 * 86_400).contains(overlap) else {
            throw RequestError.parameter("overlap_s", rule: "at most 90 days, in seconds")
        }
        switch wish.purpose {
        case "add": return .add
        case "replace": return .replace(overlap: overlap)
        case "drill": return .drill
        default: throw RequestError.parameter("purpose", rule: "add, replace or drill")
        }
    }

    // MARK: Pieces

    private func app(in context: OperatorContext) async throws -> App {
        try await steps.registrar.app(named: try context.parameters.require("app"))
    }

    private func credential(in context: OperatorContext) throws -> CredentialID {
        let text = try context.parameters.require("credential")
        guard let id = CredentialID(text) else { throw RegistrationError.unknownCredential(String(text.prefix(20))) }
        return id
    }

    private func body(of id: CredentialID, _ app: App) async throws -> Body {
        guard let found = try await steps.stores.credentials.credentials(of: app.name).first(where: { $0.id == id })
        else { throw RegistrationError.unknownCredential(id.description) }
        return Body(found, at: steps.clock.now())
    }
}
