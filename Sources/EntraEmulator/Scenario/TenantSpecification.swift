/// A tenant as JSON gives it.
struct TenantSpecification: Sendable {
    let id: GUID?
    /// Applications it consented to before anything began.
    let consented: [GUID]
    private let domains: [String]
    private let displayName: String
    private let users: UserSpecifications
    private let cloud: Cloud
    private let behaviour: TenantBehaviour?
    private let behaviourName: String?

    init(_ value: JSON, at path: String) throws(ShapeError) {
        let shape = try JSONShape(
            value, at: path,
            known: TenantBehaviour.members.union(["id", "domains", "display_name", "users", "cloud", "consented"]))
        id = try Self.identifier(shape)
        domains = try Self.domains(shape)
        displayName = try shape.string("display_name") ?? domains[0]
        users = try UserSpecifications(shape, member: "users")
        cloud = try shape.choice("cloud") ?? .global
        behaviour = try TenantBehaviour(shape)
        behaviourName = nil
        consented = try Self.consented(shape)
    }

    /// One of many tenants described at once.
    init(
        id: GUID, domain: String, displayName: String, users: UserSpecifications, behaviour: TenantBehaviour?,
        behaviourName: String?, consented: [GUID]
    ) {
        self.id = id
        self.consented = consented
        domains = [domain]
        self.displayName = displayName
        self.users = users
        cloud = .global
        self.behaviour = behaviour
        self.behaviourName = behaviourName
    }

    /// The tenant.
    func tenant(id: GUID) -> Tenant {
        var tenant = Tenant(
            id: id, domains: domains, displayName: displayName, users: users.list(tenant: id, domain: domains[0]),
            cloud: cloud, administrator: .approves, rolesDelaySeconds: 0, servicePrincipalDelaySeconds: 0,
            tokenLifetimeSeconds: Tenant.defaultTokenLifetimeSeconds, isBlocked: false)
        behaviour?.apply(to: &tenant)
        tenant.behaviourName = behaviourName
        return tenant
    }

    static func consented(_ shape: JSONShape) throws(ShapeError) -> [GUID] {
        var consented: [GUID] = []
        for text in try shape.strings("consented") ?? [] {
            guard let client = GUID(text) else { throw shape.error("consented", "must hold client identifiers") }
            consented.append(client)
        }
        return consented
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
