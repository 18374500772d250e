import Tenancy

/// As whom the directory is to be changed, as requests say it: `{"app": "registrar"}` or `{"sign_in": "…"}`.
struct AccessBody: Decodable {
    let app: String?
    let signIn: String?

    func access() throws(RequestError) -> DirectoryAccess {
        switch (app.map { AppName($0) }, signIn.map { SignInID($0) }) {
        case (let name??, nil): return .app(name)
        case (nil, let id??): return .signIn(id)
        default: throw .parameter("access", rule: "exactly one of app, by its name, and sign_in, by its id")
        }
    }
}

/// A spec in a request.
struct SpecBody: Decodable {
    let spec: JSONValue

    /// - Throws: ``RegistrationError/spec(_:)`` with the place of what is wrong.
    static func read(_ json: JSONValue) throws -> RegistrationSpec {
        do { return try RegistrationSpec(json) } catch { throw RegistrationError.spec(error) }
    }
}

/// A plan as replies show it.
struct PlanBody: Encodable {
    let planId: String
    let app: String
    let homeTenant: String
    let clientId: String?
    let objectId: String?
    let steps: [Step]
    let warnings: [String]

    struct Step: Encodable {
        let change: String
        let detail: String
    }

    init(_ plan: RegistrationPlan) {
        planId = plan.id
        app = plan.spec.name.description
        homeTenant = plan.home.description
        clientId = plan.clientID?.description
        objectId = plan.objectID?.description
        steps = plan.steps.map { Step(change: $0.code, detail: plan.line($0)) }
        warnings = plan.warnings
    }
}
