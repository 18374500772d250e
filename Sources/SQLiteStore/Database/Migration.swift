import GRDB

/// One step of the schema. Steps are appended, never edited: databases in the field have taken them as they stand.
struct Migration {
    /// The schema that the step leads to; kept in `PRAGMA user_version`.
    let version: Int
    let sql: String

    static let all = [schema1, schema2, schema3, schema4, schema5, schema6, schema7, schema8, schema9]

    /// The newest schema that this program knows.
    static var newest: Int { all.last?.version ?? 0 }

    /// Takes the steps that are missing, each in a transaction of its own, so that an interrupted one leaves no trace.
    static func run(on database: Database) throws {
        let present = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        for migration in all where migration.version > present {
            try database.inTransaction(.immediate) {
                try database.execute(sql: migration.sql)
                // A pragma takes no placeholder; the number is ours.
                try database.execute(sql: "PRAGMA user_version = \(migration.version)")
                return .commit
            }
        }
    }
}
