import FoundationEssentials
import GRDB
import OpenSSLCrypto
import Tenancy

/// The file `tokens.db`: sealed tokens, each of which can be had again. One connection writes and checkpoints, another
/// one looks up.
///
/// Speaks to the driver itself, to keep SQLite's result codes: what is damaged is made anew, what is full is not.
final class TokenFile: Sendable {
    let path: String
    let writer: DatabaseQueue
    private let reader: DatabaseQueue

    private init(_ path: String, writer: DatabaseQueue) throws {
        self.path = path
        self.writer = writer
        reader = try DatabaseQueue(path: path, configuration: Self.configuration(isReadOnly: true))
    }

    // MARK: Rows

    /// One look by key, on the calling thread.
    func row(of key: TokenKey, epoch: Int) throws -> SealedToken? {
        try reader.unsafeRead { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT sealed, acquired_at, refresh_at, expires_at FROM token
                    WHERE client_id = ?1 AND tenant = ?2 AND resource = ?3 AND cloud = ?4 AND epoch = ?5
                    """)
            let arguments = StatementArguments(Self.values(of: key) + [epoch.databaseValue])
            return try Row.fetchOne(statement, arguments: arguments).map { try SealedToken(SQLRow($0)) }
        }
    }

    /// Writes them in one transaction, in the place of older ones.
    ///
    /// The new row goes to the end of the table and does not take the old one's place: rows that were written together
    /// expire and are replaced about the same time, so whole pages become free.
    func write(_ rows: [(key: TokenKey, epoch: Int, token: SealedToken)]) throws {
        try writer.write { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO token
                        (client_id, tenant, resource, cloud, epoch, acquired_at, refresh_at, expires_at, sealed)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                    """)
            for row in rows {
                let times = [row.token.acquiredAt, row.token.refreshAt, row.token.expiresAt]
                let values = [row.epoch.databaseValue] + times.map(\.milliseconds.databaseValue)
                try statement.execute(
                    arguments: StatementArguments(
                        Self.values(of: row.key) + values + [Data(row.token.sealed).databaseValue]))
            }
        }
    }

    /// Removes a tenant's or an app's tokens, in transactions of bounded size.
    func remove(_ scope: TokenBacklog.Scope) throws -> Int {
        var removed = 0
        while case let count = try removeSome(scope), count > 0 { removed += count }
        return removed
    }

    private func removeSome(_ scope: TokenBacklog.Scope) throws -> Int {
        switch scope {
        case .tenant(let tenant, let clientID):
            try remove(
                "client_id = ?1 AND tenant = ?2", [clientID.guid.databaseValue, tenant.guid.databaseValue],
                limit: 1_000)
        case .app(let clientID): try remove("client_id = ?1", [clientID.guid.databaseValue], limit: 1_000)
        }
    }

    /// Removes tokens that have expired at that instant, those that did so first; `nil` takes any.
    ///
    /// - Returns: how many.
    func removeExpired(at now: Date?, limit: Int) throws -> Int {
        try remove(
            "expires_at <= ?1 ORDER BY expires_at", [(now?.milliseconds ?? .max).databaseValue], limit: limit)
    }

    /// - Parameter condition: a literal.
    private func remove(_ condition: String, _ values: [DatabaseValue], limit: Int) throws -> Int {
        try writer.write { database in
            try database.cachedStatement(
                sql: "DELETE FROM token WHERE id IN (SELECT id FROM token WHERE \(condition) LIMIT \(limit))"
            ).execute(arguments: StatementArguments(values))
            return database.changesCount
        }
    }

    private static func values(of key: TokenKey) -> [DatabaseValue] {
        [
            key.clientID.guid.databaseValue, key.tenant.guid.databaseValue, key.resource.description.databaseValue,
            key.cloud.rawValue.databaseValue,
        ]
    }

    // MARK: Size

    /// Bytes: of the file, and of those the part in use.
    func size() throws -> (bytes: Int, used: Int) {
        try writer.writeWithoutTransaction { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            let free = try Int.fetchOne(database, sql: "PRAGMA freelist_count") ?? 0
            return (pages * Self.pageSize, (pages - free) * Self.pageSize)
        }
    }

    /// Gives so many unused bytes back to the disk.
    func shrink(by bytes: Int) throws {
        try writer.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA incremental_vacuum(\(bytes / Self.pageSize))")
        }
    }

    /// Moves the log into the file and closes it.
    func close() {
        // What cannot be moved stays in the log, and what cannot be closed is closed with the process: all of it can
        // be had again.
        try? reader.close()
        try? writer.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? writer.close()
    }

    // MARK: Opening

    /// "TNRT", in the file's header.
    private static let applicationID: Int32 = 0x544e_5254
    /// How rows are laid out. A file of another layout is made anew.
    private static let layout = 1
    private static let pageSize = 4_096

    /// Opens the file, or makes a new one where none is or where it is of no use: damaged, of another key or layout, open
    /// to others, a link.
    ///
    /// - Returns: the file, and what was wrong with the former one.
    /// - Throws: SQLite's or the system's error when none can be made, or when one that may be sound cannot be opened:
    ///   it stays as it is, for better times.
    static func open(at path: String, keys: KeyRing) throws -> (file: TokenFile, fault: String?) {
        var fault: String?
        do { return (try existing(path, keys), nil) } catch let error as SystemError where error.isMissing {
            // The first one here, or somebody has removed the former.
        } catch  where isUnusable(error) {
            fault = reason(error)
        }
        return (try create(at: path, keyIdentifier: keys.inUse.identifier), fault)
    }

    /// Makes an empty file in the place of any other.
    static func create(at path: String, keyIdentifier: [UInt8]) throws -> TokenFile {
        try remove(at: path)
        // Made here, because SQLite would let the umask decide who may read it.
        _ = try OpenFile(creating: path)
        let writer = try DatabaseQueue(path: path, configuration: configuration())
        try writer.write { database in
            try database.execute(sql: schema)
            try database.execute(
                sql: "INSERT INTO meta (name, value) VALUES ('key_identifier', ?1)", arguments: [Data(keyIdentifier)])
            try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(layout)")
        }
        return try TokenFile(path, writer: writer)
    }

    /// Removes the file and its log, if they are there.
    static func remove(at path: String) throws(SystemError) {
        for suffix in ["-wal", "-shm", "-journal", ""] { try FileSystem.remove(path + suffix) }
    }

    /// What went wrong, in words for the log. They hold no value of a row.
    static func reason(_ error: any Error) -> String {
        switch error {
        case let error as DatabaseError: error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        case let error as SystemError: error.text
        case let error as Unfit: error.text
        default: "\(error)"
        }
    }

    /// Whether the file itself is spoilt, so that only a new one helps.
    static func isDamage(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        // After a failed flush nobody knows what the disk holds. Source: wiki.postgresql.org/wiki/Fsync_Errors.
        return [.SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
            || error.extendedResultCode == .SQLITE_IOERR_FSYNC
    }

    /// Whether a file that was not opened is of no use later either. Whatever is not known to mean that, such as want of
    /// memory, descriptors or rights, passes.
    private static func isUnusable(_ error: any Error) -> Bool {
        if let error = error as? SystemError { return error.meansLink }
        return error is Unfit || isDamage(error)
    }

    /// Why a file that could be read is not used.
    private struct Unfit: Error {
        let text: String
    }

    private static func existing(_ path: String, _ keys: KeyRing) throws -> TokenFile {
        guard try !OpenFile(reading: path).isOpenToOthers() else { throw Unfit(text: "others could read it") }
        let writer = try DatabaseQueue(path: path, configuration: configuration())
        try writer.read { database in
            guard try Int32.fetchOne(database, sql: "PRAGMA application_id") == applicationID,
                try Int.fetchOne(database, sql: "PRAGMA user_version") == layout,
                try database.tableExists("meta"), try database.tableExists("token")
            else { throw Unfit(text: "it is of another layout") }
            guard keys.key(try keyIdentifier(database)) != nil else {
                throw Unfit(text: "it belongs to another sealing key")
            }
        }
        return try TokenFile(path, writer: writer)
    }

    /// The oldest key that rows may be sealed with.
    static func keyIdentifier(_ database: Database) throws -> [UInt8] {
        let stored = try Data.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'key_identifier'")
        return stored.map { [UInt8]($0) } ?? []
    }

    private static func configuration(isReadOnly: Bool = false) -> Configuration {
        var configuration = Configuration()
        configuration.readonly = isReadOnly
        configuration.label = "tenantry.tokens"
        configuration.busyMode = .timeout(5)
        configuration.allowsUnsafeTransactions = true
        // With it the driver sets `synchronous=NORMAL`: the last commits may be lost when the power fails, and the file
        // stays whole.
        if !isReadOnly { configuration.journalMode = .wal }
        // Page size and vacuum mode take effect in a new file only. The larger the log may grow, the more often a page is
        // written there before it goes to the file, and the seldomer the disk is flushed.
        let forWriting =
            "PRAGMA page_size = \(pageSize); PRAGMA auto_vacuum = INCREMENTAL; PRAGMA wal_autocheckpoint = 4000;"
        configuration.prepareDatabase { database in
            if !isReadOnly { try database.execute(sql: forWriting) }
            try database.execute(
                sql: """
                    PRAGMA mmap_size = 0;
                    PRAGMA cell_size_check = ON;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA cache_size = -65536;
                    """)
        }
        return configuration
    }

    private static let schema = """
        CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

        CREATE TABLE token (
            id INTEGER PRIMARY KEY,
            client_id BLOB NOT NULL CHECK (length(client_id) = 16),
            tenant BLOB NOT NULL CHECK (length(tenant) = 16),
            resource TEXT NOT NULL,
            cloud TEXT NOT NULL,
            epoch INTEGER NOT NULL,
            acquired_at INTEGER NOT NULL,
            refresh_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            sealed BLOB NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX token_by_key ON token (client_id, tenant, resource, cloud);
        CREATE INDEX token_by_expiry ON token (expires_at);
        """
}

extension GUID {
    /// In this file identifiers are kept as 16 bytes: there may be millions of rows, and nobody reads them.
    fileprivate var databaseValue: DatabaseValue { Data(bytes).databaseValue }
}
