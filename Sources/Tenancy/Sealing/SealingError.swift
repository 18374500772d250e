/// Why the sealing key was not rotated.
package enum SealingError: ExplainedError, Equatable {
    /// An earlier rotation has not ended.
    case rotating
    /// The file cannot be changed: its path and the system's words.
    case keyFile(String, String)
    /// Done but for lines that nothing needs and that cannot be taken out of that file.
    case spareLines(String, String)
    case noKey(String)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .rotating:
            Problem(
                .conflict, code: "sealing_key_rotating", detail: "The sealing key is being rotated already.",
                nextStep: "Wait until `tenantry sealing-key status` says settled.", isRetryable: true)
        case .keyFile(let path, let reason):
            Problem(
                .unavailable, code: "key_file_unwritable",
                detail: "The key file '\(path)' cannot be replaced: \(reason). Nothing was changed.",
                nextStep: "Let the service write there; or put a new line above those in it, made with "
                    + "`openssl rand -base64 32`, and restart the service, which does the rest.")
        case .spareLines(let path, let reason):
            Problem(
                .unavailable, code: "key_file_unwritable",
                detail:
                    "Nothing needs the older lines of the key file '\(path)', but they cannot be removed: \(reason).",
                nextStep: "Keep its first line only, and that safe apart: older backups open with the others.")
        case .noKey(let reason):
            Problem(
                .failure, code: "key_not_made", detail: "No key could be made: \(reason).",
                nextStep: "Try again; if that does not help, look at the machine's OpenSSL.")
        case .store(let error): error.problem
        }
    }
}
