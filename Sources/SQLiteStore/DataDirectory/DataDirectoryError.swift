import GRDB
package import Tenancy

/// Why the data directory was not made or not opened. Nothing that was there has changed.
package enum DataDirectoryError: ExplainedError, Equatable {
    /// There is neither a database nor a key.
    case notInitialised(String)
    /// Something on the way is no directory.
    case notADirectory(String)
    /// The path and the system's words.
    case notReadable(String, String)
    case notWritable(String, String)
    /// Another process works with it. Its id and name as the lock file tells them, if it does.
    case owned(path: String, pid: Int32?, by: String)
    /// There is a database, but not the key file it needs. A new key would open nothing.
    case keyMissing(String)
    case keyMalformed(String)
    /// The database was made with another key.
    case wrongKey
    /// The key file holds one of the keys that the database needs, but not all: a rotation is under way.
    case keyIncomplete
    /// Others than the owner may read or change this path; the mode bits to take away, as `chmod` writes them.
    case insecurePermissions(path: String, chmod: String)
    /// There is a key, but not the database that belongs to it.
    case databaseMissing(String)
    case newerDatabase(found: Int, known: Int)
    /// What is wrong with the database file.
    case damaged(String)
    case alreadyInitialised(String)
    /// There is a key file already, perhaps of a database that was lost.
    case keyExists(String)

    package var problem: Problem {
        switch self {
        case .notInitialised(let path):
            Problem(
                .notFound, code: "data_directory_missing", detail: "'\(path)' holds no Tenantry database.",
                nextStep: "Make one with `tenantry init`, or name the right directory.")
        case .notADirectory(let path):
            Problem(
                .invalid, code: "data_directory_invalid", detail: "'\(path)' is not a directory.",
                nextStep: "Name a directory.")
        case .notReadable(let path, let reason):
            Problem(
                .unavailable, code: "data_directory_unreadable", detail: "'\(path)' cannot be read: \(reason).",
                nextStep: "Run as the user that owns the data directory.")
        case .notWritable(let path, let reason):
            Problem(
                .unavailable, code: "data_directory_unwritable", detail: "'\(path)' cannot be written: \(reason).",
                nextStep: "Check its owner, its permissions and the free space.")
        case .owned(let path, let pid, let name):
            Problem(
                .conflict, code: "data_directory_owned",
                detail: "'\(path)' is in use by \(name)\(pid.map { " (process \($0))" } ?? "").",
                nextStep: "Wait for it or stop it; with `tenantry serve` commands work side by side.", isRetryable: true
            )
        case .keyMissing, .keyMalformed, .wrongKey, .keyIncomplete, .insecurePermissions, .keyExists: keyProblem
        case .databaseMissing, .newerDatabase, .damaged, .alreadyInitialised: databaseProblem
        }
    }

    private var keyProblem: Problem {
        switch self {
        case .keyMissing(let path):
            Problem(
                .failure, code: "key_missing", detail: "The database is there, but its key '\(path)' is not.",
                nextStep: "Restore the key file; without it the stored credentials cannot be opened.")
        case .keyMalformed(let path):
            Problem(
                .failure, code: "key_malformed",
                detail: "'\(path)' does not hold 32 bytes in Base64, or a few such lines.",
                nextStep: "Restore the key file from its backup.")
        case .insecurePermissions(let path, let chmod):
            Problem(
                .forbidden, code: "permissions_insecure",
                detail: "Other users may read or change '\(path)', which guards every customer's access.",
                nextStep: "Run `chmod \(chmod) '\(path)'`, and think about who has read it.")
        case .keyExists(let path):
            Problem(
                .conflict, code: "key_exists",
                detail: "There is a key '\(path)' already, perhaps of a database that was lost.",
                nextStep: "Restore its database, or use another directory; move the key away only if nothing needs it."
            )
        case .keyIncomplete:
            Problem(
                .failure, code: "key_incomplete",
                detail: "The sealing key is being rotated, and the key file lacks a line that rows still need.",
                nextStep: "Restore the key file as it was since the rotation began, with all its lines.")
        default:
            Problem(
                .failure, code: "key_wrong", detail: "The database was made with another key.",
                nextStep: "Restore the key file that belongs to this database.")
        }
    }

    private var databaseProblem: Problem {
        switch self {
        case .databaseMissing(let path):
            Problem(
                .failure, code: "database_missing", detail: "The key is there, but its database '\(path)' is not.",
                nextStep: "Restore the database from its backup, or run `tenantry init` in another directory.")
        case .newerDatabase(let found, let known):
            Problem(
                .conflict, code: "database_newer",
                detail: "The database has schema \(found); this program knows schemas up to \(known).",
                nextStep: "Use the newer program, or restore a backup from before the upgrade.")
        case .alreadyInitialised(let path):
            Problem(
                .conflict, code: "already_initialised", detail: "There is a Tenantry database in '\(path)' already.",
                nextStep: "Use it as it is, or name another directory.")
        case .damaged(let detail):
            Problem(
                .failure, code: "database_damaged", detail: "The database file is damaged: \(detail).",
                nextStep: "Keep the file, and restore the last backup beside it; nothing was changed.")
        default:
            Problem(
                .failure, code: "database_unusable", detail: "The database cannot be used.",
                nextStep: "Restore the last backup.")
        }
    }

    /// What SQLite said while the file was opened, decided by its result code.
    init(opening path: String, _ error: any Error) {
        if let error = error as? DataDirectoryError {
            self = error
            return
        }
        let message = (error as? DatabaseError)?.message ?? "\(error)"
        switch (error as? DatabaseError)?.resultCode {
        case .SQLITE_NOTADB?, .SQLITE_CORRUPT?, nil: self = .damaged(message)
        default: self = .notWritable(path, message)
        }
    }
}
