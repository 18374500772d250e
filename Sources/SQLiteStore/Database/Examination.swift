import Dispatch
import GRDB
import Synchronization

/// One look through a whole database file, on a connection of its own, beside those who work with it.
final class Examination: Sendable {
    private enum State {
        case idle
        case running(DatabaseQueue)
        case ended
    }

    private let path: String
    private let state = Mutex(State.idle)
    private let queue = DispatchQueue(label: "tenantry.database.examination", qos: .utility)

    init(path: String) { self.path = path }

    /// What is wrong with the file; `nil` when it is sound. Reads all of it.
    static func damage(in database: Database) throws -> String? {
        let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)") ?? "no answer"
        return verdict == "ok" ? nil : verdict
    }

    /// - Parameter whenDamaged: told what is wrong, if anything is.
    func begin(_ configuration: Configuration, whenDamaged: @escaping @Sendable (String) -> Void) {
        queue.async {
            do {
                let connection = try DatabaseQueue(path: self.path, configuration: configuration)
                let isWanted = self.state.withLock { state in
                    guard case .idle = state else { return false }
                    state = .running(connection)
                    return true
                }
                if isWanted, let damage = try connection.unsafeRead(Self.damage) { whenDamaged(damage) }
                self.state.withLock { $0 = .ended }
                try connection.close()
            } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                // It was ended early.
            } catch {
                whenDamaged("\(error)")
            }
        }
    }

    /// Ends it early. When this returns, it reads no more.
    func end() {
        state.withLock { state in
            if case .running(let connection) = state { connection.interrupt() }
            state = .ended
        }
        queue.sync {}
    }
}
