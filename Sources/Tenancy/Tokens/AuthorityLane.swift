import FoundationEssentials
import Synchronization

/// The way to one authority's host: a budget of requests, seats for those on their way, and a breaker.
final class AuthorityLane: Sendable {
    private struct State {
        /// When the budget would be used up, were every request sent at its time.
        var budgetedUntil: TimeInterval = 0
        var breaker = AuthorityBreaker()
        /// What is left for repetitions: a tenth of the requests.
        var repetitions = mostRepetitions
    }

    private let state = Mutex(State())
    let seats: Seats
    private let limits: AuthorityGate.Limits

    private static let mostRepetitions: Double = 10
    private static let shareOfRepetitions = 0.1

    init(_ limits: AuthorityGate.Limits) {
        self.limits = limits
        seats = Seats(limits.concurrent)
    }

    /// Counts a request in.
    ///
    /// - Returns: the seconds to wait until its turn in the budget comes.
    func book(isRepetition: Bool, at now: TimeInterval) throws(HeldBack) -> TimeInterval {
        let outcome = state.withLock { state -> Result<TimeInterval, HeldBack> in
            if let seconds = state.breaker.pause(at: now) { return .failure(HeldBack(.authorityDown, seconds)) }
            let earliest = now - Double(limits.burst - 1) / limits.perSecond
            let turn = max(state.budgetedUntil, earliest)
            let excess = turn - now - limits.longestWait
            guard excess <= 0 else { return .failure(HeldBack(.overBudget, excess + 1)) }
            state.budgetedUntil = turn + 1 / limits.perSecond
            if !isRepetition {
                state.repetitions = min(Self.mostRepetitions, state.repetitions + Self.shareOfRepetitions)
            }
            return .success(max(0, turn - now))
        }
        return try outcome.get()
    }

    /// The last look before a request is sent: the authority may have gone while it waited.
    ///
    /// - Returns: whether it is the breaker's probe.
    func depart(at now: TimeInterval) throws(HeldBack) -> Bool {
        let passage = state.withLock { $0.breaker.admit(at: now) }
        switch passage {
        case .free: return false
        case .probe: return true
        case .closed(let seconds): throw HeldBack(.authorityDown, seconds)
        }
    }

    /// Takes note of what came of a request.
    ///
    /// - Parameters:
    ///   - failed: the tenant for which the authority failed; `nil` when it answered, whatever it said.
    ///   - jitter: a factor for pauses.
    func arrive(failed tenant: TenantID?, wasProbe: Bool, at now: TimeInterval, jitter: Double) {
        state.withLock { state in
            if let tenant {
                state.breaker.failed(tenant, wasProbe: wasProbe, at: now, jitter: jitter)
            } else {
                state.breaker.answered()
            }
        }
    }

    /// Takes note of a request that told nothing about the authority, such as one that was cancelled.
    func leave(wasProbe: Bool, at now: TimeInterval) {
        if wasProbe { state.withLock { $0.breaker.learntNothing(at: now) } }
    }

    /// Takes one repetition out of the budget for them.
    func mayRepeat(at now: TimeInterval) -> Bool {
        state.withLock { state in
            guard state.repetitions >= 1, state.breaker.reading(at: now) == .closed else { return false }
            state.repetitions -= 1
            return true
        }
    }

    /// Whether a request that nobody waits for would be in nobody's way.
    func hasRoom(at now: TimeInterval) -> Bool {
        guard seats.waiting == 0 else { return false }
        return state.withLock { $0.breaker.pause(at: now) == nil && $0.budgetedUntil <= now }
    }

    func breaker(at now: TimeInterval) -> AuthorityMetrics.BreakerState {
        state.withLock { $0.breaker.reading(at: now) }
    }

    /// Why a request was not sent, and for how many seconds none will be.
    struct HeldBack: Error {
        let why: TokenError.HeldBack
        let seconds: TimeInterval

        init(_ why: TokenError.HeldBack, _ seconds: TimeInterval) {
            self.why = why
            self.seconds = seconds
        }
    }
}
