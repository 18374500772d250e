/// A tenant as JSON gives it.
struct TenantSpecification: Sendable {
    let id: GUID?
    /// Applications it consented to before anything began.
    let consented: [GUID]
    private let domains: [String]
    private let displayName: String
    private let users: UserSpecifications
    private let cloud: Cloud
    private let behaviour: TenantBehaviour

    init(_ value: JSON, at path: String) throws(ShapeError) {
        let shape = try JSONShape(
            value, at: path,
            known: TenantBehaviour.members.union(["id", "domains", "display_name", "users", "cloud", "consented"]))
        id = try Self.identifier(shape)
        domains = try Self.domains(shape)
        displayName = try shape.string("display_name") ?? domains[0]
        users = try UserSpecifications(shape, member: "users")
        if let text = try shape.string("cloud") {
            guard let known = Cloud(rawValue: text) else {
                throw shape.error("cloud", "must be one of \(Cloud.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            cloud = known
        } else {
            cloud = .global
        }
        behaviour = try TenantBehaviour(shape)
        var consented: [GUID] = []
        for text in try shape.strings("consented") ?? [] {
            guard let client = GUID(text) else { throw shape.error("consented", "must hold client identifiers") }
            consented.append(client)
        }
        self.consented = consented
    }

    /// The tenant.
    func tenant(id: GUID) -> Tenant {
        var tenant = Tenant(
            id: id, domains: domains, displayName: displayName, users: users.list(tenant: id, domain: domains[0]),
            cloud: cloud, administrator: .approves, rolesDelaySeconds: 0, servicePrincipalDelaySeconds: 0,
            tokenLifetimeSeconds: Tenant.defaultTokenLifetimeSeconds, isBlocked: false)
        behaviour.apply(to: &tenant)
        return tenant
    }

    private static func identifier(_ shape: JSONShape) throws(ShapeError) -> GUID? {
        guard let text = try shape.string("id") else { return nil }
        guard let id = GUID(text), id != .zero else { throw shape.error("id", "must be a GUID, not of zeros only") }
        return id
    }

    private static func domains(_ shape: JSONShape) throws(ShapeError) -> [String] {
        let domains = try shape.strings("domains") ?? []
        guard !domains.isEmpty else { throw shape.error("domains", "must name at least one domain") }
        for (index, domain) in domains.enumerated() {
            guard TenantSegment.isDomain(domain) else {
                throw ShapeError(path: "\(shape.place("domains"))[\(index)]", problem: "is not a domain name")
            }
        }
        return domains.map { $0.lowercased() }
    }
}
