import Dispatch
import GRDB
import OpenSSLCrypto
import Synchronization
import Tenancy

/// The database file: one connection that writes and checkpoints, and some that only read.
///
/// A `DatabasePool` and not a `DatabaseQueue`, because a token must not wait for a run of 50,000 items being written.
/// SQLite 3.40.1 can corrupt a write-ahead log when two connections write or checkpoint at once, so the readers are
/// opened read-only, and ``DataDirectory`` lets one process in.
final class SQLiteDatabase: Sendable {
    /// "TNRY", in the file's header.
    static let applicationID: Int32 = 0x544e_5259

    private let pool: DatabasePool
    private let writer: GroupCommit
    /// For look-ups: a connection of their own that is always at hand.
    private let reader: DatabaseQueue
    private let readQueue = DispatchQueue(label: "tenantry.database.readers", attributes: .concurrent)

    /// Looks through a large file while it is in use already.
    private let examination: Examination

    /// Held for as long as the file is open, whoever holds on to a store.
    private let lock: Mutex<DirectoryLock?>

    /// Told of events once they are durable.
    let eventSignal: EventSignal

    private init(_ pool: DatabasePool, reader: DatabaseQueue, newestEvent: Int64, lock: DirectoryLock) {
        self.pool = pool
        self.reader = reader
        self.lock = Mutex(lock)
        eventSignal = EventSignal(newest: newestEvent)
        writer = GroupCommit(pool, events: eventSignal)
        examination = Examination(path: pool.path)
    }

    /// Runs one statement on the calling thread: for look-ups by key, which cost less than a change of threads. There
    /// is no transaction around it, so a second statement could see another state.
    func look<Value>(_ body: (SQLConnection) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try StoreError.translating { try reader.unsafeRead { try body(SQLConnection($0)) } }
    }

    /// Runs the body against one state of the database, on the calling thread.
    func read<Value>(_ body: (SQLConnection) throws(StoreError) -> Value) throws(StoreError) -> Value {
        try StoreError.translating { try pool.read { try body(SQLConnection($0)) } }
    }

    /// Runs the body against one state of the database, off the cooperative pool: for lists.
    func readList<Value: Sendable>(
        _ body: @escaping @Sendable (SQLConnection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            readQueue.async {
                do throws(StoreError) {
                    continuation.resume(returning: .success(try self.read(body)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// Runs the body as one transaction, durable when it returns.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLConnection) throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        try await writer.write(body)
    }

    /// Writes what there is at this moment into an empty file, compact and without a log. Others write meanwhile.
    func copy(to path: String) throws(StoreError) {
        try StoreError.translating {
            let queue = try DatabaseQueue(path: pool.path, configuration: Self.configuration(isReadOnly: true))
            try queue.unsafeRead { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
            try queue.close()
        }
    }

    /// Why no more writes are taken; `nil` while all is well.
    var failure: StoreError? { writer.failure }

    /// Grows with every commit, before anybody is told of it: what was read under the same number is up to date.
    var commitCount: Int { writer.commitCount }

    /// Ends writing, moves the log into the database, closes the file and gives the directory up. Closing again does
    /// nothing.
    func close() throws(StoreError) {
        let held = lock.withLock { lock -> DirectoryLock? in
            defer { lock = nil }
            return lock
        }
        guard let held else { return }
        defer { withExtendedLifetime(held) {} }
        examination.end()
        try StoreError.translating { try reader.close() }
        do throws(StoreError) {
            try writer.close()
        } catch {
            try StoreError.translating { try pool.close() }
            throw error
        }
        try StoreError.translating { try pool.close() }
    }

    private func examine() {
        examination.begin(Self.configuration(isReadOnly: true)) { [writer] damage in
            writer.stop(
                because: .unavailable(
                    "the database file is damaged (\(damage)); stop the service and restore the last backup beside it"))
        }
    }

    // MARK: Opening

    /// Opens the file, which exists, belongs to these keys and is of a schema that this program knows or older. The ring
    /// seals with the key that the file says is in use.
    ///
    /// - Parameter largest: bytes of a file that is looked through before it is used. A larger one is looked through while
    ///   it is in use, so that a fleet of a million tenants is served at once; damage ends all writing then.
    static func open(
        at path: String, keys: KeyRing, lock: DirectoryLock, examinedFirst largest: Int = 64 << 20
    ) throws(DataDirectoryError) -> SQLiteDatabase {
        try DatabaseHeader(of: path).check()
        do {
            let isLarge = FileSystem.size(of: path) > largest
            try check(path, keys, completely: !isLarge)
            let pool = try DatabasePool(path: path, configuration: configuration())
            try pool.writeWithoutTransaction { database in
                // Here, because the driver sets NORMAL when it turns the write-ahead log on, and NORMAL loses
                // acknowledged commits when the power fails.
                try database.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 1000")
                guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == 2 else {
                    throw DataDirectoryError.damaged("SQLite refuses to flush at every commit")
                }
                try Migration.run(on: database)
                try keys.settle(on: SQLConnection(database))
                try ConsentSecrets.ensure(in: SQLConnection(database), keys)
            }
            let reader = try DatabaseQueue(path: path, configuration: configuration(isReadOnly: true))
            let newest = try reader.unsafeRead { try SQLConnection($0).newestEvent() }
            let database = SQLiteDatabase(pool, reader: reader, newestEvent: newest, lock: lock)
            if isLarge { database.examine() }
            return database
        } catch {
            throw DataDirectoryError(opening: path, error)
        }
    }

    /// Makes a database at a path where none is, complete or not at all; the log is turned on when it is opened.
    static func create(at path: String, keys: KeyRing) throws(DataDirectoryError) {
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration())
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA synchronous = FULL")
                try Migration.run(on: database)
                try SQLConnection(database).execute(
                    "INSERT INTO sealing_key (identifier) VALUES (?1)", [keys.inUse.identifier])
                try ConsentSecrets.ensure(in: SQLConnection(database), keys, isNew: true)
            }
            try queue.close()
        } catch {
            throw DataDirectoryError(opening: path, error)
        }
    }

    static func configuration(isReadOnly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.label = "tenantry.database"
        configuration.busyMode = .timeout(5)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 8
        // A transaction left open by a failure is rolled back before the next one, not a reason to crash.
        configuration.allowsUnsafeTransactions = true
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA mmap_size = 0;
                    PRAGMA secure_delete = ON;
                    PRAGMA cell_size_check = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA temp_store = MEMORY;
                    """)
        }
        return configuration
    }

    /// Looks at the file through a connection that cannot write: the driver writes to a file as soon as it opens a
    /// pool, and what is refused must stay as it is.
    private static func check(_ path: String, _ keys: KeyRing, completely: Bool) throws {
        let queue = try DatabaseQueue(path: path, configuration: configuration(isReadOnly: true))
        try queue.read { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            guard version <= Migration.newest else {
                throw DataDirectoryError.newerDatabase(found: version, known: Migration.newest)
            }
            if completely, let damage = try Examination.damage(in: database) {
                throw DataDirectoryError.damaged(damage)
            }
            let needed = try SQLConnection(database).neededKeys(schema: version)
            guard !needed.isEmpty else { throw DataDirectoryError.damaged("it does not say which key it belongs to") }
            let missing = needed.count { keys.key($0) == nil }
            if missing == needed.count { throw DataDirectoryError.wrongKey }
            if missing > 0 { throw DataDirectoryError.keyIncomplete }
        }
        try queue.close()
    }
}
