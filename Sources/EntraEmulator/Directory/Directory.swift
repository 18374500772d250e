import FoundationEssentials

/// Everything the emulated service knows: applications, resources, tenants and what each granted.
struct Directory: Sendable {
    /// Why a change was refused, as a sentence.
    struct Conflict: Error, CustomStringConvertible {
        let description: String
    }

    private(set) var apps: [GUID: AppRegistration] = [:]
    private(set) var tenants: [GUID: Tenant] = [:]
    /// In the order they came, for listings.
    private(set) var tenantOrder: [GUID] = []
    private(set) var resources = ResourceServer.wellKnown
    private var tenantsByDomain: [String: GUID] = [:]

    // MARK: Reading

    /// The tenant of that identifier or verified domain, whatever its case.
    func tenant(named name: String) -> Tenant? {
        if let id = GUID(name) { return tenants[id] }
        return tenantsByDomain[name.lowercased()].flatMap { tenants[$0] }
    }

    /// The account that signs in under a name: where it is asked for, if it is a member or a guest there, else in the
    /// tenant that owns the name's domain.
    func account(_ principalName: String, in wanted: Tenant? = nil) -> (tenant: Tenant, user: User)? {
        if let wanted, let user = wanted.account(principalName) { return (wanted, user) }
        guard let domain = principalName.split(separator: "@").last, let tenant = tenant(named: String(domain)),
            let user = tenant.account(principalName)
        else { return nil }
        return (tenant, user)
    }

    func resource(named name: String) -> ResourceServer? {
        resources.first { $0.isNamed(name) }
    }

    /// The application permissions an application asks for, as far as the resources it names offer them.
    func permissions(of app: AppRegistration) -> [AppRegistration.Permissions] {
        app.requiredAccess.compactMap { access in
            guard let resource = resources.first(where: { $0.appID == access.resource }) else { return nil }
            let roles = access.entries.filter { $0.kind == .role }.compactMap { entry in
                resource.roles.first { $0.id == entry.id }?.value
            }
            return AppRegistration.Permissions(resource: resource, roles: roles)
        }
    }

    // MARK: Changing

    mutating func add(_ tenant: Tenant) throws(Conflict) {
        guard tenants[tenant.id] == nil else { throw Conflict(description: "tenant \(tenant.id.text) exists already") }
        for domain in tenant.domains {
            if let owner = tenantsByDomain[domain] {
                throw Conflict(description: "the domain \(domain) belongs to tenant \(owner.text)")
            }
        }
        for domain in tenant.domains { tenantsByDomain[domain] = tenant.id }
        tenants[tenant.id] = tenant
        tenantOrder.append(tenant.id)
    }

    /// Changes a tenant that exists; its identifier and domains stay.
    mutating func update(_ id: GUID, _ change: (inout Tenant) -> Void) {
        guard var tenant = tenants[id] else { return }
        let domains = tenant.domains
        change(&tenant)
        tenant.domains = domains
        tenants[id] = tenant
    }

    /// Forgets a tenant and all it granted.
    mutating func removeTenant(_ id: GUID) {
        guard let tenant = tenants.removeValue(forKey: id) else { return }
        for domain in tenant.domains { tenantsByDomain[domain] = nil }
        tenantOrder.removeAll { $0 == id }
    }

    /// Adds the application, or replaces the one of that identifier.
    mutating func put(_ app: AppRegistration) {
        apps[app.clientID] = app
    }

    /// Forgets an application, and its service principal in the tenant that owned it. Those of other tenants stay, and
    /// are of no use.
    mutating func removeApp(_ app: AppRegistration, home: GUID) {
        apps[app.clientID] = nil
        tenants[home]?.servicePrincipals[app.clientID] = nil
    }

    /// Lets the resource offer these roles too.
    mutating func offer(_ roles: [String], of resource: GUID) {
        guard let index = resources.firstIndex(where: { $0.appID == resource }) else { return }
        for role in roles { resources[index].offer(role) }
    }

    mutating func add(_ resource: ResourceServer) throws(Conflict) {
        let names = resource.identifiers + [resource.appID.text]
        if let taken = names.first(where: { self.resource(named: $0) != nil }) {
            throw Conflict(description: "the resource \(taken) exists already")
        }
        resources.append(resource)
    }

    /// Lets Graph also be asked for by these names.
    mutating func nameGraph(_ identifiers: [String]) {
        guard let index = resources.firstIndex(where: { $0.appID == ResourceServer.graphAppID }) else { return }
        resources[index].identifiers += identifiers
    }

    /// The way the tenant answers the consent decided now, which is counted.
    mutating func takeCallback(of id: GUID) -> Callback? {
        guard var callback = tenants[id]?.callback else { return nil }
        let taken = callback
        let hasMore = callback.use()
        tenants[id]?.callback = hasMore ? callback : nil
        return taken
    }

    /// Records that the tenant's administrator consented: makes the service principal if there is none, and grants what
    /// the application lists now of `resources` and nothing else. That may be fewer roles than before (Microsoft: grant
    /// tenant-wide admin consent, which may revoke what was granted earlier).
    mutating func approve(_ app: AppRegistration, in id: GUID, resources: [GUID], at now: Date, objectID: GUID) {
        guard var tenant = tenants[id] else { return }
        var principal =
            tenant.servicePrincipals[app.clientID]
            ?? ServicePrincipal(
                objectID: objectID, usableFrom: now.addingTimeInterval(tenant.servicePrincipalDelaySeconds),
                created: now, replicatedFrom: now)
        let permissions = permissions(of: app)
        for resource in Set(resources).union(principal.grants.keys) {
            let isAsked = resources.contains(resource)
            let roles = isAsked ? permissions.filter { $0.resource.appID == resource }.flatMap(\.roles) : []
            principal.grants[resource, default: ServicePrincipal.Grant()]
                .set(roles, from: now.addingTimeInterval(tenant.rolesDelaySeconds))
        }
        tenant.servicePrincipals[app.clientID] = principal
        tenants[id] = tenant
    }

    /// Records that a user of the tenant signed in to the application: whoever does so first makes its service
    /// principal, with no application permission (Microsoft: user consent).
    mutating func admit(_ app: AppRegistration, to id: GUID, at now: Date, objectID: GUID) {
        guard var tenant = tenants[id], tenant.servicePrincipals[app.clientID] == nil else { return }
        tenant.servicePrincipals[app.clientID] = ServicePrincipal(
            objectID: objectID, usableFrom: now.addingTimeInterval(tenant.servicePrincipalDelaySeconds), created: now,
            replicatedFrom: now)
        tenants[id] = tenant
    }
}
