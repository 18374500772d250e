import FoundationEssentials

/// The life of an application's service principal in a customer's tenant.
extension Directory {
    /// How long a deleted one can be had back (Microsoft: recover deleted applications).
    private static let recycleSeconds: Double = 30 * 86_400

    /// Takes back roles. Tokens show it at once.
    ///
    /// - Returns: whether there was a service principal.
    mutating func revoke(_ roles: [String], of client: GUID, in id: GUID, at now: Date) -> Bool {
        guard var principal = tenants[id]?.servicePrincipals[client] else { return false }
        for (resource, grant) in principal.grants {
            var changed = grant
            changed.set(grant.granted.filter { !roles.contains($0) }, from: now)
            principal.grants[resource] = changed
        }
        update(id) { $0.servicePrincipals[client] = principal }
        return true
    }

    /// Deletes the service principal; it can be had back for thirty days.
    ///
    /// - Returns: whether there was one.
    mutating func deletePrincipal(of client: GUID, in id: GUID, at now: Date) -> Bool {
        guard let principal = tenants[id]?.servicePrincipals[client] else { return false }
        update(id) {
            $0.servicePrincipals[client] = nil
            $0.deletedPrincipals[client] = Tenant.DeletedPrincipal(principal: principal, deleted: now)
        }
        return true
    }

    /// Takes the service principal out of the bin, with its identifier and all that was granted.
    ///
    /// - Returns: whether there was one.
    /// - Throws: `Conflict` when the tenant has another by now.
    mutating func restorePrincipal(of client: GUID, in id: GUID, at now: Date) throws(Conflict) -> Bool {
        guard let binned = tenants[id]?.deletedPrincipals[client],
            now.timeIntervalSince(binned.deleted) < Self.recycleSeconds
        else { return false }
        guard tenants[id]?.servicePrincipals[client] == nil else {
            throw Conflict(description: "tenant \(id.text) has another service principal of \(client.text) by now")
        }
        update(id) {
            $0.servicePrincipals[client] = binned.principal
            $0.deletedPrincipals[client] = nil
        }
        return true
    }

    /// Forgets the service principal, in the bin or out of it.
    ///
    /// - Returns: whether there was one.
    mutating func purgePrincipal(of client: GUID, in id: GUID) -> Bool {
        guard let tenant = tenants[id],
            tenant.servicePrincipals[client] != nil || tenant.deletedPrincipals[client] != nil
        else { return false }
        update(id) {
            $0.servicePrincipals[client] = nil
            $0.deletedPrincipals[client] = nil
        }
        return true
    }
}
