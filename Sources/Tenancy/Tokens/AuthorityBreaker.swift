import FoundationEssentials

/// Stops asking an authority that fails for everybody, and finds out by single probes when it is back.
///
/// It opens after so many failures in a row, of several tenants: one tenant's trouble is its own.
struct AuthorityBreaker {
    private enum State {
        case closed
        /// The next one after that instant is the probe.
        case open(until: TimeInterval)
        /// One request is on its way to find out; nobody else is let through before that instant.
        case probing(until: TimeInterval)
    }

    /// Whether a request may be sent.
    enum Passage: Equatable {
        case free
        case probe
        /// Not for so many seconds.
        case closed(TimeInterval)
    }

    private var state = State.closed
    private var failures = 0
    private var failed: Set<TenantID> = []
    private var openings = 0

    static let failuresInARow = 5
    static let tenants = 3
    static let shortestPause: TimeInterval = 5
    static let longestPause: TimeInterval = 60
    /// No request lasts longer, so a probe that was lost does not keep the breaker open for ever.
    private static let longestProbe: TimeInterval = 30

    /// Seconds for which nothing is sent; `nil` when something would be.
    func pause(at now: TimeInterval) -> TimeInterval? {
        switch state {
        case .open(let end) where now < end: end - now
        case .probing(let end) where now < end: 1
        default: nil
        }
    }

    mutating func admit(at now: TimeInterval) -> Passage {
        if let seconds = pause(at: now) { return .closed(seconds) }
        if case .closed = state { return .free }
        state = .probing(until: now + Self.longestProbe)
        return .probe
    }

    /// The authority has answered, of whatever kind its answer was.
    mutating func answered() {
        self = AuthorityBreaker()
    }

    /// - Parameter jitter: a factor for the pause.
    mutating func failed(_ tenant: TenantID, wasProbe: Bool, at now: TimeInterval, jitter: Double) {
        failures += 1
        if failed.count < Self.tenants { failed.insert(tenant) }
        if wasProbe { return open(at: now, jitter: jitter) }
        // What was sent before it opened tells nothing new.
        guard case .closed = state, failures >= Self.failuresInARow, failed.count >= Self.tenants else { return }
        open(at: now, jitter: jitter)
    }

    /// A probe has come to nothing; the next one may go at once.
    mutating func learntNothing(at now: TimeInterval) {
        if case .probing = state { state = .open(until: now) }
    }

    private mutating func open(at now: TimeInterval, jitter: Double) {
        let pause = min(Self.longestPause, Self.shortestPause * Double(1 << min(openings, 10)))
        openings += 1
        state = .open(until: now + pause * jitter)
    }

    func reading(at now: TimeInterval) -> AuthorityMetrics.BreakerState {
        switch state {
        case .closed: .closed
        case .open(let end): now < end ? .open : .halfOpen
        case .probing: .halfOpen
        }
    }
}
