import FoundationEssentials
import Tenancy

/// The events, in the order of their commits.
struct SQLiteEventLog: EventLog {
    let database: SQLiteDatabase

    func events(after sequence: Int64, tenant: TenantID?, limit: Int) async throws(StoreError) -> [Event] {
        try await database.readList { (db) throws(StoreError) in
            if let tenant {
                return try db.query(
                    "SELECT * FROM event WHERE tenant = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3",
                    [tenant, sequence, limit], Event.init)
            }
            return try db.query(
                "SELECT * FROM event WHERE sequence > ?1 ORDER BY sequence LIMIT ?2", [sequence, limit], Event.init)
        }
    }

    func newestEvent() async throws(StoreError) -> Int64 {
        try database.look { (db) throws(StoreError) in
            try db.first("SELECT ifnull(max(sequence), 0) AS newest FROM event") { (row) throws(StoreError) in
                Int64(try row.integer("newest"))
            } ?? 0
        }
    }
}

extension SQLConnection {
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
