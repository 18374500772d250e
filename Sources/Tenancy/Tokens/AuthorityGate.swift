package import FoundationEssentials
import Synchronization

/// The one way to the authorities, so that neither they nor this service suffer from the other.
///
/// Keeps to a budget of requests, over all tenants of an authority; rests a key whose authority asked for it (over
/// restarts) or went on failing; repeats a passing failure, seldom and at random times; stops when an authority fails for
/// everybody. Requests are let through in the order they came. Source of the rules: Microsoft's throttling guidance and
/// aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter.
package final class AuthorityGate: Sendable {
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

    private struct State {
        var rests = KeyRests()
        var running: [TenantID: Int] = [:]
        var metrics = AuthorityMetrics()
    }

    private let state = Mutex(State())
    private let lanes: [Cloud: AuthorityLane]
    private let endpoint: any TokenEndpoint
    private let ledger: any TokenLedger
    private let limits: Limits
    private let clock: WallClock
    private let randomness: Randomness
    private let sleep: @Sendable (TimeInterval) async throws -> Void

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
        // The two American government clouds sign in at one host.
        let american = AuthorityLane(limits)
        lanes = [
            .public: AuthorityLane(limits), .usGov: american, .usGovDoD: american, .china: AuthorityLane(limits),
        ]
    }

    /// Takes up the pauses of an earlier process. Once, before the first request.
    package func resumePauses() async throws(StoreError) {
        let now = clock.moment()
        let pauses = try await ledger.pauses(at: now.date)
        state.withLock { state in
            for (key, end) in pauses {
                // However the clock was set meanwhile, nobody asks for a longer pause than this.
                let seconds = min(end.timeIntervalSince(now.date), 3_600)
                state.rests.rest(key, for: seconds, because: TokenError(key, .throttled(seconds)), at: now.steady)
            }
        }
    }

    /// A new token, its claims held against the key.
    package func requestToken(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> AccessToken {
        guard let lane = lanes[key.cloud] else { throw TokenError(key, .cloudNotConfigured) }
        try checkRest(key)
        // Before the queue: a proof may take long to make, by a program of the ISV's for example.
        let send = try await endpoint.prepare(key, claims: claims, with: credential)
        var attempt = 1
        while true {
            do throws(TokenError) {
                return try await pass(key, lane, isRepetition: attempt > 1, send)
            } catch {
                guard case .unavailable = error.reason, attempt < limits.attempts, !Task.isCancelled,
                    lane.mayRepeat(at: clock.steady())
                else { throw error }
                attempt += 1
                state.withLock { $0.metrics.retries += 1 }
                // Full jitter, within one and two seconds.
                do { try await sleep(randomness.fraction() * Double(attempt - 1)) } catch { throw cancelled(key) }
            }
        }
    }

    /// Lets the key rest though its authority did not ask for it: whatever comes is of no use for now.
    func rest(_ key: TokenKey, for seconds: TimeInterval, because error: TokenError) {
        let now = clock.steady()
        state.withLock { $0.rests.rest(key, for: seconds, because: error, at: now) }
    }

    /// Whether a request that nobody waits for may go now: not at rest, and in nobody's way.
    func hasRoom(for key: TokenKey) -> Bool {
        let now = clock.steady()
        guard lanes[key.cloud]?.hasRoom(at: now) == true else { return false }
        return state.withLock { $0.rests.refusal(key, at: now) == nil }
    }

    package var metrics: AuthorityMetrics {
        let now = clock.steady()
        var metrics = state.withLock { state in
            var metrics = state.metrics
            metrics.paused = state.rests.count(at: now)
            metrics.running = state.running.values.reduce(0, +)
            return metrics
        }
        metrics.breakers = lanes.mapValues { $0.breaker(at: now) }
        // One of the two that share a lane.
        metrics.waiting = lanes.reduce(0) { $0 + ($1.key == .usGovDoD ? 0 : $1.value.seats.waiting) }
        return metrics
    }

    // MARK: One request

    private func checkRest(_ key: TokenKey) throws(TokenError) {
        let now = clock.steady()
        let refusal = state.withLock { state -> TokenError? in
            guard let refusal = state.rests.refusal(key, at: now) else { return nil }
            state.metrics.answers[.heldBack, default: 0] += 1
            return refusal
        }
        if let refusal { throw refusal }
    }

    private func pass(
        _ key: TokenKey, _ lane: AuthorityLane, isRepetition: Bool, _ send: PreparedTokenRequest
    ) async throws(TokenError) -> AccessToken {
        try enter(key)
        defer { leave(key) }
        let wasProbe: Bool
        do {
            let wait = try lane.book(isRepetition: isRepetition, at: clock.steady())
            if wait > 0 { try await sleep(wait) }
            try await lane.seats.take()
            do throws(AuthorityLane.HeldBack) { wasProbe = try lane.depart(at: clock.steady()) } catch {
                lane.seats.leave()
                throw error
            }
        } catch let held as AuthorityLane.HeldBack {
            throw refusal(key, held)
        } catch {
            throw cancelled(key)
        }
        defer { lane.seats.leave() }
        let start = clock.steady()
        do throws(TokenError) {
            let token = try await send()
            await take(nil, of: key, lane, wasProbe: wasProbe, after: clock.steady() - start)
            return token
        } catch {
            await take(error, of: key, lane, wasProbe: wasProbe, after: clock.steady() - start)
            throw error
        }
    }

    private func enter(_ key: TokenKey) throws(TokenError) {
        let isIn = state.withLock { state in
            guard state.running[key.tenant, default: 0] < limits.concurrentOfTenant else { return false }
            state.running[key.tenant, default: 0] += 1
            return true
        }
        if !isIn { throw refusal(key, AuthorityLane.HeldBack(.tenantBusy, 1)) }
    }

    private func leave(_ key: TokenKey) {
        state.withLock { state in
            let left = state.running[key.tenant, default: 1] - 1
            state.running[key.tenant] = left > 0 ? left : nil
        }
    }

    private func refusal(_ key: TokenKey, _ held: AuthorityLane.HeldBack) -> TokenError {
        state.withLock { $0.metrics.answers[.heldBack, default: 0] += 1 }
        return TokenError(key, .heldBack(held.why, held.seconds))
    }

    /// Draws the consequences of an answer.
    private func take(
        _ error: TokenError?, of key: TokenKey, _ lane: AuthorityLane, wasProbe: Bool, after seconds: TimeInterval
    ) async {
        let now = clock.moment()
        // Who has cancelled has learnt nothing about the authority.
        guard !Task.isCancelled || error == nil else { return lane.leave(wasProbe: wasProbe, at: now.steady) }
        let jitter = randomness.jitter()
        let outcome = AuthorityMetrics.Outcome(error)
        lane.arrive(
            failed: outcome == .unavailable ? key.tenant : nil, wasProbe: wasProbe, at: now.steady, jitter: jitter)
        let pause = state.withLock { state in
            state.metrics.latency.take(seconds)
            state.metrics.answers[outcome, default: 0] += 1
            return state.rests.take(error, of: key, at: now.steady, jitter: jitter)
        }
        guard let pause else { return }
        do {
            try await ledger.pause(key, until: now.date + pause, at: now.date)
        } catch {
            // The pause holds in this process; after a restart the authority would say it again.
        }
    }

    private func cancelled(_ key: TokenKey) -> TokenError {
        TokenError(key, .unavailable("the request was cancelled"))
    }
}

extension AuthorityMetrics.Outcome {
    /// What came of a request that was sent.
    fileprivate init(_ error: TokenError?) {
        self =
            switch error?.reason {
            case nil: .token
            case .throttled?: .throttled
            case .unavailable?, .overloaded?: .unavailable
            default: .refused
            }
    }
}
