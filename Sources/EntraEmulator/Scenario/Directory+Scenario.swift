import FoundationEssentials

extension Directory {
    /// A directory that holds what the scenario describes.
    init(_ scenario: Scenario, at now: Date, randomness: Randomness) throws(Conflict) {
        self.init()
        for resource in scenario.resources { try add(resource) }
        for app in scenario.apps {
            guard let id = app.clientID else { continue }
            _ = apply(app, clientID: id, at: now)
        }
        for tenant in scenario.tenants { _ = try add(tenant, at: now, randomness: randomness) }
    }

    /// Registers an application, or changes the one of that identifier.
    ///
    /// - Returns: the application, and whether it is new.
    mutating func apply(
        _ patch: AppPatch, clientID: GUID, at now: Date
    ) -> (app: AppRegistration, isNew: Bool) {
        for permission in patch.permissions ?? [] { offer(permission.roles, of: permission.resource.appID) }
        let old = apps[clientID]
        let app = patch.applied(to: old, clientID: clientID, at: now)
        put(app)
        return (app, old == nil)
    }

    /// Adds a tenant, with the consents it begins with in full effect.
    mutating func add(
        _ specification: TenantSpecification, at now: Date, randomness: Randomness
    ) throws(Conflict) -> GUID {
        let tenant = specification.tenant(id: specification.id ?? randomness.guid())
        try add(tenant)
        for client in specification.consented {
            guard let app = apps[client] else {
                throw Conflict(
                    description: "tenant \(tenant.id.text) consented to \(client.text), which does not exist")
            }
            update(tenant.id) {
                $0.rolesDelaySeconds = 0
                $0.servicePrincipalDelaySeconds = 0
            }
            approve(
                app, in: tenant.id, resources: app.requiredAccess.map(\.resource), at: now,
                objectID: randomness.guid())
            update(tenant.id) {
                $0.rolesDelaySeconds = tenant.rolesDelaySeconds
                $0.servicePrincipalDelaySeconds = tenant.servicePrincipalDelaySeconds
            }
        }
        return tenant.id
    }
}
