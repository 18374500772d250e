/// The members of a tenant that may change while the emulator runs.
struct TenantBehaviour: Sendable {
    static let members: Set<String> = [
        "administrator", "roles_delay_seconds", "service_principal_delay_seconds", "token_lifetime_seconds", "blocked",
        "missing_service_principal_code", "callback", "resources",
    ]

    private let administrator: Tenant.Administrator?
    private let rolesDelay: Double?
    private let servicePrincipalDelay: Double?
    private let tokenLifetime: Int?
    private let blocked: Bool?
    private let missingPrincipal: Tenant.MissingPrincipal?
    /// `nil` inside `nil` when nothing is said of it; `null` takes it back.
    private let callback: Callback??
    private let resources: [ResourceCondition]?

    init(_ shape: JSONShape) throws(ShapeError) {
        administrator = try shape.choice("administrator")
        rolesDelay = try shape.seconds("roles_delay_seconds", in: 0...86_400)
        servicePrincipalDelay = try shape.seconds("service_principal_delay_seconds", in: 0...86_400)
        tokenLifetime = try shape.integer("token_lifetime_seconds", in: 1...172_800)
        blocked = try shape.bool("blocked")
        missingPrincipal = try Self.missingPrincipal(shape)
        if let value = shape.value("callback") {
            callback = .some(try Callback(value, at: shape.place("callback")))
        } else {
            callback = shape.has("callback") ? .some(nil) : nil
        }
        resources = try Self.resources(shape)
    }

    func apply(to tenant: inout Tenant) {
        if let administrator { tenant.administrator = administrator }
        if let rolesDelay { tenant.rolesDelaySeconds = rolesDelay }
        if let servicePrincipalDelay { tenant.servicePrincipalDelaySeconds = servicePrincipalDelay }
        if let tokenLifetime { tenant.tokenLifetimeSeconds = tokenLifetime }
        if let blocked { tenant.isBlocked = blocked }
        if let missingPrincipal { tenant.missingPrincipal = missingPrincipal }
        if let callback { tenant.callback = callback }
        if let resources { tenant.resources = resources }
    }

    private static func missingPrincipal(_ shape: JSONShape) throws(ShapeError) -> Tenant.MissingPrincipal? {
        guard let code = try shape.integer("missing_service_principal_code", in: 0...Int.max) else { return nil }
        guard let known = Tenant.MissingPrincipal(rawValue: code) else {
            throw shape.error("missing_service_principal_code", "must be 7000229 or 700016")
        }
        return known
    }

    private static func resources(_ shape: JSONShape) throws(ShapeError) -> [ResourceCondition]? {
        guard let elements = try shape.elements("resources") else { return nil }
        var conditions: [ResourceCondition] = []
        for element in elements {
            let entry = try JSONShape(element.value, at: element.path, known: ["resource", "state"])
            guard let state: ResourceCondition.State = try entry.choice("state") else {
                throw entry.error("state", "is missing")
            }
            conditions.append(ResourceCondition(name: try entry.requiredString("resource"), state: state))
        }
        return conditions
    }
}
