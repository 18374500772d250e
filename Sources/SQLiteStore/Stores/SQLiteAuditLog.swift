import FoundationEssentials
import Tenancy

/// The record of who did what. Triggers keep it from being changed or shortened.
struct SQLiteAuditLog: AuditLog {
    let database: SQLiteDatabase

    func record(
        _ action: String, subject: String, detail: String, by actor: Actor, at instant: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            try db.audit(action, subject, detail, by: actor, at: instant)
        }
    }

    func entries(after sequence: Int64, limit: Int) async throws(StoreError) -> [AuditEntry] {
        try await database.readList { (db) throws(StoreError) in
            try db.query("SELECT * FROM audit WHERE sequence > ?1 ORDER BY sequence LIMIT ?2", [sequence, limit]) {
                (row) throws(StoreError) in
                AuditEntry(
                    sequence: Int64(try row.integer("sequence")), at: try row.instant("at"),
                    actor: try row.text("actor"), action: try row.text("action"), subject: try row.text("subject"),
                    detail: try row.text("detail"))
            }
        }
    }
}

extension SQLConnection {
    /// Adds a line in the transaction of what it tells of. Its texts never hold a secret.
    func audit(
        _ action: String, _ subject: some CustomStringConvertible, _ detail: String, by actor: Actor, at instant: Date
    ) throws(StoreError) {
        try execute(
            "INSERT INTO audit (at, actor, action, subject, detail) VALUES (?1, ?2, ?3, ?4, ?5)",
            [instant, actor.description, action, subject.description, detail])
    }
}
