import FoundationEssentials
import OpenSSLCrypto
import Synchronization
import Tenancy

/// Goes from one sealing key to the next. Every step is a transaction of the one writer, the key file's too, so that no
/// two of them and no sealed row come between each other.
final class SQLiteSealingStore: SealingStore {
    private let database: SQLiteDatabase
    private let keys: KeyRing
    private let file: KeyFile
    private let tokens: SQLiteTokenStore

    /// How far the tables have been gone through since this process began or a key was put to use. What is skipped by
    /// it is looked at again before a key is ended.
    private struct Course {
        var table = 0
        var position = ""
    }

    private let course = Mutex(Course())
    /// Rows for one transaction: some milliseconds for those who wait to write.
    private static let portion = 100

    init(database: SQLiteDatabase, keys: KeyRing, file: KeyFile, tokens: SQLiteTokenStore) {
        self.database = database
        self.keys = keys
        self.file = file
        self.tokens = tokens
    }

    func status() async throws(SealingError) -> SealingStatus {
        let keys = keys
        do throws(StoreError) {
            let (known, rows) = try await database.readList { (db) throws(StoreError) in
                (
                    try db.sealingKeys(inUse: keys.inUse.identifier),
                    try SealedTable.all.map { (table) throws(StoreError) in try table.count(db, keys) }
                )
            }
            // One that cannot be read now has no lines that could be taken out now.
            let lines = (try? file.read()) ?? []
            let ended = Set(known.filter { $0.endedAt != nil }.map(\.identifier))
            return SealingStatus(
                keys: known, rows: rows + [await tokens.sealedRows()], isKeyWaiting: keys.waiting != nil,
                spareLines: lines.count { ended.contains(Hexadecimal.encode($0.identifier)) })
        } catch {
            throw .store(error)
        }
    }

    func rotate(by actor: Actor, at now: Date) async throws(SealingError) {
        let made: KeyRing.Key
        do { made = KeyRing.Key(try .random()) } catch { throw .noKey("\(error)") }
        let (keys, file) = (keys, file)
        let refusal: SealingError?
        do throws(StoreError) {
            refusal = try await database.write { (db) throws(StoreError) in
                guard keys.waiting == nil, try db.openKeys().count == 1 else { return .rotating }
                // The file first: a key that has sealed anything must not exist in memory alone.
                if let reason = file.failure(adding: made.root, above: keys.inUse) {
                    return .keyFile(file.path, reason)
                }
                keys.add(made)
                try db.begin(made, by: actor, at: now)
                return nil
            }
        } catch {
            throw .store(error)
        }
        if let refusal { throw refusal }
        putToUse(made)
    }

    func proceed(at now: Date) async throws(SealingError) -> Bool {
        do throws(StoreError) {
            if let key = keys.waiting {
                try await database.write { (db) throws(StoreError) in try db.begin(key, by: .service, at: now) }
                putToUse(key)
                return true
            }
            if try await rewriteSome() { return true }
            if await tokens.rewriteSome() { return true }
            if try await !endOthers(at: now) { return true }
        } catch {
            throw .store(error)
        }
        try await removeSpareLines()
        return false
    }

    private func putToUse(_ key: KeyRing.Key) {
        keys.use(key)
        course.withLock { $0 = Course() }
    }

    /// - Returns: whether there was something to look at.
    private func rewriteSome() async throws(StoreError) -> Bool {
        let now = course.withLock { $0 }
        guard now.table < SealedTable.all.count else { return false }
        let (keys, table) = (keys, SealedTable.all[now.table])
        let last = try await database.write { (db) throws(StoreError) in
            try table.rewrite(after: now.position, limit: Self.portion, db, keys)
        }
        course.withLock { $0 = last.map { Course(table: now.table, position: $0) } ?? Course(table: now.table + 1) }
        return true
    }

    /// Ends every key but the one in use, if nothing is sealed with another.
    ///
    /// - Returns: whether all have ended; if not, rows are to be gone through again.
    private func endOthers(at now: Date) async throws(StoreError) -> Bool {
        let keys = keys
        let hasEnded = try await database.write { (db) throws(StoreError) in
            guard try db.openKeys().count > 1 else { return true }
            var broken = 0
            for table in SealedTable.all {
                let others = try table.trial(except: keys.inUse.mark, db, keys)
                if others.opening > 0 { return false }
                broken += others.broken
            }
            try db.endAll(but: keys.inUse, leaving: broken, at: now)
            return true
        }
        if !hasEnded { course.withLock { $0 = Course() } }
        return hasEnded
    }

    private func removeSpareLines() async throws(SealingError) {
        let (inUse, file) = (keys.inUse, file)
        let reason: String?
        do throws(StoreError) {
            reason = try await database.write { (db) throws(StoreError) in
                let ended = try db.sealingKeys(inUse: inUse.identifier).filter { $0.endedAt != nil }.map(\.identifier)
                return file.failure(removing: Set(ended), keeping: inUse)
            }
        } catch {
            throw .store(error)
        }
        if let reason { throw .spareLines(file.path, reason) }
    }
}

extension KeyFile {
    /// Writes the key above those that are there; says why, if that cannot be done.
    fileprivate func failure(adding key: SealingKey, above inUse: KeyRing.Key) -> String? {
        changing(keeping: inUse) { [key] + $0 }
    }

    /// Takes out the lines of those keys; says why, if that cannot be done.
    fileprivate func failure(removing ended: Set<String>, keeping inUse: KeyRing.Key) -> String? {
        changing(keeping: inUse) { keys in keys.filter { !ended.contains(Hexadecimal.encode($0.identifier)) } }
    }

    /// Reads the file as it is now, for somebody may have changed it, and replaces it if there is a change.
    private func changing(keeping inUse: KeyRing.Key, _ change: ([SealingKey]) -> [SealingKey]) -> String? {
        let before: [SealingKey]
        do throws(DataDirectoryError) { before = try read() } catch { return String(error.problem.detail.dropLast()) }
        let after = change(before)
        guard after.contains(where: { $0.identifier == inUse.identifier }) else {
            return "it does not hold the key in use any more"
        }
        guard after.count != before.count else { return nil }
        do throws(SystemError) { try replace(with: after) } catch { return error.text }
        return nil
    }
}

extension SQLConnection {
    /// Every key that was ever in use, the oldest first.
    func sealingKeys(inUse: [UInt8]) throws(StoreError) -> [SealingStatus.Key] {
        try query("SELECT * FROM sealing_key ORDER BY began_at, identifier") { (row) throws(StoreError) in
            let identifier = try row.blob("identifier")
            return SealingStatus.Key(
                identifier: Hexadecimal.encode(identifier), beganAt: try row.instantIfAny("began_at"),
                endedAt: try row.instantIfAny("ended_at"), isInUse: identifier == inUse)
        }
    }

    fileprivate func begin(_ key: KeyRing.Key, by actor: Actor, at now: Date) throws(StoreError) {
        try execute(
            """
            INSERT INTO sealing_key (identifier, began_at) VALUES (?1, ?2)
            ON CONFLICT (identifier) DO UPDATE SET began_at = excluded.began_at, ended_at = NULL
            """, [key.identifier, now])
        let name = Hexadecimal.encode(key.identifier)
        try audit(
            "sealing_key.rotate", name,
            "Everything is sealed with this key from now on; what is there already is sealed anew.", by: actor, at: now)
        try emit("sealing_key.rotation_started", ["key": .string(name)], by: actor, at: now)
    }

    fileprivate func endAll(but key: KeyRing.Key, leaving broken: Int, at now: Date) throws(StoreError) {
        let ended = try query(
            "UPDATE sealing_key SET ended_at = ?2 WHERE ended_at IS NULL AND identifier <> ?1 RETURNING identifier",
            [key.identifier, now]
        ) { (row) throws(StoreError) in Hexadecimal.encode(try row.blob("identifier")) }
        let rest = broken == 0 ? "" : " \(broken) rows were left as they are: no key opens them."
        for name in ended {
            try audit(
                "sealing_key.retire", name,
                "Nothing is sealed with this key any more; backups from before still need it.\(rest)", by: .service,
                at: now)
        }
        try emit(
            "sealing_key.rotated",
            [
                "key": .string(Hexadecimal.encode(key.identifier)), "retired": .array(ended.map { .string($0) }),
                "unopened_rows": .number(Decimal(broken)),
            ], by: .service, at: now)
    }
}
