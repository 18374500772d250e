import FoundationEssentials

/// Stops asking an authority that fails for everybody, and finds out by single probes when it is back.
///
/// It opens after so many failures in a row, of several tenants: one tenant's trouble is its own.
struct AuthorityBreaker {
    private enum State {
        case closed
        case open(until: TimeInterval)
        /// One request is on its way to find out; nobody else is let through before that instant.
        case probing(until: TimeInterval)
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

    /// - Returns: `nil` when the request may go, else the seconds until one may.
    mutating func admit(at now: TimeInterval) -> TimeInterval? {
        switch state {
        case .closed: return nil
        case .open(let end), .probing(let end):
            guard now >= end else {
                if case .probing = state { return 1 }
                return end - now
            }
            state = .probing(until: now + Self.longestProbe)
            return nil
        }
    }

    /// Seconds for which it is open; `nil` when it is not.
    func pause(at now: TimeInterval) -> TimeInterval? {
        if case .open(let end) = state, now < end { end - now } else { nil }
    }

    /// Takes note of an answer, of whatever kind: the authority is there.
    mutating func succeeded() {
        self = AuthorityBreaker()
    }

    /// - Parameter jitter: a factor for the pause.
    mutating func failed(_ tenant: TenantID, at now: TimeInterval, jitter: Double) {
        failures += 1
        if failed.count < Self.tenants { failed.insert(tenant) }
        let isProbe = if case .probing = state { true } else { false }
        guard isProbe || (failures >= Self.failuresInARow && failed.count >= Self.tenants) else { return }
        if case .open = state { return }
        let pause = min(Self.longestPause, Self.shortestPause * Double(1 << min(openings, 10)))
        openings += 1
        state = .open(until: now + pause * jitter)
    }

    var reading: AuthorityMetrics.BreakerState {
        switch state {
        case .closed: .closed
        case .open: .open
        case .probing: .halfOpen
        }
    }
}
