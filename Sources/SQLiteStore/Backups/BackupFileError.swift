package import Tenancy

/// Why a backup is not good, or was not restored. Nothing was changed.
package enum BackupFileError: ExplainedError, Equatable {
    /// The path and the system's words.
    case notReadable(String, String)
    case notABackup(String, String)
    case damaged(String, String)
    /// It is not what the file `….sha256` beside it says.
    case hashDiffers(String)
    case newer(String, found: Int, known: Int)
    /// The backup, and where its key was looked for.
    case keyNeeded(String, String)
    case wrongKey(String)
    /// The trouble is with the data directory or the key file.
    case directory(DataDirectoryError)

    package var problem: Problem {
        switch self {
        case .notReadable(let path, let reason):
            Problem(
                .notFound, code: "backup_unreadable", detail: "The backup '\(path)' cannot be read: \(reason).",
                nextStep: "Name a file that `tenantry backup create` has written.")
        case .notABackup(let path, let reason):
            Problem(
                .invalid, code: "backup_invalid", detail: "'\(path)' is no backup: \(reason).",
                nextStep: "Name a file that `tenantry backup create` has written.")
        case .damaged(let path, let reason):
            Problem(
                .failure, code: "backup_damaged", detail: "The backup '\(path)' is damaged: \(reason).",
                nextStep: "Use an earlier backup.")
        case .hashDiffers(let path):
            Problem(
                .failure, code: "backup_changed",
                detail: "The backup '\(path)' is not what the SHA-256 in '\(path).sha256' says.",
                nextStep: "Copy both anew from where they were made, or use an earlier backup.")
        case .newer(let path, let found, let known):
            Problem(
                .conflict, code: "database_newer",
                detail: "The backup '\(path)' has schema \(found); this program knows schemas up to \(known).",
                nextStep: "Use the newer program.")
        case .keyNeeded(let path, let key):
            Problem(
                .failure, code: "key_missing",
                detail:
                    "What is sealed in the backup '\(path)' opens with its key file only, and '\(key)' is not there.",
                nextStep: "Copy the key file of its time to that place, or name it with --key-file.")
        case .wrongKey(let path):
            Problem(
                .failure, code: "key_wrong", detail: "The backup '\(path)' was made with another key.",
                nextStep: "Give the key file of the time of the backup; a rotation since then has replaced the key.")
        case .directory(let error): error.problem
        }
    }
}
