/// Whether the disk does what it is asked for, writing or reading, so that trouble is told once and not for every write: a disk that is nearly
/// full fails and works by turns.
struct DiskHealth {
    private var isTold = false
    /// Since it was asked last.
    private var hasFailed = false
    /// Since it failed last.
    private var hasWorked = false

    /// - Returns: whether this is news.
    mutating func failed() -> Bool {
        defer { (isTold, hasFailed, hasWorked) = (true, true, false) }
        return !isTold
    }

    mutating func worked() { hasWorked = true }

    /// To be asked now and then: whether it works again after trouble that was told, and has not failed since this
    /// was asked last. True once.
    mutating func isWellAgain() -> Bool {
        defer { hasFailed = false }
        guard isTold, hasWorked, !hasFailed else { return false }
        isTold = false
        return true
    }
}
