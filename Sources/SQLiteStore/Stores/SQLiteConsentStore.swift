import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Remembers consent: attempts, connections, grants and evidence.
struct SQLiteConsentStore: ConsentStore {
    let database: SQLiteDatabase
    let secrets: ConsentSecrets

    func connection(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> Connection {
        try database.look { (db) throws(StoreError) in try db.connection(tenant, app) }
    }

    func apply(
        _ event: ConnectionEvent, to tenant: TenantID, _ app: AppName, grants: [Grant]?, evidence: [Evidence],
        at now: Date, by actor: Actor
    ) async throws(StoreError) -> Connection {
        try await database.write { (db) throws(StoreError) in
            try db.apply(event, to: tenant, app, grants: grants, evidence: evidence, at: now, by: actor)
        }
    }

    func judge(
        _ verdict: Verdict, seenIn epoch: Int, of tenant: TenantID, _ app: AppName, grants: [Grant]?,
        evidence: [Evidence], at now: Date, by actor: Actor
    ) async throws(StoreError) -> (connection: Connection, counts: Bool) {
        try await database.write { (db) throws(StoreError) in
            let counts = try db.connection(tenant, app).epoch == epoch
            let connection = try db.apply(
                counts ? .judged(verdict) : .overtaken, to: tenant, app, grants: counts ? grants : nil,
                evidence: counts ? evidence : [], at: now, by: actor)
            return (connection, counts)
        }
    }

    func dueChecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT tenant, app FROM connection
                WHERE check_due IS NOT NULL AND check_due <= ?1 ORDER BY check_due, app, tenant LIMIT ?2
                """,
                [now, limit]
            ) { (row) throws(StoreError) in try row.tenantAndApp() }
        }
    }

    func dueRechecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT tenant, app FROM connection
                WHERE recheck_due IS NOT NULL AND recheck_due <= ?1 AND check_due IS NULL
                ORDER BY recheck_due LIMIT ?2
                """,
                [now, limit]
            ) { (row) throws(StoreError) in try row.tenantAndApp() }
        }
    }

    func note(_ evidence: [Evidence], of tenant: TenantID, _ app: AppName) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            for evidence in evidence { try db.save(evidence, of: tenant, app) }
        }
    }

    func nextCheck() async throws(StoreError) -> Date? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT min(check_due) AS due FROM connection WHERE check_due IS NOT NULL") {
                (row) throws(StoreError) in try row.instantIfAny("due")
            } ?? nil
        }
    }

    func evidence(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> [Evidence] {
        let rows = try database.look { (db) throws(StoreError) in
            try db.query(
                "SELECT kind, passed, saw, seen_at FROM evidence WHERE app = ?1 AND tenant = ?2",
                [app, tenant]
            ) { (row) throws(StoreError) in
                Evidence(
                    try row.value("kind", Evidence.Check.init), passed: try row.integer("passed") == 1,
                    saw: try row.text("saw"), at: try row.instant("seen_at"))
            }
        }
        return Evidence.Check.allCases.flatMap { check in rows.filter { $0.check == check } }
    }
}

extension SQLConnection {
    fileprivate func apply(
        _ event: ConnectionEvent, to tenant: TenantID, _ app: AppName, grants: [Grant]?, evidence: [Evidence],
        at now: Date, by actor: Actor
    ) throws(StoreError) -> Connection {
        let (before, after) = try apply(event, to: tenant, app, evidence: evidence, at: now, by: actor)
        if after.state == .revoked, before.state != .revoked {
            try replaceGrants(of: tenant, app, with: [])
        } else if let grants, after.takesGrants {
            try replaceGrants(of: tenant, app, with: grants)
        }
        // The service looks again and again; only what moved is worth a line. What a person did always is.
        if after.state != before.state || after.epoch != before.epoch || actor != .service {
            try audit(
                "consent.\(event.verb)", tenant,
                "App '\(app)': \(before.state.rawValue) → \(after.state.rawValue), epoch \(after.epoch).",
                by: actor, at: now)
        }
        return after
    }
}

extension ConnectionEvent {
    /// For the record of who did what.
    fileprivate var verb: String {
        switch self {
        case .invited: "invite"
        case .answered: "answer"
        case .judged, .overtaken: "verify"
        case .refused: "refuse"
        case .reminded: "remind"
        case .confirmed: "confirm"
        case .released: "release"
        }
    }
}
