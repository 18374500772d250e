package import FoundationEssentials
import GRDB
import Glibc
package import Tenancy

extension BackupFile {
    /// Makes a data directory of it, complete and durable when this returns, or none at all.
    ///
    /// Time has gone on since the backup was made: every tenant is looked at again soon, and numbers of events and audit
    /// lines go on so far ahead that nobody who follows them takes new ones for old. Stored tokens that are found there
    /// are removed: since the backup was made, consent may have moved on by the same epochs that come now.
    ///
    /// - Parameters:
    ///   - directory: one without a database; made if it is not there.
    ///   - key: the key file when it is kept elsewhere; `nil` for the file `key` in the directory, which must be there.
    package func restore(
        to directory: String, key: String?, by actor: Actor, at now: Date
    ) throws(BackupFileError) -> Report {
        let files = DataFiles(directory: directory)
        if files.hasDatabase { throw .directory(.alreadyInitialised(directory)) }
        let key = key ?? files.key
        guard FileSystem.exists(key) else { throw .keyNeeded(path, key) }
        let report = try verify(key: key)
        do throws(DataDirectoryError) {
            try DataDirectory.makeDirectories(directory)
            try DataDirectory.checkDirectory(directory)
            let lock = try DirectoryLock(in: directory)
            defer { withExtendedLifetime(lock) {} }
            if files.hasDatabase { throw .alreadyInitialised(directory) }
            try files.prepareDraft()
            guard try copy(to: files.draft) == report.sha256 else { throw .damaged("it changed while it was copied") }
            try note(report, in: files.draft, by: actor, at: now)
            try files.removeTokens()
            try files.publishDraft()
        } catch {
            throw .directory(error)
        }
        return report
    }

    /// - Returns: the SHA-256 of what was copied.
    private func copy(to draft: String) throws(DataDirectoryError) -> String {
        do throws(SystemError) {
            let file = try OpenFile(draft, O_WRONLY)
            return Hexadecimal.encode(
                try OpenFile(reading: path).sha256 { (piece) throws(SystemError) in try file.write(piece) })
        } catch {
            throw .notWritable(draft, error.text)
        }
    }

    private func note(_ report: Report, in draft: String, by actor: Actor, at now: Date) throws(DataDirectoryError) {
        do {
            let queue = try DatabaseQueue(path: draft, configuration: SQLiteDatabase.configuration())
            try queue.writeWithoutTransaction { database in
                try database.execute(sql: "PRAGMA synchronous = FULL")
                try database.inTransaction(.immediate) {
                    try database.execute(
                        sql: """
                            UPDATE connection SET recheck_due = 0 WHERE recheck_due IS NOT NULL;
                            UPDATE sqlite_sequence SET seq = seq + 1000000 WHERE name IN ('event', 'audit');
                            """)
                    let db = SQLConnection(database)
                    try db.audit(
                        "backup.restore", path, "This directory was made from a backup, SHA-256 \(report.sha256).",
                        by: actor, at: now)
                    try db.emit("backup.restored", ["sha256": .string(report.sha256)], by: actor, at: now)
                    return .commit
                }
            }
            try queue.close()
        } catch {
            throw DataDirectoryError(opening: draft, error)
        }
    }
}
