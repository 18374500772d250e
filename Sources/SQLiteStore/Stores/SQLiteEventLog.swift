import FoundationEssentials
import Tenancy

/// The events, in the order of their commits.
struct SQLiteEventLog: EventLog {
    let database: SQLiteDatabase

    var signal: EventSignal { database.eventSignal }

    func events(
        after sequence: Int64, matching filter: EventFilter, limit: Int
    ) async throws(StoreError) -> [Event] {
        try await database.readList { (db) throws(StoreError) in
            let (exact, prefix) = (filter.type?.prefix == nil ? filter.type?.description : nil, filter.type?.prefix)
            if let tenant = filter.tenant {
                return try db.query(
                    """
                    SELECT * FROM event WHERE tenant = ?1 AND sequence > ?2
                        AND (?3 IS NULL OR type = ?3) AND (?4 IS NULL OR substr(type, 1, length(?4)) = ?4)
                    ORDER BY sequence LIMIT ?5
                    """,
                    [tenant, sequence, exact, prefix, limit], Event.init)
            }
            return try db.query(
                """
                SELECT * FROM event WHERE sequence > ?1
                    AND (?2 IS NULL OR type = ?2) AND (?3 IS NULL OR substr(type, 1, length(?3)) = ?3)
                ORDER BY sequence LIMIT ?4
                """,
                [sequence, exact, prefix, limit], Event.init)
        }
    }

    func newestEvent() async throws(StoreError) -> Int64 {
        try database.look { (db) throws(StoreError) in
            try db.newestEvent()
        }
    }
}

extension SQLConnection {
    /// The sequence number of the newest event; 0 when there is none. One step down a tree.
    func newestEvent() throws(StoreError) -> Int64 {
        try first("SELECT ifnull(max(sequence), 0) AS newest FROM event") { (row) throws(StoreError) in
            Int64(try row.integer("newest"))
        } ?? 0
    }

    /// Adds an event in the transaction of the change that it tells of. `data` never holds a secret.
    func emit(
        _ type: String, tenant: TenantID? = nil, app: AppName? = nil, _ data: [String: JSONValue] = [:],
        by actor: Actor, at instant: Date
    ) throws(StoreError) {
        try execute(
            "INSERT INTO event (at, type, tenant, app, actor, data) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            [instant, type, tenant, app, actor.description, try JSONValue.object(data).storedText()])
    }
}

extension JSONValue {
    /// As it is kept in a column: one line, sorted keys.
    func storedText() throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(self) else { throw .unavailable("a value cannot be written as JSON") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads a column that ``storedText()`` wrote.
    init?(stored text: String) {
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: Data(text.utf8)) else { return nil }
        self = value
    }
}

extension Event {
    /// Reads the columns of `event`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            sequence: Int64(try row.integer("sequence")), at: try row.instant("at"), type: try row.text("type"),
            tenant: try row.valueIfAny("tenant") { TenantID($0) }, app: try row.valueIfAny("app", AppName.init),
            actor: try row.text("actor"), data: try row.value("data", JSONValue.init(stored:)))
    }
}
