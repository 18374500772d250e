import FoundationEssentials
import Tenancy

/// Reading and adding runs inside a transaction.
extension SQLConnection {
    func insert(_ item: RunItem, of run: Run) throws(StoreError) {
        try execute(
            """
            INSERT INTO run_item (run, tenant, state, attempts, due, rows, fault_code, fault_detail, fault_who,
                fault_aadsts, fault_correlation, fault_trace, finished_at)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
            """,
            [
                run.id, item.tenant, item.state, item.attempts, run.createdAt, item.rows, item.fault?.code,
                item.fault?.detail, item.fault?.whoMustAct, item.fault?.trace?.aadsts,
                item.fault?.trace?.correlationID, item.fault?.trace?.traceID, item.finishedAt,
            ])
    }

    /// The runs of that query with the counts of their items.
    func runs(_ sql: String, _ values: [any SQLBindable]) throws(StoreError) -> [Run] {
        let runs = try query(sql, values) { (row) throws(StoreError) in try Run(row) }
        return try runs.map { (run) throws(StoreError) in
            Run(
                id: run.id, app: run.app, job: run.job, maxConcurrent: run.maxConcurrent, createdAt: run.createdAt,
                state: run.state, finishedAt: run.finishedAt, counts: try counts(of: run.id))
        }
    }

    /// How many items are in each state; states without items are left out.
    func counts(of run: RunID) throws(StoreError) -> [ItemState: Int] {
        let rows = try query("SELECT state, count(*) AS items FROM run_item WHERE run = ?1 GROUP BY state", [run]) {
            (row) throws(StoreError) in (try row.value("state", ItemState.init), try row.integer("items"))
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}

extension Job {
    /// What it reads.
    var path: GraphPath {
        switch self {
        case .graphGet(let path): path
        }
    }
}

extension Run {
    /// Reads the columns of `run`; without counts.
    fileprivate init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id", RunID.init), app: try row.value("app", AppName.init),
            job: .graphGet(try row.value("path", GraphPath.init)), maxConcurrent: try row.integer("max_concurrent"),
            createdAt: try row.instant("created_at"), state: try row.value("state", RunState.init),
            finishedAt: try row.instantIfAny("finished_at"))
    }
}

extension RunItem {
    /// Reads the columns of `run_item`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            tenant: try row.value("tenant") { TenantID($0) }, state: try row.value("state", ItemState.init),
            attempts: try row.integer("attempts"), fault: try Fault(row, prefix: "fault"),
            rows: try row.integer("rows"),
            finishedAt: try row.instantIfAny("finished_at"))
    }
}
