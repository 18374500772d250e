import Dispatch
import GRDB
import Synchronization
import Tenancy

/// The one writer. Writes that wait together are committed together, each of them all or nothing.
///
/// A commit costs a flush of the disk; sharing it makes many small writes several times as fast, and nobody is told of
/// success before the flush that covers his write. SQLite's work happens on a thread of its own, off the cooperative
/// pool.
final class GroupCommit: Sendable {
    /// A write that waits.
    private struct Job: Sendable {
        /// Does the work and returns what delivers its result, to be called once the commit has held.
        let perform: @Sendable (SQLConnection) throws(StoreError) -> @Sendable () -> Void
        let fail: @Sendable (StoreError) -> Void
    }

    private struct State {
        var waiting: [Job] = []
        var isDraining = false
        var failure: StoreError?
    }

    private let state = Mutex(State())
    private let pool: DatabasePool
    private let queue = DispatchQueue(label: "tenantry.database.writer")
    /// Bounds how long the first of a group waits for the last.
    private static let largestGroup = 256

    /// Told after each commit that holds events.
    private let events: EventSignal
    private let commits = Atomic(0)

    init(_ pool: DatabasePool, events: EventSignal) {
        self.pool = pool
        self.events = events
    }

    /// Why no more writes are taken; `nil` while all is well.
    var failure: StoreError? { state.withLock(\.failure) }

    /// Grows with every commit, before anybody is told of it: what was read under the same number is up to date.
    var commitCount: Int { commits.load(ordering: .acquiring) }

    /// Runs the body as one transaction. Durable when it returns; a cancelled task's write is carried out all the same.
    ///
    /// - Throws: what the body throws, or `unavailable`; nothing was changed then.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLConnection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            enqueue(
                Job(
                    perform: { (connection) throws(StoreError) in
                        let value = try body(connection)
                        return { continuation.resume(returning: .success(value)) }
                    },
                    fail: { continuation.resume(returning: .failure($0)) }))
        }
        return try result.get()
    }

    /// Takes no more writes for that reason; those that wait are carried out.
    func stop(because reason: StoreError) { state.withLock { $0.failure = $0.failure ?? reason } }

    /// Takes no more writes, lets those that wait end, and brings everything from the log into the database.
    func close() throws(StoreError) {
        stop(because: .unavailable("the database is closed"))
        try StoreError.translating {
            try queue.sync {
                // Truncates the log too. The pool closes its writer first and its readers, which cannot write, last.
                _ = try pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            }
        }
    }

    private func enqueue(_ job: Job) {
        let (refusal, starts) = state.withLock { state -> (StoreError?, Bool) in
            if let failure = state.failure { return (failure, false) }
            state.waiting.append(job)
            defer { state.isDraining = true }
            return (nil, !state.isDraining)
        }
        if let refusal { return job.fail(refusal) }
        if starts { queue.async { self.drain() } }
    }

    private func nextGroup() -> [Job] {
        state.withLock { state in
            let group = Array(state.waiting.prefix(Self.largestGroup))
            state.waiting.removeFirst(group.count)
            state.isDraining = !group.isEmpty
            return group
        }
    }

    private func drain() {
        while case let group = nextGroup(), !group.isEmpty {
            do {
                let (deliveries, newest) = try pool.writeWithoutTransaction { try Self.commit(group, on: $0) }
                commits.add(1, ordering: .releasing)
                // Before anybody learns of his success, so that whoever has changed something finds its event.
                events.publish(newest)
                for deliver in deliveries { deliver() }
            } catch {
                let refused = takeInLostFlush(error)
                let error = StoreError(sqlite: error)
                for job in group + refused { job.fail(error) }
            }
        }
    }

    /// After a flush that failed nobody knows what the disk holds, and a repeated flush may wrongly succeed: no more
    /// writes until the database is opened anew. Source: wiki.postgresql.org/wiki/Fsync_Errors.
    ///
    /// - Returns: the writes that wait and can no longer be carried out.
    private func takeInLostFlush(_ error: any Error) -> [Job] {
        let codes: [ResultCode] = [.SQLITE_IOERR_FSYNC, .SQLITE_IOERR_DIR_FSYNC]
        guard let error = error as? DatabaseError, codes.contains(error.extendedResultCode) else { return [] }
        return state.withLock { state in
            state.failure = .unavailable("the disk failed to flush; restart the service once the disk is sound")
            defer { state.waiting = [] }
            return state.waiting
        }
    }

    /// One transaction for all, a savepoint for each. Speaks to the driver itself, to keep SQLite's result codes.
    ///
    /// - Returns: what delivers the results, and the sequence number of the newest event.
    private static func commit(_ group: [Job], on database: Database) throws -> ([@Sendable () -> Void], Int64) {
        if database.isInsideTransaction { try database.execute(sql: "ROLLBACK") }
        do {
            try database.cachedStatement(sql: "BEGIN IMMEDIATE").execute()
            let deliveries = try group.map { try perform($0, on: SQLConnection(database)) }
            let newest = try SQLConnection(database).newestEvent()
            try database.cachedStatement(sql: "COMMIT").execute()
            return (deliveries, newest)
        } catch {
            if database.isInsideTransaction { try database.execute(sql: "ROLLBACK") }
            throw error
        }
    }

    private static func perform(_ job: Job, on connection: SQLConnection) throws(StoreError) -> @Sendable () -> Void {
        try connection.execute("SAVEPOINT write")
        do throws(StoreError) {
            let deliver = try job.perform(connection)
            try connection.execute("RELEASE write")
            return deliver
        } catch {
            // A full or failing disk makes SQLite roll everything back; then the whole group has failed.
            guard connection.isInTransaction else { throw error }
            try connection.execute("ROLLBACK TO write")
            try connection.execute("RELEASE write")
            return { job.fail(error) }
        }
    }
}
