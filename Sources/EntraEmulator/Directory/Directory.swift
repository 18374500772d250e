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

    /// The tenant that owns the domain of a principal name, and the account if it exists.
    func account(_ principalName: String) -> (tenant: Tenant, user: User)? {
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

    /// Records that the tenant's administrator consented: makes the service principal if there is none, and sets the
    /// roles of each of `resources` to what the application lists now, which may be fewer than before.
    mutating func approve(_ app: AppRegistration, in id: GUID, resources: [GUID], at now: Date, objectID: GUID) {
        guard var tenant = tenants[id] else { return }
        var principal =
            tenant.servicePrincipals[app.clientID]
            ?? ServicePrincipal(
                objectID: objectID, usableFrom: now.addingTimeInterval(tenant.servicePrincipalDelaySeconds),
                created: now, replicatedFrom: now)
        let permissions = permissions(of: app)
        for resource in resources {
            let roles = permissions.filter { $0.resource.appID == resource }.flatMap(\.roles)
            principal.grants[resource, default: ServicePrincipal.Grant()]
                .set(roles, from: now.addingTimeInterval(tenant.rolesDelaySeconds))
        }
        tenant.servicePrincipals[app.clientID] = principal
        tenants[id] = tenant
    }

    /// Takes back roles, or with `nil` deletes the service principal. Tokens show it at once.
    ///
    /// - Returns: whether there was a service principal.
    mutating func revoke(_ client: GUID, in id: GUID, roles: [String]?, at now: Date) -> Bool {
        guard var tenant = tenants[id], var principal = tenant.servicePrincipals[client] else { return false }
        if let roles {
            for (resource, grant) in principal.grants {
                var changed = grant
                changed.set(grant.granted.filter { !roles.contains($0) }, from: now)
                principal.grants[resource] = changed
            }
            tenant.servicePrincipals[client] = principal
        } else {
            tenant.servicePrincipals[client] = nil
        }
        tenants[id] = tenant
        return true
    }
}
