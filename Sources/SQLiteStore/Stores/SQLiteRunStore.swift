import FoundationEssentials
import Tenancy

/// Remembers runs and their items.
struct SQLiteRunStore: RunStore {
    let database: SQLiteDatabase

    func create(_ run: Run, items: [RunItem], by actor: Actor) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            do throws(StoreError) {
                try db.execute(
                    """
                    INSERT INTO run (id, app, job, path, max_concurrent, created_at, state, finished_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    """,
                    [
                        run.id, run.app, run.job.name, run.job.path, run.maxConcurrent, run.createdAt, run.state,
                        run.finishedAt,
                    ])
            } catch {
                throw error.naming("Run \(run.id)", orMissing: "App '\(run.app)'")
            }
            for item in items {
                do throws(StoreError) { try db.insert(item, of: run) } catch {
                    throw error.naming("Tenant \(item.tenant) in run \(run.id)", orMissing: "Tenant \(item.tenant)")
                }
            }
            try db.audit(
                "run.start", run.id, "Job \(run.job.name) of app '\(run.app)' over \(items.count) tenants.", by: actor,
                at: run.createdAt)
        }
    }

    func run(_ id: RunID) async throws(StoreError) -> Run? {
        try await database.readList { (db) throws(StoreError) in
            try db.runs("SELECT * FROM run WHERE id = ?1", [id]).first
        }
    }

    func runs(limit: Int) async throws(StoreError) -> [Run] {
        try await database.readList { (db) throws(StoreError) in
            try db.runs("SELECT * FROM run ORDER BY created_at DESC, id DESC LIMIT ?1", [limit])
        }
    }

    func items(of run: RunID, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [RunItem] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                "SELECT * FROM run_item WHERE run = ?1 AND tenant > ?2 ORDER BY tenant LIMIT ?3",
                [run, tenant?.description ?? "", limit], RunItem.init)
        }
    }

    func unfinishedRuns() async throws(StoreError) -> [Run] {
        try await database.readList { (db) throws(StoreError) in
            try db.runs("SELECT * FROM run WHERE state = 'running' ORDER BY created_at, id", [])
        }
    }

    func requeueInterrupted() async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            _ = try db.execute(
                """
                UPDATE run_item SET state = 'waiting'
                WHERE state = 'running' AND run IN (SELECT id FROM run WHERE state = 'running')
                """)
        }
    }

    func claim(from run: RunID, limit: Int, at now: Date) async throws(StoreError) -> [ClaimedItem] {
        try await database.write { (db) throws(StoreError) in
            try db.query(
                """
                UPDATE run_item SET state = 'running', attempts = attempts + 1
                WHERE run = ?1 AND tenant IN (
                    SELECT tenant FROM run_item WHERE run = ?1 AND state = 'waiting' AND due <= ?2
                    ORDER BY due, tenant LIMIT ?3)
                RETURNING tenant, attempts
                """,
                [run, now, limit]
            ) { (row) throws(StoreError) in
                ClaimedItem(tenant: try row.value("tenant") { TenantID($0) }, attempt: try row.integer("attempts"))
            }
        }
    }

    func finish(
        _ item: ClaimedItem, of run: RunID, state: ItemState, retryAt: Date?, fault: Fault?, rows: Int,
        at now: Date
    ) async throws(StoreError) -> Bool {
        try await database.write { (db) throws(StoreError) in
            try db.execute(
                """
                UPDATE run_item SET state = ?1, due = coalesce(?2, due), rows = ?3, finished_at = ?4, fault_code = ?5,
                    fault_detail = ?6, fault_who = ?7, fault_aadsts = ?8, fault_correlation = ?9, fault_trace = ?10
                WHERE run = ?11 AND tenant = ?12 AND state = 'running' AND attempts = ?13
                """,
                [
                    state, retryAt, rows, state.isFinal ? now : nil, fault?.code, fault?.detail, fault?.whoMustAct,
                    fault?.trace?.aadsts, fault?.trace?.correlationID, fault?.trace?.traceID, run, item.tenant,
                    item.attempt,
                ]) == 1
        }
    }

    func nextDue(in run: RunID) async throws(StoreError) -> Date? {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT min(due) AS due FROM run_item WHERE run = ?1 AND state = 'waiting'", [run]) {
                (row) throws(StoreError) in try row.instantIfAny("due")
            } ?? nil
        }
    }

    func close(_ run: RunID, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let counts = try db.counts(of: run)
            guard counts.keys.allSatisfy(\.isFinal) else { return }
            let state: RunState = counts.keys.allSatisfy { $0 == .succeeded } ? .succeeded : .partial
            let changes = try db.execute(
                "UPDATE run SET state = ?1, finished_at = ?2 WHERE id = ?3 AND state = 'running'", [state, now, run])
            guard changes == 1 else { return }
            try db.audit("run.finish", run, "The run ended as \(state.rawValue).", by: .service, at: now)
        }
    }
}
