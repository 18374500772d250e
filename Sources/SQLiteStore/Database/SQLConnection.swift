import FoundationEssentials
import GRDB
import Tenancy

/// What the stores need of a database, and all they see of it.
///
/// Placeholders are `?1`, `?2` … for the values in their order. Statements are prepared once per connection and text,
/// so texts are literals; nothing is ever spliced into one.
struct SQLConnection {
    private let database: Database

    init(_ database: Database) { self.database = database }

    /// Runs a statement.
    ///
    /// - Returns: how many rows it changed.
    /// - Throws: ``StoreError/alreadyExists(_:)`` with an empty name for a broken uniqueness rule,
    ///   ``StoreError/notFound(_:)`` with an empty name for a broken foreign key, else `unavailable`.
    @discardableResult
    func execute(_ sql: String, _ values: [any SQLBindable] = []) throws(StoreError) -> Int {
        try StoreError.translating {
            try database.cachedStatement(sql: sql).execute(arguments: Self.arguments(values))
            return database.changesCount
        }
    }

    /// Runs a query, or a statement with RETURNING, to its end.
    func query<Value>(
        _ sql: String, _ values: [any SQLBindable] = [], _ read: (SQLRow) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        try StoreError.translating {
            let statement = try database.cachedStatement(sql: sql)
            let rows = try Row.fetchCursor(statement, arguments: Self.arguments(values))
            var result: [Value] = []
            while let row = try rows.next() { result.append(try read(SQLRow(row))) }
            return result
        }
    }

    /// Runs a query whose text was put together from literals, and forgets the statement: there may be any number of
    /// such texts. Values are bound here as everywhere.
    func queryOnce<Value>(
        _ sql: String, _ values: [any SQLBindable], _ read: (SQLRow) throws(StoreError) -> Value
    ) throws(StoreError) -> [Value] {
        try StoreError.translating {
            let statement = try database.makeStatement(sql: sql)
            let rows = try Row.fetchCursor(statement, arguments: Self.arguments(values))
            var result: [Value] = []
            while let row = try rows.next() { result.append(try read(SQLRow(row))) }
            return result
        }
    }

    /// The first row of a query that has one at most.
    func first<Value>(
        _ sql: String, _ values: [any SQLBindable] = [], _ read: (SQLRow) throws(StoreError) -> Value
    ) throws(StoreError) -> Value? {
        try query(sql, values, read).first
    }

    /// Whether a transaction is open; SQLite closes it by itself after some failures.
    var isInTransaction: Bool { database.isInsideTransaction }

    private static func arguments(_ values: [any SQLBindable]) -> StatementArguments {
        StatementArguments(
            values.map { value -> DatabaseValue in
                switch value.sqlValue {
                case .null: .null
                case .integer(let integer): integer.databaseValue
                case .text(let text): text.databaseValue
                case .blob(let bytes): Data(bytes).databaseValue
                }
            })
    }
}
