import Synchronization

/// The place of the file: opens it, makes it anew when it is spoilt, and tells of trouble.
///
/// Whoever changes anything does so on one queue.
final class TokenFileSlot: Sendable {
    private struct State {
        var file: TokenFile?
        var writing = DiskHealth()
        var reading = DiskHealth()
        var isUnopenedTold = false
    }

    private let path: String
    private let keys: KeyRing
    private let report: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Tries to open the file, or to make one. Without it nothing is remembered, until one can be made.
    init(path: String, keys: KeyRing, report: @escaping @Sendable (String) -> Void) {
        self.path = path
        self.keys = keys
        self.report = report
        _ = use { _ in }
    }

    /// `nil` while none can be made, and once it is closed.
    var file: TokenFile? { state.withLock(\.file) }

    /// Runs the body with the file, made if there is none, and once more with a new one when it turns out to be spoilt.
    ///
    /// - Returns: whether the body went well. Why not is told unless it was told before.
    func use(_ body: (TokenFile) throws -> Void) -> Bool {
        do {
            let file = try current()
            do { try body(file) } catch  where TokenFile.isDamage(error) { try body(try renewed(after: error)) }
            return true
        } catch {
            tell(error)
            return false
        }
    }

    /// Makes a new file in the place of one that a look has found spoilt, unless that was done already.
    func renew(_ spoilt: TokenFile, after error: any Error) {
        guard file === spoilt else { return }
        do { _ = try renewed(after: error) } catch { tell(error) }
    }

    /// To be called when something was written.
    func noteWorked() { state.withLock { $0.writing.worked() } }

    /// To be called when a look by key went well, whatever it found.
    func noteRead() { state.withLock { $0.reading.worked() } }

    /// Tells once that a look by key failed, until they go well again.
    func tellUnread(_ error: any Error) {
        guard state.withLock({ $0.reading.failed() }) else { return }
        report(
            "A stored token could not be read from '\(path)': \(TokenFile.reason(error)). Tokens that are not read are "
                + "fetched again. Check the disk and the file's owner; each further one is only counted.")
    }

    /// Tells once that a token that was read did not open.
    func tellUnopened() {
        let isNews = state.withLock { state in
            defer { state.isUnopenedTold = true }
            return !state.isUnopenedTold
        }
        guard isNews else { return }
        report(
            "A stored token in '\(path)' did not open: its row was altered or moved, or the key that sealed it is gone. "
                + "It was not used and is fetched again. If nobody has replaced the key, find out who else writes to the "
                + "data directory; each further one is only counted.")
    }

    /// To be called now and then: tells when all is well again.
    func tellWhenWell() {
        let (stores, reads) = state.withLock { ($0.writing.isWellAgain(), $0.reading.isWellAgain()) }
        if stores { report("Tokens are stored in '\(path)' again.") }
        if reads { report("Stored tokens are read from '\(path)' again.") }
    }

    func close() {
        let file = state.withLock { state in
            defer { state.file = nil }
            return state.file
        }
        file?.close()
    }

    private func current() throws -> TokenFile {
        if let file { return file }
        let (file, fault) = try TokenFile.open(at: path, keys: keys)
        state.withLock { $0.file = file }
        if let fault { tellLoss(fault) }
        return file
    }

    private func renewed(after error: any Error) throws -> TokenFile {
        close()
        let file = try TokenFile.create(at: path, keyIdentifier: keys.inUse.identifier)
        state.withLock { $0.file = file }
        tellLoss(TokenFile.reason(error))
        return file
    }

    private func tellLoss(_ reason: String) {
        report(
            "The stored tokens in '\(path)' could not be used (\(reason)); the file was made anew, and tokens are "
                + "fetched again as they are asked for. Nobody need act.")
    }

    private func tell(_ error: any Error) {
        guard state.withLock({ $0.writing.failed() }) else { return }
        report(
            "Tokens cannot be stored in '\(path)': \(TokenFile.reason(error)). They are served from memory, and after a "
                + "restart fetched again. Check the disk's free space and the file's owner; it is tried again by "
                + "itself.")
    }
}
