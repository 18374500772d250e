import FoundationEssentials
import Tenancy

/// Reading and changing connections inside a transaction.
extension SQLConnection {
    /// The connection; in state `none` since the tenant was added when nothing happened yet.
    func connection(_ tenant: TenantID, _ app: AppName) throws(StoreError) -> Connection {
        let stored = try first(
            """
            SELECT connection.*, tenant.added_at FROM (SELECT ?1 AS wanted)
            LEFT JOIN tenant ON tenant.id = wanted
            LEFT JOIN connection ON connection.tenant = wanted AND connection.app = ?2
            """,
            [tenant, app]
        ) { (row) throws(StoreError) in try Connection(row, tenant: tenant, app: app) }
        return stored ?? Connection(tenant: tenant, app: app, since: Date(milliseconds: 0))
    }

    /// Applies the event and draws its consequences; the audit line is written by the caller.
    ///
    /// - Returns: the connection before and after, the latter as it was stored.
    /// - Throws: ``StoreError/notFound(_:)`` for an unknown tenant or app.
    func apply(
        _ event: ConnectionEvent, to tenant: TenantID, _ app: AppName, evidence: [Evidence], at now: Date,
        by actor: Actor
    ) throws(StoreError) -> (before: Connection, after: Connection) {
        let before = try connection(tenant, app)
        let next = before.applying(event, at: now)
        do throws(StoreError) {
            try save(next)
        } catch {
            throw error.naming("", orMissing: "Tenant \(tenant) or app '\(app)'")
        }
        for evidence in evidence { try save(evidence, of: tenant, app) }
        try quarantine(tenant, next, reachedBy: event, at: now)
        let after = try connection(tenant, app)
        if after.isNews(after: before) {
            try emit(
                "consent.\(after.state.rawValue)", tenant: tenant, app: app, after.change(from: before), by: actor,
                at: now)
        }
        return (before, after)
    }

    /// A tenant that was out of reach for long is put aside, by nobody's hand, and comes back when a look reaches it
    /// and no other app is kept out of it.
    private func quarantine(
        _ tenant: TenantID, _ connection: Connection, reachedBy event: ConnectionEvent, at now: Date
    ) throws(StoreError) {
        guard case .judged(let verdict) = event else { return }
        if case .undecided = verdict { return }
        let service = Actor.service
        if connection.wantsQuarantine {
            let detail = connection.note?.detail ?? "It could not be reached."
            let moved = try execute(
                """
                UPDATE tenant SET state = 'quarantined', state_since = ?2, state_reason = ?3, state_by = ?4
                WHERE id = ?1 AND state = 'active'
                """, [tenant, now, detail, service.description])
            guard moved > 0 else { return }
            try emit("tenant.quarantined", tenant: tenant, ["reason": .string(detail)], by: service, at: now)
            try audit("tenant.quarantine", tenant, detail, by: service, at: now)
        } else if connection.unreachableLooks == 0 {
            let moved = try execute(
                """
                UPDATE tenant SET state = 'active', state_since = ?2, state_reason = NULL, state_by = ?3
                WHERE id = ?1 AND state = 'quarantined' AND state_by = ?3 AND NOT EXISTS (
                    SELECT 1 FROM app CROSS JOIN connection AS c ON c.app = app.name AND c.tenant = ?1
                    WHERE c.unreachable_looks >= ?4)
                """, [tenant, now, service.description, Patience.unreachable.count])
            guard moved > 0 else { return }
            try emit("tenant.resumed", tenant: tenant, by: service, at: now)
            try audit("tenant.resume", tenant, "It can be reached again.", by: service, at: now)
        }
    }

    func replaceGrants(of tenant: TenantID, _ app: AppName, with grants: [Grant]) throws(StoreError) {
        try execute("DELETE FROM connection_grant WHERE app = ?1 AND tenant = ?2", [app, tenant])
        for grant in grants {
            try execute(
                """
                INSERT INTO connection_grant (app, tenant, resource, role, observed_at) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT (app, tenant, resource, role) DO NOTHING
                """,
                [app, tenant, grant.resource, grant.role, grant.observedAt])
        }
    }

    /// The epochs of a new connection begin behind those of all that were deleted.
    private func save(_ connection: Connection) throws(StoreError) {
        try execute(
            """
            INSERT INTO connection (app, tenant, state, since, release, service_principal, epoch,
                note_code, note_detail, note_who, note_aadsts, note_correlation, note_trace,
                check_reason, check_looks, check_due, recheck_due, unreachable_looks)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7 + (SELECT last + 1 FROM former_epoch), ?8, ?9, ?10, ?11, ?12, ?13, ?14,
                ?15, ?16, ?17, ?18)
            ON CONFLICT (app, tenant) DO UPDATE SET state = excluded.state, since = excluded.since,
                release = excluded.release, service_principal = excluded.service_principal, epoch = ?7,
                note_code = excluded.note_code, note_detail = excluded.note_detail, note_who = excluded.note_who,
                note_aadsts = excluded.note_aadsts, note_correlation = excluded.note_correlation,
                note_trace = excluded.note_trace, check_reason = excluded.check_reason,
                check_looks = excluded.check_looks, check_due = excluded.check_due,
                recheck_due = excluded.recheck_due, unreachable_looks = excluded.unreachable_looks
            """,
            [
                connection.app, connection.tenant, connection.state, connection.since, connection.release,
                connection.servicePrincipal, connection.epoch, connection.note?.code, connection.note?.detail,
                connection.note?.whoMustAct, connection.note?.trace?.aadsts, connection.note?.trace?.correlationID,
                connection.note?.trace?.traceID, connection.check?.reason, connection.check?.looks,
                connection.check?.due, connection.recheckDue, connection.unreachableLooks,
            ])
    }

    /// Keeps the newest look of each check; the record of who did what keeps the history of states.
    func save(_ evidence: Evidence, of tenant: TenantID, _ app: AppName) throws(StoreError) {
        try execute(
            """
            INSERT INTO evidence (app, tenant, kind, passed, saw, seen_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (app, tenant, kind) DO UPDATE
                SET passed = excluded.passed, saw = excluded.saw, seen_at = excluded.seen_at
                WHERE excluded.seen_at >= evidence.seen_at
            """,
            [app, tenant, evidence.check, evidence.passed ? 1 : 0, evidence.saw, evidence.at])
    }
}

extension SQLRow {
    /// Reads the columns that name a connection.
    func tenantAndApp() throws(StoreError) -> (tenant: TenantID, app: AppName) {
        (try value("tenant") { TenantID($0) }, try value("app", AppName.init))
    }
}

extension Connection {
    /// Reads the columns of `connection`, and `added_at` of its tenant for when there are none.
    init(_ row: SQLRow, tenant: TenantID, app: AppName) throws(StoreError) {
        guard let state = try row.valueIfAny("state", ConnectionState.init) else {
            let since = try row.instantIfAny("added_at") ?? Date(milliseconds: 0)
            self.init(tenant: tenant, app: app, since: since)
            return
        }
        self.init(
            tenant: tenant, app: app, state: state, since: try row.instant("since"),
            release: try row.integerIfAny("release"),
            servicePrincipal: try row.valueIfAny("service_principal") { GUID($0) }, epoch: try row.integer("epoch"),
            note: try Fault(row, prefix: "note"), check: try PendingCheck(row),
            recheckDue: try row.instantIfAny("recheck_due"), unreachableLooks: try row.integer("unreachable_looks"))
    }
}

extension Connection {
    /// Whether followers are told: it stands elsewhere than before, or what stands in its way is another thing. A
    /// doubt drops the tokens at once, but is no change before a second look has confirmed it.
    fileprivate func isNews(after before: Connection) -> Bool {
        if state != before.state || release != before.release || servicePrincipal != before.servicePrincipal {
            return true
        }
        return check == nil && epoch != before.epoch
            && (note?.code != before.note?.code || note?.detail != before.note?.detail)
    }

    /// What an event of it tells.
    fileprivate func change(from before: Connection) -> [String: JSONValue] {
        [
            "from": .string(before.state.rawValue), "release": release.map { .number(Decimal($0)) } ?? .null,
            "code": note.map { .string($0.code) } ?? .null, "detail": note.map { .string($0.detail) } ?? .null,
            "who_must_act": note.map { .string($0.whoMustAct.rawValue) } ?? .null,
            "aadsts": note?.trace?.aadsts.map { .number(Decimal($0)) } ?? .null,
            "service_principal": servicePrincipal.map { .string($0.description) } ?? .null,
        ].filter { $0.value != .null }
    }
}

extension Fault {
    /// Reads six columns; `nil` when there is no code.
    init?(_ row: SQLRow, prefix: String) throws(StoreError) {
        guard let code = try row.textIfAny("\(prefix)_code") else { return nil }
        self.init(
            code: code, detail: try row.text("\(prefix)_detail"),
            whoMustAct: try row.value("\(prefix)_who", WhoMustAct.init),
            trace: try AuthorityTrace(row, prefix: prefix))
    }
}

extension PendingCheck {
    fileprivate init?(_ row: SQLRow) throws(StoreError) {
        guard let reason = try row.valueIfAny("check_reason", Reason.init) else { return nil }
        self.init(reason: reason, looks: try row.integer("check_looks"), due: try row.instant("check_due"))
    }
}

extension AuthorityTrace {
    /// Reads three columns; a trace that says nothing is none.
    init?(_ row: SQLRow, prefix: String) throws(StoreError) {
        let aadsts = try row.integerIfAny("\(prefix)_aadsts")
        let correlation = try row.textIfAny("\(prefix)_correlation")
        let trace = try row.textIfAny("\(prefix)_trace")
        guard aadsts != nil || correlation != nil || trace != nil else { return nil }
        self.init(aadsts: aadsts, correlationID: correlation, traceID: trace)
    }
}
