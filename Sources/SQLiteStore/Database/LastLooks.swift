import Synchronization
import Tenancy

/// What was read of a few things that are wanted again and again; good until anything is written to the database.
///
/// Whoever has written something reads it back, for the commit is counted before he is told of it.
final class LastLooks<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct State {
        var commits = 0
        var values: [Key: Value] = [:]
    }

    private let state = Mutex(State())

    /// - Parameter look: reads it from the database; what throws is not remembered.
    func value(
        _ key: Key, in database: SQLiteDatabase, _ look: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        // Before the look: what is committed during it may or may not be seen.
        let commits = database.commitCount
        if let known = state.withLock({ $0.commits == commits ? $0.values[key] : nil }) { return known }
        let value = try look()
        state.withLock { state in
            if state.commits < commits { state = State(commits: commits) }
            if state.commits == commits { state.values[key] = value }
        }
        return value
    }
}
