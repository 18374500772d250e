import GRDB
import Tenancy

/// A backup in the hands of whoever wants to know whether it is good. Nothing is written to it.
package struct BackupFile: Sendable {
    let path: String

    package init(path: String) { self.path = path }

    /// What was found in it.
    package struct Report: Sendable {
        /// In bytes.
        package let size: Int
        package let sha256: String
        /// Whether the file `….sha256` beside it says the same; it is `false` when there is none.
        package let isHashRecorded: Bool
        package let schema: Int
        /// The identifiers of the sealing keys that it needs.
        package let keys: [String]
        /// Of the sealed rows, how many open and how many do not; `nil` without a key.
        package let opening: Int?
        package let broken: Int?
        /// Rows of the tables that people ask about, by name.
        package let counts: [(table: String, rows: Int)]
    }

    /// Looks whether it is a whole backup that this program can restore.
    ///
    /// - Parameter key: the key file that it is to open with; `nil` leaves that open.
    package func verify(key: String?) throws(BackupFileError) -> Report {
        let (size, sha256, isHashRecorded) = try fingerprint()
        try checkHeader()
        do {
            let queue = try DatabaseQueue(path: path, configuration: SQLiteDatabase.configuration(isReadOnly: true))
            let report = try queue.read { database in
                let schema = try checkContents(database)
                let db = SQLConnection(database)
                let needed = try db.openKeys()
                let trial = try key.map { try self.trial(KeyFile(path: $0).ring(), needed, db) }
                return Report(
                    size: size, sha256: sha256, isHashRecorded: isHashRecorded, schema: schema,
                    keys: needed.map { Hexadecimal.encode($0) }, opening: trial?.opening, broken: trial?.broken,
                    counts: try Self.counts(database))
            }
            try queue.close()
            return report
        } catch let error as BackupFileError {
            throw error
        } catch let error as DataDirectoryError {
            throw .directory(error)
        } catch {
            throw .damaged(path, (error as? DatabaseError)?.message ?? "\(error)")
        }
    }

    static func parent(of path: String) -> String {
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        return parent.isEmpty ? "/" : parent
    }

    private func fingerprint() throws(BackupFileError) -> (Int, String, Bool) {
        let (size, sha256, recorded): (Int, String, String?)
        do throws(SystemError) {
            let file = try OpenFile(reading: path)
            (size, sha256) = (try file.size(), Hexadecimal.encode(try file.sha256()))
            recorded = try ChecksumFile(of: path).read()
        } catch {
            throw .notReadable(path, error.text)
        }
        guard recorded == nil || recorded == sha256 else { throw .hashDiffers(path) }
        return (size, sha256, recorded != nil)
    }

    private func checkHeader() throws(BackupFileError) {
        do throws(DataDirectoryError) {
            let header = try DatabaseHeader(of: path)
            try header.check()
            if header.hasLog { throw DataDirectoryError.damaged("it is the file of a running service, not a backup") }
        } catch {
            if case .damaged(let reason) = error { throw .notABackup(path, reason) }
            throw .directory(error)
        }
    }

    /// - Returns: the schema.
    private func checkContents(_ database: Database) throws -> Int {
        let schema = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard schema <= Migration.newest else {
            throw BackupFileError.newer(path, found: schema, known: Migration.newest)
        }
        guard schema >= 8 else { throw BackupFileError.notABackup(path, "schema \(schema) made none") }
        let verdict = try String.fetchOne(database, sql: "PRAGMA integrity_check(1)") ?? "no answer"
        guard verdict == "ok" else { throw BackupFileError.damaged(path, verdict) }
        if try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") != nil {
            throw BackupFileError.damaged(path, "a row refers to one that is not there")
        }
        return schema
    }

    /// Tries every sealed row.
    private func trial(_ keys: KeyRing, _ needed: [[UInt8]], _ db: SQLConnection) throws -> (opening: Int, broken: Int)
    {
        guard needed.allSatisfy({ keys.key($0) != nil }) else { throw BackupFileError.wrongKey(path) }
        try keys.settle(on: db)
        return try SealedTable.all.reduce(into: (opening: 0, broken: 0)) { sum, table in
            let trial = try table.trial(db, keys)
            sum = (sum.opening + trial.opening, sum.broken + trial.broken)
        }
    }

    private static func counts(_ database: Database) throws -> [(table: String, rows: Int)] {
        try ["tenant", "app", "credential", "connection", "consent_attempt", "run", "audit", "event"].map {
            ($0, try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") ?? 0)
        }
    }
}
