import Dispatch
import FoundationEssentials
import OpenSSLCrypto
import Synchronization
import Tenancy

/// Remembers tokens in a file of their own, on a thread of its own: no caller waits for the disk, and the durable facts
/// in the main database wait for no token.
///
/// Nothing that happens to the file is an error to anybody: what it does not hold is fetched anew. A file that is
/// damaged, or belongs to another key, is made anew; one that cannot be opened for now is left alone and tried again.
final class SQLiteTokenStore: TokenStore {
    private struct State {
        var backlog: TokenBacklog
        var metrics = TokenStoreMetrics()
        var isScheduled = false
        var isClosed = false
        /// How far tokens were sealed anew with the key of that identifier.
        var course: (key: [UInt8], row: Int64) = ([], 0)
        /// Held until everything is written and the file is closed.
        var lock: DirectoryLock?
    }

    private let state: Mutex<State>
    private let slot: TokenFileSlot
    private let keys: KeyRing
    private let sealer: Sealer
    private let options: TokenFileOptions
    private let pause: DispatchTimeInterval
    /// Runs everything that writes.
    private let queue = DispatchQueue(label: "tenantry.tokens.writer", qos: .utility)

    /// So many tokens may wait for a disk that does not keep up: some 100 MB.
    private static let mostWaiting = 65_536
    /// So many are written in one transaction.
    private static let batch = 512
    /// Seconds that what has expired stays: a clock that is set ahead for a moment does not empty the file. The limit bounds
    /// it all the same, and takes these first.
    private static let grace: TimeInterval = 86_400
    /// Rows that are removed at a time: while others wait, and to make room.
    private static let (sweep, room) = (500, 100)

    /// Opens the file in that directory. Cannot fail: without a file nothing is remembered, until one can be made.
    ///
    /// - Parameters:
    ///   - keys: those of the data directory.
    ///   - lock: kept until the store is closed.
    ///   - pause: between the sweeps for what has expired.
    init(
        in directory: String, keys: KeyRing, options: TokenFileOptions, lock: DirectoryLock,
        mostWaiting: Int = mostWaiting, pause: DispatchTimeInterval = .seconds(10)
    ) {
        slot = TokenFileSlot(path: DataFiles(directory: directory).tokens, keys: keys, report: options.report)
        self.keys = keys
        sealer = keys.tokens
        self.pause = pause
        self.options = options
        state = Mutex(State(backlog: TokenBacklog(most: mostWaiting), lock: lock))
        queue.async { [weak self] in self?.sweepAndAgain() }
    }

    // MARK: The port

    func token(_ key: TokenKey, epoch: Int) -> StoredToken? {
        switch state.withLock({ $0.backlog.find(key) }) {
        case .entry(let entry)?: return entry.epoch == epoch ? entry.token : nil
        case .dropped?: return nil
        case nil: break
        }
        guard let file = slot.file else { return nil }
        do {
            let row = try file.row(of: key, epoch: epoch)
            slot.noteRead()
            guard let row else { return nil }
            if let token = row.opened(for: key, epoch: epoch, with: sealer) { return token }
            state.withLock { $0.metrics.unopened += 1 }
            slot.tellUnopened()
        } catch {
            // One that was closed meanwhile is no trouble.
            if slot.file === file { noteUnread(file, error) }
        }
        return nil
    }

    private func noteUnread(_ file: TokenFile, _ error: any Error) {
        state.withLock { $0.metrics.unread += 1 }
        if TokenFile.isDamage(error) {
            queue.async { self.slot.renew(file, after: error) }
        } else {
            slot.tellUnread(error)
        }
    }

    func put(_ token: StoredToken, for key: TokenKey, epoch: Int) {
        change { state in
            if state.isClosed {
                state.metrics.lost += 1
            } else {
                state.metrics.lost += state.backlog.put(token, for: key, epoch: epoch)
            }
        }
    }

    func drop(_ tenant: TenantID, clientID: ClientID) {
        change { $0.backlog.drop(.tenant(tenant, clientID)) }
    }

    func drop(_ clientID: ClientID) {
        change { $0.backlog.drop(.app(clientID)) }
    }

    func flush() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.write()
                continuation.resume()
            }
        }
    }

    var metrics: TokenStoreMetrics {
        state.withLock { state in
            var metrics = state.metrics
            metrics.waiting = state.backlog.count
            return metrics
        }
    }

    /// Seals some tokens with the key in use that another one has sealed.
    ///
    /// - Returns: whether there may be more. Tokens that the disk does not let through are given up: they can be had
    ///   again.
    func rewriteSome() async -> Bool {
        await withCheckedContinuation { continuation in
            queue.async {
                var hasMore = false
                self.useIfOpen { hasMore = try self.rewritePortion(of: $0) }
                continuation.resume(returning: hasMore)
            }
        }
    }

    private func useIfOpen(_ body: (TokenFile) throws -> Void) {
        if !state.withLock(\.isClosed) { _ = slot.use(body) }
    }

    private func rewritePortion(of file: TokenFile) throws -> Bool {
        guard try !file.isSettled(on: keys.inUse) else { return false }
        let key = keys.inUse
        let last = try file.rewrite(after: courseRow, limit: Self.batch, with: sealer)
        if last == nil { try file.settle(on: key) }
        state.withLock { $0.course = (key.identifier, last ?? 0) }
        return last != nil
    }

    /// The row up to which nothing is sealed with another key than the one in use.
    private var courseRow: Int64 {
        let course = state.withLock(\.course)
        return course.key == keys.inUse.identifier ? course.row : 0
    }

    /// How many tokens there are, and how many of them are still to be looked at.
    func sealedRows() async -> SealingStatus.Rows {
        await withCheckedContinuation { continuation in
            queue.async {
                var (total, remaining) = (0, 0)
                self.useIfOpen { file in
                    let isSettled = try file.isSettled(on: self.keys.inUse)
                    let count = try file.count(after: self.courseRow)
                    (total, remaining) = (count.total, isSettled ? 0 : count.behind)
                }
                continuation.resume(
                    returning: SealingStatus.Rows(table: "token", total: total, remaining: remaining))
            }
        }
    }

    /// Writes what waits and closes the file. Later puts are lost, and nothing is found any more. Closing again does
    /// nothing.
    func close() {
        state.withLock { $0.isClosed = true }
        queue.sync {
            write()
            slot.close()
            let lock = state.withLock { state in
                defer { state.lock = nil }
                return state.lock
            }
            withExtendedLifetime(lock) {}
        }
    }

    /// Whether a layer of what was put and dropped is being written.
    var isWriting: Bool { state.withLock(\.backlog.isWriting) }

    /// The open file.
    var file: TokenFile? { slot.file }

    private func change(_ body: (inout State) -> Void) {
        let starts = state.withLock { state in
            body(&state)
            defer { state.isScheduled = true }
            return !state.isScheduled
        }
        if starts { queue.async { self.write() } }
    }

    // MARK: Writing, on the queue

    /// Writes what waits, layer by layer, until nothing does or the disk fails.
    private func write() {
        while let layer = takeLayer() {
            var puts = layer.puts()[...]
            let isWritten = slot.use { try write(layer, &puts, to: $0) }
            state.withLock { state in
                state.metrics.lost += puts.count
                isWritten ? state.backlog.written() : state.backlog.failed()
            }
            guard isWritten else { return }
            slot.noteWorked()
        }
    }

    private func takeLayer() -> TokenBacklog.Layer? {
        state.withLock { state in
            state.isScheduled = false
            return state.lock == nil ? nil : state.backlog.take()
        }
    }

    /// - Parameter puts: what is left of the layer's; gets shorter as they are written.
    private func write(
        _ layer: TokenBacklog.Layer, _ puts: inout ArraySlice<(key: TokenKey, entry: TokenBacklog.Entry)>,
        to file: TokenFile
    ) throws {
        for scope in layer.drops { note(removed: try file.remove(scope)) }
        while !puts.isEmpty {
            let rows = try puts.prefix(Self.batch).map { put in
                let sealed = try SealedToken(
                    sealing: put.entry.token, for: put.key, epoch: put.entry.epoch, with: sealer)
                return (key: put.key, epoch: put.entry.epoch, token: sealed)
            }
            try file.write(rows)
            puts = puts.dropFirst(rows.count)
            state.withLock { $0.metrics.written += rows.count }
            try keepToLimit(file)
        }
    }

    /// Removes the tokens that expire soonest until the rest fits.
    private func keepToLimit(_ file: TokenFile) throws {
        while true {
            let size = try file.size()
            state.withLock { $0.metrics.bytes = size.bytes }
            guard size.used > options.diskBytes else { return }
            let removed = try file.removeExpired(at: nil, limit: Self.room)
            note(removed: removed)
            if removed == 0 { return }
        }
    }

    private func note(removed: Int) {
        state.withLock { $0.metrics.removed += removed }
    }

    // MARK: Sweeping, on the queue

    private func sweepAndAgain() {
        guard !state.withLock(\.isClosed) else { return }
        write()
        var isDone = true
        _ = slot.use { isDone = try sweep($0) }
        slot.tellWhenWell()
        queue.asyncAfter(deadline: .now() + (isDone ? pause : .seconds(0))) { [weak self] in
            self?.sweepAndAgain()
        }
    }

    /// One small step of removing what has long expired and giving unused bytes back to the disk.
    ///
    /// - Returns: whether nothing is left to do.
    private func sweep(_ file: TokenFile) throws -> Bool {
        let removed = try file.removeExpired(at: options.clock.now() - Self.grace, limit: Self.sweep)
        note(removed: removed)
        try keepToLimit(file)
        let size = try file.size()
        let unused = size.bytes - size.used
        // Room for the tokens of the next minutes is kept.
        let isTooLarge = unused > 0 && (size.bytes > options.diskBytes || unused > max(size.used, 16 << 20))
        if isTooLarge { try file.shrink(by: min(unused, 4 << 20)) }
        return removed < Self.sweep && !isTooLarge
    }
}
