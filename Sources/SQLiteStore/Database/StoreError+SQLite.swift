import GRDB
import Tenancy

extension StoreError {
    /// Runs the body and tells its errors in the words of the ports. The only place where that is done.
    static func translating<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            throw StoreError(sqlite: error)
        }
    }

    /// Decided by SQLite's result code; its message goes along for people and never holds a bound value.
    init(sqlite error: any Error) {
        guard let error = error as? DatabaseError else {
            self = error as? StoreError ?? .unavailable("unexpected failure of the database driver")
            return
        }
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_UNIQUE: self = .alreadyExists("")
        case .SQLITE_CONSTRAINT_FOREIGNKEY: self = .notFound("")
        default: self = .unavailable("\(error.message ?? "failure") (SQLite \(error.extendedResultCode.rawValue))")
        }
    }

    /// The same error, naming the row that was meant.
    func naming(_ existing: @autoclosure () -> String, orMissing missing: @autoclosure () -> String) -> StoreError {
        switch self {
        case .alreadyExists(""): .alreadyExists(existing())
        case .notFound(""): .notFound(missing())
        default: self
        }
    }
}
