import FoundationEssentials
import GRDB
import Tenancy

/// One row of a result, valid only while it is handed out.
///
/// Every access checks what it finds: a row that was altered behind our back is an error of that row, not a crash of
/// the service.
struct SQLRow {
    private let row: Row

    init(_ row: Row) { self.row = row }

    func text(_ column: String) throws(StoreError) -> String {
        guard let text = try textIfAny(column) else { throw Self.damaged(column) }
        return text
    }

    func textIfAny(_ column: String) throws(StoreError) -> String? {
        switch storage(column) {
        case .null: return nil
        case .string(let text): return text
        default: throw Self.damaged(column)
        }
    }

    func integer(_ column: String) throws(StoreError) -> Int {
        guard let integer = try integerIfAny(column) else { throw Self.damaged(column) }
        return integer
    }

    func integerIfAny(_ column: String) throws(StoreError) -> Int? {
        switch storage(column) {
        case .null: return nil
        case .int64(let integer): return Int(integer)
        default: throw Self.damaged(column)
        }
    }

    func blob(_ column: String) throws(StoreError) -> [UInt8] {
        guard let blob = try blobIfAny(column) else { throw Self.damaged(column) }
        return blob
    }

    func blobIfAny(_ column: String) throws(StoreError) -> [UInt8]? {
        switch storage(column) {
        case .null: return nil
        case .blob(let data): return [UInt8](data)
        default: throw Self.damaged(column)
        }
    }

    func instant(_ column: String) throws(StoreError) -> Date {
        Date(milliseconds: Int64(try integer(column)))
    }

    func instantIfAny(_ column: String) throws(StoreError) -> Date? {
        try integerIfAny(column).map { Date(milliseconds: Int64($0)) }
    }

    /// The text as the value it stands for.
    func value<Value>(_ column: String, _ read: (String) -> Value?) throws(StoreError) -> Value {
        guard let value = read(try text(column)) else { throw Self.damaged(column) }
        return value
    }

    func valueIfAny<Value>(_ column: String, _ read: (String) -> Value?) throws(StoreError) -> Value? {
        guard let text = try textIfAny(column) else { return nil }
        guard let value = read(text) else { throw Self.damaged(column) }
        return value
    }

    private func storage(_ column: String) -> DatabaseValue.Storage {
        let value: DatabaseValue? = row[column]
        return value?.storage ?? .null
    }

    private static func damaged(_ column: String) -> StoreError {
        .unavailable("the database is damaged: a value of '\(column)' is not what belongs there")
    }
}
