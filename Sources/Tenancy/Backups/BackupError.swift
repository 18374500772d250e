/// Why no backup was made. No file is left.
package enum BackupError: ExplainedError, Equatable {
    case invalidPlace
    /// A caller from elsewhere named a path.
    case foreignPlace
    case exists(String)
    /// The path and the system's or SQLite's words.
    case notWritten(String, String)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalidPlace:
            Problem(
                .invalid, code: "backup_path_invalid", detail: "A backup cannot lie there.",
                nextStep: "Give an absolute path of a file that is not there yet, or a mere name.")
        case .foreignPlace:
            Problem(
                .forbidden, code: "backup_path_forbidden",
                detail: "Whoever calls with an API key names no path on the service's machine.",
                nextStep: "Give a mere name; the backup lies in the data directory's 'backups' then.")
        case .exists(let path):
            Problem(
                .conflict, code: "backup_exists", detail: "There is a file '\(path)' already, and it was kept.",
                nextStep: "Name one that is not there yet.")
        case .notWritten(let path, let reason):
            Problem(
                .unavailable, code: "backup_not_written", detail: "The backup '\(path)' was not written: \(reason).",
                nextStep: "Check the directory, its permissions and the free space, then try again.", isRetryable: true)
        case .store(let error): error.problem
        }
    }
}
