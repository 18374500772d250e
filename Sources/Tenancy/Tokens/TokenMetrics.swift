package import FoundationEssentials

/// What the token engine counts, at one moment. Never by tenant.
package struct TokenMetrics: Sendable, Equatable {
    /// Tokens handed out, by where they came from.
    package var fromMemory = 0
    package var fromStore = 0
    package var fromAuthority = 0
    /// Callers that waited for another one's request.
    package var joined = 0
    /// Requests for a new token, by reason.
    package var fetches: [FetchReason: Int] = [:]
    /// Refreshes ahead of expiry that brought nothing, so that the old token stayed in use.
    package var failedRefreshes = 0
    /// Tokens handed out though a newer one was due and could not be had.
    package var servedStale = 0
    /// Tokens that were somebody else's.
    package var mismatches = 0
    package var flights = 0
    package var cachedTokens = 0
    /// An estimate.
    package var cachedBytes = 0
    package var evicted = 0
    package var authority = AuthorityMetrics()
    package var store = TokenStoreMetrics()

    package init() {}
}

/// Why a token was fetched.
package enum FetchReason: String, Sendable, CaseIterable {
    /// There was none.
    case cold
    /// The one there was lives no longer than the caller needs.
    case expired
    /// Ahead of expiry, in the background.
    case ahead
    /// The resource refused the one there was.
    case rejected
    /// The resource demands claims.
    case claims
}

/// What goes over the wire to the authorities.
package struct AuthorityMetrics: Sendable, Equatable {
    /// Answers, by what came of the request.
    package var answers: [Outcome: Int] = [:]
    package var retries = 0
    package var latency = Latency()
    /// Keys at rest because their authority asked for it or failed.
    package var paused = 0
    package var waiting = 0
    package var running = 0
    package var breakers: [Cloud: BreakerState] = [:]

    package init() {}

    package enum Outcome: String, Sendable, CaseIterable {
        case token, refused, throttled, unavailable
        /// Never sent: over budget, at rest, or the breaker was open.
        case heldBack = "held_back"
    }

    package enum BreakerState: String, Sendable, CaseIterable {
        case closed
        case open
        case halfOpen = "half_open"
    }

    /// A histogram of seconds from sending to the last byte.
    package struct Latency: Sendable, Equatable {
        /// Upper bounds in seconds; what is longer is in the last count.
        package static let bounds: [TimeInterval] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
        /// One more than there are bounds.
        package var counts = [Int](repeating: 0, count: bounds.count + 1)
        package var sum: TimeInterval = 0

        package init() {}

        mutating func take(_ seconds: TimeInterval) {
            counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
            sum += seconds
        }
    }
}
