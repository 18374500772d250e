import FoundationEssentials

/// The keys that are left alone for a while, because their authority asked for it or went on failing.
struct KeyRests {
    private struct Rest {
        var until: TimeInterval
        var failures: Int
        var error: TokenError
    }

    private var rests: [TokenKey: Rest] = [:]
    /// What has ended is swept out when there are so many; then twice as many as are left.
    private var sweepAt = 10_000

    /// Beyond that no further key rests: the budget is there for all of them.
    private static let most = 500_000
    private static let longest: TimeInterval = 30
    /// The first failures are free: the caller's next request may well succeed.
    private static let freeFailures = 2

    /// What somebody is told who comes while the key is at rest; `nil` when it is not.
    func refusal(_ key: TokenKey, at now: TimeInterval) -> TokenError? {
        guard let rest = rests[key], now < rest.until else { return nil }
        return rest.error.again(in: rest.until - now)
    }

    func count(at now: TimeInterval) -> Int { rests.values.count { now < $0.until } }

    /// Lets the key rest for that long, whatever it did before.
    mutating func rest(_ key: TokenKey, for seconds: TimeInterval, because error: TokenError, at now: TimeInterval) {
        let failures = rests[key]?.failures ?? 0
        put(Rest(until: now + seconds, failures: failures + 1, error: error), key, at: now)
    }

    /// Takes note of what came of a request.
    ///
    /// - Parameter jitter: a factor for pauses.
    /// - Returns: seconds of a pause that the authority asked for.
    mutating func take(_ error: TokenError?, of key: TokenKey, at now: TimeInterval, jitter: Double) -> TimeInterval? {
        switch error?.reason {
        case .throttled(let seconds)?, .overloaded(let seconds)?:
            if let error { rest(key, for: seconds, because: error, at: now) }
            return seconds
        case nil, .refused(.consentMissing)?, .refused(.ourCredential)?:
            // Whoever asks again after that waits for a consent, and has patience of his own; or he asks with the next
            // credential, which must not be blamed for the last one.
            rests[key] = nil
        case .unavailable?, .refused?, .refusedUnknown?, .mismatch?, .foreignAudience?, .unreadable?:
            let more = (rests[key]?.failures ?? 0) - Self.freeFailures
            let pause = more < 0 ? 0 : min(Self.longest, Double(1 << min(more, 10))) * jitter
            if let error { rest(key, for: pause, because: error, at: now) }
        case .notConnected?, .heldBack?, .credentialUnusable?, .noSuchApp?, .cloudNotConfigured?, .store?: break
        }
        return nil
    }

    private mutating func put(_ rest: Rest, _ key: TokenKey, at now: TimeInterval) {
        if rests.count >= sweepAt {
            rests = rests.filter { now < $0.value.until }
            sweepAt = max(10_000, 2 * rests.count)
        }
        if rests.count < Self.most || rests[key] != nil { rests[key] = rest }
    }
}

extension TokenError {
    /// The same error, told to somebody who comes while the key is at rest.
    fileprivate func again(in seconds: TimeInterval) -> TokenError {
        switch reason {
        case .throttled: with(.throttled(seconds))
        case .overloaded: with(.overloaded(seconds))
        case .unavailable(let what): with(.heldBack(.failing(what), seconds))
        default: self
        }
    }

    private func with(_ reason: Reason) -> TokenError {
        TokenError(tenant: tenant, clientID: clientID, resource: resource, reason: reason, trace: trace)
    }
}
