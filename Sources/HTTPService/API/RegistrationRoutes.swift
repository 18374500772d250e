import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/registrations`: registrations kept by a spec; `/v1/sign-ins`: administrators who change the directory.
struct RegistrationRoutes {
    let steps: Steps
    let apps: AppRoutes

    func add(to router: Router<OperatorContext>) {
        router.post("/v1/registrations/check", use: check)
        router.post("/v1/registrations/plan", use: plan)
        router.post("/v1/registrations/apply", use: apply)
        router.post("/v1/registrations/export", use: export)
        router.post("/v1/apps/:app/drift", use: drift)
        router.post("/v1/apps/:app/deletion", use: delete)
        router.post("/v1/sign-ins", use: signIn)
        router.get("/v1/sign-ins/:sign_in", use: lookAtSignIn)
        router.delete("/v1/sign-ins/:sign_in", use: endSignIn)
    }

    private struct Wish: Decodable {
        let spec: JSONValue
        let access: AccessBody?
        let grant: Bool?
        let planId: String?
    }

    private struct CheckBody: Encodable {
        let app: String
        let notes: [String]
    }

    @Sendable private func check(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let spec = try SpecBody.read(try await JSONBody.read(SpecBody.self, from: request).spec)
        return try JSONBody.response(
            CheckBody(app: spec.name.description, notes: try steps.registration.check(spec)))
    }

    @Sendable private func plan(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let plan = try await steps.registration.plan(
            try SpecBody.read(wish.spec), as: try wish.access?.access(), granting: wish.grant ?? false)
        return try JSONBody.response(PlanBody(plan))
    }

    private struct Applied: Encodable, Sendable {
        let plan: PlanBody
        let app: AppRoutes.AppBody
    }

    @Sendable private func apply(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let wish = try await JSONBody.read(Wish.self, from: request)
        let (spec, access) = (try SpecBody.read(wish.spec), try wish.access?.access())
        _ = try steps.registration.check(spec)
        let operation = steps.operations.start("apply") { progress in
            let (app, plan) = try await steps.registration.apply(
                spec, as: access, granting: wish.grant ?? false, planID: wish.planId, by: actor, progress: progress)
            return Applied(plan: PlanBody(plan), app: try await apps.body(of: app))
        }
        return try OperationRoutes.accepted(operation)
    }

    private struct ExportWish: Decodable {
        let spec: JSONValue?
        let app: String?
        let to: String
    }

    @Sendable private func export(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        let wish = try await JSONBody.read(ExportWish.self, from: request)
        guard let target = RegistrationExport.Target(rawValue: wish.to) else {
            throw RequestError.parameter("to", rule: "az, powershell or terraform")
        }
        let spec: RegistrationSpec
        switch (wish.spec, wish.app) {
        case (let json?, nil):
            spec = try SpecBody.read(json)
            _ = try steps.registration.check(spec)
        case (nil, let name?):
            let app = try await steps.registrar.app(named: name)
            guard let applied = try await steps.stores.registrations.registration(app.name)?.applied?.spec else {
                throw RegistrationError.notRegistered(app.name)
            }
            spec = applied
        default: throw RequestError.parameter("spec", rule: "exactly one of spec and app")
        }
        return try JSONBody.response(["text": RegistrationExport.text(spec, for: target)])
    }

    private struct AccessWish: Decodable {
        let access: AccessBody?
    }

    @Sendable private func drift(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let app = try await steps.app(in: context)
        let wish = try await JSONBody.read(AccessWish.self, from: request)
        return try JSONBody.response(
            PlanBody(try await steps.registration.drift(app.name, as: try wish.access?.access())))
    }

    private struct DeletionWish: Decodable {
        let access: AccessBody?
        /// The app's name, typed again. Without it, nothing is deleted.
        let confirm: String?
        let keepInDirectory: Bool?
    }

    private struct DeletionBody: Encodable {
        let app: String
        let clientId: String
        let deleted: Bool
        let tenantCount: Int
        /// The first thousand.
        let tenants: [Row]

        struct Row: Encodable {
            let id: String
            let name: String
        }
    }

    @Sendable private func delete(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.admin)
        let app = try await steps.app(in: context)
        let wish = try await JSONBody.read(DeletionWish.self, from: request)
        let inDirectory = !(wish.keepInDirectory ?? false)
        let deletion = try await steps.registration.deletion(of: app, inDirectory: inDirectory)
        if let confirmed = wish.confirm {
            guard confirmed == app.name.description else {
                throw RequestError.parameter("confirm", rule: "the app's name, letter by letter")
            }
            try await steps.registration.delete(
                app, inDirectory: inDirectory, as: try wish.access?.access(), by: actor)
        }
        return try JSONBody.response(
            DeletionBody(
                app: app.name.description, clientId: app.clientID.description, deleted: wish.confirm != nil,
                tenantCount: deletion.tenants.count,
                tenants: deletion.tenants.prefix(1_000).map { .init(id: $0.id.description, name: $0.name) }))
    }

    // MARK: Sign-ins

    private struct SignInWish: Decodable {
        let homeTenant: String?
        let cloud: Cloud?
        /// In the place of both: an app whose home tenant is known.
        let app: String?
        let grant: Bool?
    }

    private struct SignInBody: Encodable {
        let id: String
        let userCode: String
        let verificationUri: String
        let expiresAt: Date
        let signedIn: Bool

        init(_ signIn: SignIn) {
            id = signIn.id.description
            userCode = signIn.userCode
            verificationUri = signIn.address
            expiresAt = signIn.expiresAt
            signedIn = signIn.isSignedIn
        }
    }

    @Sendable private func signIn(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        let wish = try await JSONBody.read(SignInWish.self, from: request)
        let (cloud, home) = try await place(of: wish)
        let signIn = try await steps.signIns.begin(cloud: cloud, tenant: home, granting: wish.grant ?? false)
        return try JSONBody.response(SignInBody(signIn), status: .created)
    }

    private func place(of wish: SignInWish) async throws -> (Cloud, TenantID) {
        switch (wish.homeTenant, wish.app) {
        case (let text?, nil):
            let cloud = wish.cloud ?? .public
            return (cloud, try await steps.registration.home(of: try TenantReference(text), in: cloud))
        case (nil, let name?):
            guard wish.cloud == nil else { throw RequestError.parameter("cloud", rule: "no cloud beside an app") }
            let app = try await steps.registrar.app(named: name)
            guard let home = app.homeTenant else { throw RegistrationError.homeTenantUnknown(app.name) }
            return (app.cloud, home)
        default: throw RequestError.parameter("home_tenant", rule: "exactly one of home_tenant and app")
        }
    }

    @Sendable private func lookAtSignIn(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        return try JSONBody.response(SignInBody(try await steps.signIns.look(try id(in: context))))
    }

    @Sendable private func endSignIn(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.admin)
        steps.signIns.end(try id(in: context))
        return Response(status: .noContent)
    }

    private func id(in context: OperatorContext) throws -> SignInID {
        guard let id = SignInID(try context.parameters.require("sign_in")) else { throw SignInError.unknown }
        return id
    }
}
