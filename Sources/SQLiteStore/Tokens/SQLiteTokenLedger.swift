import FoundationEssentials
import Tenancy

/// Remembers what must not be lost about tokens: pauses, and tokens that were somebody else's.
struct SQLiteTokenLedger: TokenLedger {
    let database: SQLiteDatabase

    func pauses(at now: Date) async throws(StoreError) -> [(key: TokenKey, until: Date)] {
        try await database.readList { (db) throws(StoreError) in
            try db.query("SELECT * FROM token_pause WHERE until > ?1", [now]) { (row) throws(StoreError) in
                (key: try row.tokenKey(), until: try row.instant("until"))
            }
        }
    }

    func pause(_ key: TokenKey, until end: Date, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            try db.execute("DELETE FROM token_pause WHERE until <= ?1", [now])
            try db.execute(
                """
                INSERT INTO token_pause (cloud, tenant, client_id, resource, until) VALUES (?1, ?2, ?3, ?4, ?5)
                ON CONFLICT DO UPDATE SET until = excluded.until
                """,
                [key.cloud, key.tenant, key.clientID, key.resource, end])
        }
    }

    func record(
        mismatch claim: String, of key: TokenKey, app: AppName, trace: AuthorityTrace?, at now: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            try db.execute(
                """
                INSERT INTO token_mismatch (app, tenant, resource, claim, count, first_at, last_at)
                VALUES (?1, ?2, ?3, ?4, 1, ?5, ?5)
                ON CONFLICT DO UPDATE SET count = count + 1, last_at = excluded.last_at
                """,
                [app, key.tenant, key.resource, claim, now])
            let correlation = trace?.correlationID.map { " Correlation id: \($0)." } ?? ""
            try db.audit(
                "token.mismatch", key.tenant,
                "A token for \(key.resource) of app '\(app)' named another '\(claim)'; it was destroyed.\(correlation)",
                by: .service, at: now)
            try db.emit(
                "security.token_mismatch", tenant: key.tenant, app: app,
                ["resource": .string(key.resource.description), "claim": .string(claim)], by: .service, at: now)
        }
    }

    func mismatches(of app: AppName, since instant: Date) async throws(StoreError) -> [TokenMismatch] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT * FROM token_mismatch WHERE app = ?1 AND last_at >= ?2
                ORDER BY last_at DESC, tenant, resource LIMIT 100
                """,
                [app, instant]
            ) { (row) throws(StoreError) in
                TokenMismatch(
                    app: app, tenant: try row.value("tenant") { TenantID($0) },
                    resource: try row.value("resource", Resource.init), claim: try row.text("claim"),
                    count: try row.integer("count"), firstAt: try row.instant("first_at"),
                    lastAt: try row.instant("last_at"))
            }
        }
    }
}

extension SQLRow {
    /// Reads the columns that make up a key.
    func tokenKey() throws(StoreError) -> TokenKey {
        TokenKey(
            cloud: try value("cloud", Cloud.init), tenant: try value("tenant") { TenantID($0) },
            clientID: try value("client_id") { ClientID($0) }, resource: try value("resource", Resource.init))
    }
}
