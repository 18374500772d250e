/// The members of a tenant that may change while the emulator runs.
struct TenantBehaviour: Sendable {
    static let members: Set<String> = [
        "administrator", "roles_delay_seconds", "service_principal_delay_seconds", "token_lifetime_seconds", "blocked",
    ]

    private let administrator: Tenant.Administrator?
    private let rolesDelay: Double?
    private let servicePrincipalDelay: Double?
    private let tokenLifetime: Int?
    private let blocked: Bool?

    init(_ shape: JSONShape) throws(ShapeError) {
        if let text = try shape.string("administrator") {
            guard let known = Tenant.Administrator(rawValue: text) else {
                let names = Tenant.Administrator.allCases.map(\.rawValue).joined(separator: ", ")
                throw shape.error("administrator", "must be one of \(names)")
            }
            administrator = known
        } else {
            administrator = nil
        }
        rolesDelay = try shape.seconds("roles_delay_seconds", in: 0...86_400)
        servicePrincipalDelay = try shape.seconds("service_principal_delay_seconds", in: 0...86_400)
        tokenLifetime = try shape.integer("token_lifetime_seconds", in: 1...172_800)
        blocked = try shape.bool("blocked")
    }

    func apply(to tenant: inout Tenant) {
        if let administrator { tenant.administrator = administrator }
        if let rolesDelay { tenant.rolesDelaySeconds = rolesDelay }
        if let servicePrincipalDelay { tenant.servicePrincipalDelaySeconds = servicePrincipalDelay }
        if let tokenLifetime { tenant.tokenLifetimeSeconds = tokenLifetime }
        if let blocked { tenant.isBlocked = blocked }
    }
}
