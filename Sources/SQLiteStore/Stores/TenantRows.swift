import FoundationEssentials
import Tenancy

/// Reading and changing tenants inside a transaction.
extension SQLConnection {
    func tenant(_ id: TenantID) throws(StoreError) -> Tenant? {
        try first("SELECT \(Tenant.columns) FROM tenant WHERE id = ?1", [id], Tenant.init)
    }

    func add(_ tenant: Tenant, by actor: Actor) throws(StoreError) {
        do throws(StoreError) {
            try execute(
                "INSERT INTO tenant (id, cloud, name, domain, tags, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                [tenant.id, tenant.cloud, tenant.name, tenant.domain, tenant.tags.text, tenant.addedAt])
        } catch {
            throw error.naming("Tenant \(tenant.id)", orMissing: "")
        }
        try index(tenant.tags, of: tenant.id)
        try audit(
            "tenant.add", tenant.id, "Tenant '\(tenant.name)' of cloud \(tenant.cloud.rawValue) was added.", by: actor,
            at: tenant.addedAt)
        try emit(
            "tenant.added", tenant: tenant.id,
            ["name": .string(tenant.name), "cloud": .string(tenant.cloud.rawValue)], by: actor, at: tenant.addedAt)
    }

    /// Changes the tenant, with its events and audit entries; `nil` for an unknown one.
    func change(
        _ id: TenantID, _ change: TenantChange, at now: Date, by actor: Actor
    ) throws(StoreError) -> TenantChange.Outcome? {
        guard let before = try tenant(id) else { return nil }
        let outcome = change.applied(to: before, at: now)
        guard case .changed(let after) = outcome else { return outcome }
        let entersState = after.state != before.state || after.stateReason != before.stateReason
        try execute(
            """
            UPDATE tenant SET name = ?2, tags = ?3, state = ?4, state_since = ?5, state_reason = ?6,
                state_by = iif(?7, ?8, state_by)
            WHERE id = ?1
            """,
            [
                id, after.name, after.tags.text, after.state, after.stateSince, after.stateReason,
                entersState ? 1 : 0, actor.description,
            ])
        if after.tags != before.tags { try tell(after.tags, instead: before.tags, of: id, by: actor, at: now) }
        if after.name != before.name {
            try audit("tenant.rename", id, "'\(before.name)' is called '\(after.name)'.", by: actor, at: now)
            try emit(
                "tenant.renamed", tenant: id, ["from": .string(before.name), "to": .string(after.name)], by: actor,
                at: now)
        }
        if entersState {
            let data: [String: JSONValue?] = [
                "from": .string(before.state.rawValue), "reason": after.stateReason.map { .string($0) },
            ]
            try audit(
                after.state.verb, id,
                "\(before.state.rawValue) → \(after.state.rawValue)\(after.stateReason.map { ": \($0)" } ?? ".")",
                by: actor, at: now)
            try emit(after.state.event, tenant: id, data.compactMapValues { $0 }, by: actor, at: now)
        }
        return outcome
    }

    private func tell(
        _ after: Tags, instead before: Tags, of id: TenantID, by actor: Actor, at now: Date
    ) throws(StoreError) {
        try execute("DELETE FROM tenant_tag WHERE tenant = ?1", [id])
        try index(after, of: id)
        let set = after.values.filter { before.values[$0.key] != $0.value }
        let removed = before.values.keys.filter { after.values[$0] == nil }.sorted()
        let words = (Tags(set) ?? .none).text.split(separator: " ").map(String.init) + removed.map { $0 + "-" }
        try audit("tenant.tag", id, words.joined(separator: " ") + ".", by: actor, at: now)
        try emit(
            "tenant.tagged", tenant: id,
            ["set": .object(set.mapValues { .string($0) }), "removed": .array(removed.map { .string($0) })],
            by: actor, at: now)
    }

    private func index(_ tags: Tags, of id: TenantID) throws(StoreError) {
        for (key, value) in tags.values {
            try execute("INSERT INTO tenant_tag (tenant, key, value) VALUES (?1, ?2, ?3)", [id, key, value])
        }
    }
}

extension TenantState {
    /// For the record of who did what.
    fileprivate var verb: String {
        switch self {
        case .active: "tenant.resume"
        case .paused: "tenant.pause"
        case .quarantined: "tenant.quarantine"
        case .leaving, .gone: "tenant.\(rawValue)"
        }
    }

    fileprivate var event: String { self == .active ? "tenant.resumed" : "tenant.\(rawValue)" }
}

extension Tenant {
    /// What ``init(_:)`` reads. A connection has a state too, so the tenant's goes by another name.
    static let columns = """
        tenant.id, tenant.cloud, tenant.name, tenant.domain, tenant.tags, tenant.added_at,
        tenant.state AS tenant_state, tenant.state_since, tenant.state_reason
        """

    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id") { TenantID($0) }, cloud: try row.value("cloud", Cloud.init),
            name: try row.text("name"), domain: try row.valueIfAny("domain", TenantDomain.init),
            tags: try row.value("tags", Tags.init(parsing:)), addedAt: try row.instant("added_at"),
            state: try row.value("tenant_state", TenantState.init), stateSince: try row.instantIfAny("state_since"),
            stateReason: try row.textIfAny("state_reason"))
    }
}
