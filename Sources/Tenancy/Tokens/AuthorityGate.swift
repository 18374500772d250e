package import FoundationEssentials
import Synchronization

/// Stands between this service and the authorities, so that neither hurts the other.
///
/// Keeps to a budget of requests, over all tenants of a cloud; rests a key whose authority asked for it (over restarts)
/// or failed; repeats a passing failure, seldom and at random times; stops when an authority fails for everybody.
/// Requests are let through in the order they came. Source of the rules: Microsoft's throttling guidance and
/// aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter.
package final class AuthorityGate: TokenEndpoint {
    package struct Limits: Sendable {
        /// Requests a second, on average.
        package var perSecond: Double = 100
        /// So many may go at once after a quiet time.
        package var burst = 200
        /// Requests on their way at a time.
        package var concurrent = 64
        /// The same of one tenant.
        package var concurrentOfTenant = 16
        /// How often a request is sent at most while it fails in passing.
        package var attempts = 3
        /// Seconds; who would have to wait longer for the budget is told so at once.
        package var longestWait: TimeInterval = 30

        package init() {}
    }

    /// Why a key is left alone, and until when.
    private struct Rest {
        var until: TimeInterval
        var failures = 0
        var error: TokenError
    }

    /// What is shared by all requests to one cloud's authority.
    private struct Lane {
        /// When the budget would be used up, were every request sent at its time.
        var budgetedUntil: TimeInterval = 0
        var breaker = AuthorityBreaker()
        /// What is left for repetitions: a tenth of the requests.
        var repetitions: Double = 10
    }

    private struct State {
        var rests: [TokenKey: Rest] = [:]
        var lanes: [Cloud: Lane] = [:]
        var running: [TenantID: Int] = [:]
        var metrics = AuthorityMetrics()
    }

    private let state = Mutex(State())
    private let seats: Seats
    private let endpoint: any TokenEndpoint
    private let ledger: any TokenLedger
    private let limits: Limits
    private let clock: WallClock
    private let randomness: Randomness
    private let sleep: @Sendable (TimeInterval) async throws -> Void

    /// Rests are swept when there are so many.
    private static let mostRests = 100_000
    private static let shareOfRepetitions = 0.1
    private static let longestRest: TimeInterval = 30

    /// - Parameter sleep: waits that many seconds; tests pass one that moves their clock.
    package init(
        endpoint: any TokenEndpoint, ledger: any TokenLedger, limits: Limits = Limits(), clock: WallClock,
        randomness: Randomness,
        sleep: @escaping @Sendable (TimeInterval) async throws -> Void = { try await Task.sleep(for: .seconds($0)) }
    ) {
        self.endpoint = endpoint
        self.ledger = ledger
        self.limits = limits
        self.clock = clock
        self.randomness = randomness
        self.sleep = sleep
        seats = Seats(limits.concurrent)
    }

    /// Takes up the pauses of an earlier process. Once, before the first request.
    package func resumePauses() async throws(StoreError) {
        let now = clock.moment()
        let pauses = try await ledger.pauses(at: now.date)
        state.withLock { state in
            for (key, end) in pauses {
                // However the clock was set meanwhile, nobody asks for a longer pause than this.
                let seconds = min(end.timeIntervalSince(now.date), 3_600)
                state.rests[key] = Rest(until: now.steady + seconds, error: TokenError(key, .throttled(seconds)))
            }
        }
    }

    /// Whether a request that nobody waits for may go now: not at rest, and nobody else waits.
    func hasRoom(for key: TokenKey) -> Bool {
        let now = clock.steady()
        guard seats.waiting == 0 else { return false }
        return state.withLock { state in
            if let rest = state.rests[key], now < rest.until { return false }
            guard let lane = state.lanes[key.cloud] else { return true }
            return lane.breaker.reading != .open && lane.budgetedUntil <= now
        }
    }

    package var metrics: AuthorityMetrics {
        let now = clock.steady()
        var metrics = state.withLock { state in
            var metrics = state.metrics
            metrics.breakers = state.lanes.mapValues(\.breaker.reading)
            metrics.paused = state.rests.values.count { now < $0.until }
            metrics.running = state.running.values.reduce(0, +)
            return metrics
        }
        metrics.waiting = seats.waiting
        return metrics
    }

    package func requestToken(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> UnverifiedToken {
        var attempt = 1
        while true {
            do throws(TokenError) {
                return try await askOnce(key, claims: claims, with: credential, isRepetition: attempt > 1)
            } catch {
                guard case .unavailable = error.reason, attempt < limits.attempts, mayRepeat(key) else { throw error }
                attempt += 1
                // Full jitter, within one and two seconds.
                do { try await sleep(randomness.fraction() * Double(attempt - 1)) } catch { throw cancelled(key) }
            }
        }
    }

    private func askOnce(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential, isRepetition: Bool
    ) async throws(TokenError) -> UnverifiedToken {
        let wait = try admit(key, isRepetition: isRepetition)
        defer { leave(key) }
        do {
            if wait > 0 { try await sleep(wait) }
            try await seats.take()
        } catch {
            throw cancelled(key)
        }
        defer { seats.leave() }
        if wait > 0 { try checkBreaker(key) }
        let start = clock.steady()
        do throws(TokenError) {
            let token = try await endpoint.requestToken(key, claims: claims, with: credential)
            await take(nil, of: key, after: clock.steady() - start)
            return token
        } catch {
            await take(error, of: key, after: clock.steady() - start)
            throw error
        }
    }

    /// Counts the request in.
    ///
    /// - Returns: the seconds to wait until its turn in the budget comes.
    private func admit(_ key: TokenKey, isRepetition: Bool) throws(TokenError) -> TimeInterval {
        let now = clock.steady()
        let (wait, refusal) = state.withLock { state -> (TimeInterval, TokenError?) in
            if !isRepetition, let rest = state.rests[key], now < rest.until {
                return (0, rest.error.again(in: rest.until - now))
            }
            var lane = state.lanes[key.cloud] ?? Lane()
            defer { state.lanes[key.cloud] = lane }
            guard state.running[key.tenant, default: 0] < limits.concurrentOfTenant else {
                return (0, TokenError(key, .heldBack(.tenantBusy, 1)))
            }
            let earliest = now - Double(limits.burst - 1) / limits.perSecond
            let turn = max(lane.budgetedUntil, earliest)
            guard turn - now <= limits.longestWait else {
                return (0, TokenError(key, .heldBack(.overBudget, turn - now - limits.longestWait + 1)))
            }
            // Last, for it may let this one through as its probe.
            if let seconds = lane.breaker.admit(at: now) {
                return (0, TokenError(key, .heldBack(.authorityDown, seconds)))
            }
            lane.budgetedUntil = turn + 1 / limits.perSecond
            if !isRepetition { lane.repetitions = min(10, lane.repetitions + Self.shareOfRepetitions) }
            state.running[key.tenant, default: 0] += 1
            return (max(0, turn - now), nil)
        }
        guard let refusal else { return wait }
        state.withLock { $0.metrics.answers[.heldBack, default: 0] += 1 }
        throw refusal
    }

    private func leave(_ key: TokenKey) {
        state.withLock { state in
            let left = state.running[key.tenant, default: 1] - 1
            state.running[key.tenant] = left > 0 ? left : nil
        }
    }

    /// The authority may have gone while the request waited.
    private func checkBreaker(_ key: TokenKey) throws(TokenError) {
        let now = clock.steady()
        let seconds = state.withLock { $0.lanes[key.cloud]?.breaker.pause(at: now) }
        if let seconds { throw TokenError(key, .heldBack(.authorityDown, seconds)) }
    }

    private func mayRepeat(_ key: TokenKey) -> Bool {
        guard !Task.isCancelled else { return false }
        return state.withLock { state in
            guard var lane = state.lanes[key.cloud], lane.repetitions >= 1, lane.breaker.reading == .closed else {
                return false
            }
            lane.repetitions -= 1
            state.lanes[key.cloud] = lane
            state.metrics.retries += 1
            return true
        }
    }

    /// Draws the consequences of an answer.
    private func take(_ error: TokenError?, of key: TokenKey, after seconds: TimeInterval) async {
        let now = clock.moment()
        let jitter = randomness.jitter()
        let isCancelled = Task.isCancelled
        let pause = state.withLock { state -> TimeInterval? in
            state.metrics.latency.take(seconds)
            state.metrics.answers[error.outcome, default: 0] += 1
            var lane = state.lanes[key.cloud] ?? Lane()
            defer { state.lanes[key.cloud] = lane }
            switch error?.reason {
            case .unavailable?:
                // Who has cancelled learnt nothing about the authority.
                if !isCancelled { lane.breaker.failed(key.tenant, at: now.steady, jitter: jitter) }
            default: lane.breaker.succeeded()
            }
            return Self.rest(key, error, &state.rests, at: now.steady, jitter: jitter)
        }
        guard let pause else { return }
        do {
            try await ledger.pause(key, until: now.date + pause, at: now.date)
        } catch {
            // The pause holds in this process; after a restart the authority would say it again.
        }
    }

    /// - Returns: seconds of a pause that the authority asked for.
    private static func rest(
        _ key: TokenKey, _ error: TokenError?, _ rests: inout [TokenKey: Rest], at now: TimeInterval, jitter: Double
    ) -> TimeInterval? {
        guard let error else {
            rests[key] = nil
            return nil
        }
        if rests.count >= mostRests { rests = rests.filter { now < $0.value.until } }
        let failures = (rests[key]?.failures ?? 0) + 1
        switch error.reason {
        case .throttled(let seconds):
            rests[key] = Rest(until: now + seconds, failures: failures, error: error)
            return seconds
        case .refused(.consentMissing), .refused(.ourCredential):
            // Whoever asks again after that waits for a consent, and has patience of his own; or he asks with the next
            // credential, which must not be blamed for the last one.
            rests[key] = nil
        case .unavailable, .refused, .refusedUnknown, .mismatch, .foreignAudience, .unreadable:
            // The first failures are free: the caller's next request may well succeed.
            let pause = failures < 3 ? 0 : min(longestRest, Double(1 << min(failures - 3, 10))) * jitter
            rests[key] = Rest(until: now + pause, failures: failures, error: error)
        default: break
        }
        return nil
    }

    private func cancelled(_ key: TokenKey) -> TokenError {
        TokenError(key, .unavailable("the request was cancelled"))
    }
}

extension Optional<TokenError> {
    fileprivate var outcome: AuthorityMetrics.Outcome {
        switch self?.reason {
        case nil: .token
        case .throttled?: .throttled
        case .unavailable?: .unavailable
        default: .refused
        }
    }
}

extension TokenError {
    /// The same error, told to somebody who comes while the key is at rest.
    fileprivate func again(in seconds: TimeInterval) -> TokenError {
        switch reason {
        case .throttled: TokenError(self, .throttled(seconds))
        case .unavailable(let what): TokenError(self, .heldBack(.failing(what), seconds))
        default: self
        }
    }

    private init(_ error: TokenError, _ reason: Reason) {
        self.init(
            tenant: error.tenant, clientID: error.clientID, resource: error.resource, reason: reason,
            trace: error.trace)
    }
}
