import Synchronization

/// Tenants, their users, and what they granted.
extension ControlPlane {
    /// One tenant as in a scenario, or `{"tenants": […]}`. All or none are added.
    func addTenants(_ body: JSON) throws(ControlError) -> Answer {
        var specifications: [TenantSpecification] = []
        do throws(ShapeError) {
            if body["tenants"] != nil {
                for element in try JSONShape(body, at: "", known: ["tenants"]).elements("tenants") ?? [] {
                    specifications.append(try TenantSpecification(element.value, at: element.path))
                }
            } else {
                specifications = [try TenantSpecification(body, at: "")]
            }
        } catch {
            throw ControlError(error)
        }
        let now = service.clock.now
        let added = try changeDirectory { directory throws(Directory.Conflict) in
            try specifications.map { specification throws(Directory.Conflict) in
                try directory.add(specification, at: now, randomness: service.randomness)
            }
        }
        let directory = service.snapshot
        let views = added.compactMap { directory.tenants[$0] }
            .map { ControlViews.tenant($0, directory: directory, now: now) }
        return .json(201, body["tenants"] != nil ? ["tenants": .array(views)] : views.first ?? .null)
    }

    /// A page of tenants in short, with what is to be expected of each: `?offset=0&limit=100&expected=granted`.
    func listTenants(_ query: FormFields) throws(ControlError) -> Answer {
        guard let offset = Int(query["offset"] ?? "0"), offset >= 0, let limit = Int(query["limit"] ?? "100"),
            (1...10_000).contains(limit)
        else { throw .badRequest("'offset' must be a number from 0, 'limit' one from 1 to 10000.") }
        let wanted = query["expected"].map { TenantOutcome(rawValue: $0) }
        if let wanted, wanted == nil {
            throw .badRequest(
                "'expected' must be one of \(TenantOutcome.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        let directory = service.snapshot
        let all = directory.tenantOrder.compactMap { directory.tenants[$0] }.filter { tenant in
            wanted.map { TenantOutcome(of: tenant) == $0 } ?? true
        }
        let page = all.dropFirst(offset).prefix(limit)
        let end = offset + page.count
        let filter = query["expected"].map { "&expected=\($0)" } ?? ""
        return .json(
            200,
            [
                "tenants": .array(page.map(ControlViews.tenantInShort)), "total": .integer(Int64(all.count)),
                "next": end < all.count
                    ? .string("/control/tenants?offset=\(end)&limit=\(limit)\(filter)") : .null,
            ])
    }

    /// Changes how a tenant behaves, or whether it lets an application sign in.
    func changeTenant(_ tenant: Tenant, _ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(
                body, at: "", known: TenantBehaviour.members.union(["display_name", "service_principal", "cloud"]))
            let behaviour = try TenantBehaviour(shape)
            let name = try shape.string("display_name")
            let principal = try principalChange(shape, tenant)
            let cloud: Cloud? = try shape.choice("cloud")
            service.directory.withLock { directory in
                directory.update(tenant.id) { tenant in
                    behaviour.apply(to: &tenant)
                    if let name { tenant.displayName = name }
                    if let cloud {
                        tenant.hasMoved = cloud != .global && (tenant.hasMoved || tenant.cloud == .global)
                        tenant.cloud = cloud
                    }
                    if let principal { tenant.servicePrincipals[principal.client]?.isEnabled = principal.isEnabled }
                }
            }
        } catch {
            throw ControlError(error)
        }
        return try view(tenant.id)
    }

    private func principalChange(
        _ shape: JSONShape, _ tenant: Tenant
    ) throws(ShapeError) -> (client: GUID, isEnabled: Bool)? {
        guard let value = shape.value("service_principal") else { return nil }
        let change = try JSONShape(value, at: "service_principal", known: ["client_id", "account_enabled"])
        guard let client = GUID(try change.requiredString("client_id")), tenant.servicePrincipals[client] != nil else {
            throw change.error("client_id", "has no service principal in this tenant")
        }
        guard let isEnabled = try change.bool("account_enabled") else {
            throw change.error("account_enabled", "is missing")
        }
        return (client, isEnabled)
    }

    func removeTenant(_ tenant: Tenant) -> Answer {
        service.directory.withLock { $0.removeTenant(tenant.id) }
        return .json(200, ["removed": .string(tenant.id.text)])
    }

    /// `{"users": 5}` adds five made-up users, `{"users": […]}` the listed ones.
    func addUsers(_ tenant: Tenant, _ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["users"])
            guard shape.has("users") else { throw shape.error("users", "is missing") }
            let users = try UserSpecifications(shape, member: "users")
            service.directory.withLock { $0.update(tenant.id) { users.append(to: &$0.users) } }
        } catch {
            throw ControlError(error)
        }
        return .json(201, ["users": .integer(Int64(service.snapshot.tenants[tenant.id]?.users.count ?? 0))])
    }

    /// Takes back roles, or without `roles` deletes the service principal.
    func revoke(_ tenant: Tenant, _ body: JSON) throws(ControlError) -> Answer {
        let client: GUID
        let roles: [String]?
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["client_id", "roles"])
            let text = try shape.requiredString("client_id")
            guard let known = GUID(text) else { throw shape.error("client_id", "must be a GUID") }
            client = known
            roles = try shape.strings("roles")
        } catch {
            throw ControlError(error)
        }
        let now = service.clock.now
        let isDone = service.directory.withLock { directory in
            guard let roles else { return directory.deletePrincipal(of: client, in: tenant.id, at: now) }
            return directory.revoke(roles, of: client, in: tenant.id, at: now)
        }
        guard isDone else {
            throw .notFound("\(client.text) has no service principal in tenant \(tenant.id.text).")
        }
        return try view(tenant.id)
    }

    func view(_ id: GUID) throws(ControlError) -> Answer {
        let directory = service.snapshot
        guard let tenant = directory.tenants[id] else { throw .notFound("The tenant is gone.") }
        return .json(200, ControlViews.tenant(tenant, directory: directory, now: service.clock.now))
    }

    /// Changes the directory wholly or not at all.
    func changeDirectory<Value: Sendable>(
        _ change: (inout Directory) throws(Directory.Conflict) -> Value
    ) throws(ControlError) -> Value {
        do throws(Directory.Conflict) {
            return try service.directory.withLock { directory throws(Directory.Conflict) in
                var copy = directory
                let value = try change(&copy)
                directory = copy
                return value
            }
        } catch {
            throw .conflict("\(error).")
        }
    }
}
