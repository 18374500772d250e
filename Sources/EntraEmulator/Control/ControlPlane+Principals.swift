import Synchronization

/// What a customer's administrator does to the enterprise application.
extension ControlPlane {
    private enum Action: String, CaseIterable {
        case delete
        case restore
        /// Deletes for good.
        case purge
        case disable
        case enable
    }

    /// `{"client_id", "action": "delete", "restore", "purge", "disable" or "enable"}`
    func changePrincipal(_ tenant: Tenant, _ body: JSON) throws(ControlError) -> Answer {
        let client: GUID
        let action: Action
        do throws(ShapeError) {
            let shape = try JSONShape(body, at: "", known: ["client_id", "action"])
            guard let known = GUID(try shape.requiredString("client_id")) else {
                throw shape.error("client_id", "must be a GUID")
            }
            client = known
            guard let wanted: Action = try shape.choice("action") else { throw shape.error("action", "is missing") }
            action = wanted
        } catch {
            throw ControlError(error)
        }
        let now = service.clock.now
        let isDone = try changeDirectory { directory throws(Directory.Conflict) in
            switch action {
            case .delete: return directory.deletePrincipal(of: client, in: tenant.id, at: now)
            case .restore: return try directory.restorePrincipal(of: client, in: tenant.id, at: now)
            case .purge: return directory.purgePrincipal(of: client, in: tenant.id)
            case .disable, .enable:
                guard directory.tenants[tenant.id]?.servicePrincipals[client] != nil else { return false }
                directory.update(tenant.id) { $0.servicePrincipals[client]?.isEnabled = action == .enable }
                return true
            }
        }
        guard isDone else {
            throw .notFound(
                "\(client.text) has no service principal to \(action.rawValue) in tenant \(tenant.id.text).")
        }
        return try view(tenant.id)
    }
}
