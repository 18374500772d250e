package import FoundationEssentials
import Synchronization

/// Hands out the token of a tenant: from memory, else from the store, else from the authority.
///
/// A token in memory costs a lock and no suspension. One request per key is in flight, whoever waits. A token past about
/// half of its life is replaced in the background by the next hit, so that an authority may be out for a while and
/// nobody notices; while it is out, the old token is served to its true end.
///
/// What is decided is decided under a lock; what takes time happens outside of it.
package final class TokenBroker: Sendable {
    private struct Flight {
        let task: Task<Result<(AccessToken, Source), TokenError>, Never>
        let claims: ClaimsChallenge?
    }

    private enum Source { case store, authority }

    private struct State {
        var flights: [TokenKey: Flight] = [:]
        /// One copy of each API's name, for all keys that are kept.
        var resources: Set<Resource> = []
        var metrics = TokenMetrics()
    }

    private let state = Mutex(State())
    private let cache: TokenCache
    let issuer: TokenIssuer
    let gate: AuthorityGate
    private let store: any TokenStore
    let consent: any ConsentStore
    let clock: WallClock
    let checks: Wake

    /// Seconds that a token still lives when a caller says nothing else, or half of its life if that is less. Source:
    /// the five minutes by which Microsoft's own libraries call a token expired.
    package static let defaultMargin: TimeInterval = 300
    /// An estimate of what the tokens in memory may take, unless the settings say otherwise.
    package static let defaultCacheBytes = 512 << 20
    private static let mostShared = 1_024
    /// Seconds until a refresh is tried again that failed, or that had to give way.
    private static let refreshPause: TimeInterval = 30

    /// - Parameters:
    ///   - gate: through which the issuer asks.
    ///   - cacheBytes: an estimate of what the tokens in memory may take.
    ///   - checks: ends the wait of the verification loop when a refusal has cast doubt on a consent.
    package init(
        issuer: TokenIssuer, gate: AuthorityGate, store: any TokenStore, consent: any ConsentStore, clock: WallClock,
        cacheBytes: Int = defaultCacheBytes, checks: Wake = Wake()
    ) {
        cache = TokenCache(mostBytes: cacheBytes)
        self.issuer = issuer
        self.gate = gate
        self.store = store
        self.consent = consent
        self.clock = clock
        self.checks = checks
    }

    // MARK: Asking

    /// The token in memory, if one fits the request: some hundred nanoseconds, no suspension, nothing allocated.
    package func cached(_ request: TokenRequest) -> AccessToken? {
        guard request.claims == nil else { return nil }
        let now = clock.steady()
        let token = cache.hit(
            request.key, living: request.minimumLife ?? Self.defaultMargin, at: now, except: request.rejected)
        guard let token else { return nil }
        if now >= token.refreshDue { refresh(token, request) }
        return token
    }

    /// A token that fits the request.
    ///
    /// Without a wish for a certain life it is, when a newer one cannot be had, the old one as long as it lives at all.
    package func token(_ request: TokenRequest) async throws(TokenError) -> AccessToken {
        while true {
            if let token = cached(request) { return token }
            let (flight, isOwn) = join(request, because: reason(for: request))
            switch await flight.task.value {
            // Who joined another's flight may have asked for more than that one did.
            case .success(let (token, source)) where isOwn || fits(token, request, of: flight):
                count(isOwn ? source : nil)
                return token
            case .success: continue
            case .failure where flight.claims != request.claims: continue
            case .failure(let error):
                if let token = lastResort(request, after: error) { return token }
                throw error
            }
        }
    }

    // MARK: What others know of tokens

    /// Takes in the tokens of one tenant that the verifier fetched, so that nobody fetches them again.
    ///
    /// - Parameter connection: as it was when the verdict was stored; when it has changed since, nothing is kept.
    package func adopt(
        _ tokens: [(key: TokenKey, token: AccessToken)], under connection: Connection
    ) async throws(StoreError) {
        guard let first = tokens.first?.key else { return }
        let age = cache.age(of: first.tenant)
        for (key, token) in tokens {
            store.put(token.stored, for: key, epoch: connection.epoch)
            cache.put(token, for: key, age: age)
        }
        // Last, so that a change before this look is seen by it, and one after it forgets these tokens itself.
        if try await consent.connection(first.tenant, connection.app).epoch != connection.epoch {
            forget(first.tenant, clientID: first.clientID)
        }
    }

    /// Drops every token of that tenant and app, for its consent has changed.
    package func forget(_ tenant: TenantID, clientID: ClientID) {
        cache.forget(tenant, clientID: clientID)
        store.drop(tenant, clientID: clientID)
    }

    /// Drops every token of that app, for it is deleted.
    func forget(_ clientID: ClientID) {
        cache.forget(clientID)
        store.drop(clientID)
    }

    package var metrics: TokenMetrics {
        var metrics = state.withLock { state in
            var metrics = state.metrics
            metrics.flights = state.flights.count
            return metrics
        }
        let counts = cache.counts
        metrics.fromMemory = counts.hits
        metrics.cachedTokens = counts.tokens
        metrics.cachedBytes = counts.bytes
        metrics.evicted = counts.evicted
        metrics.mismatches = issuer.mismatchCount
        metrics.authority = gate.metrics
        metrics.store = store.metrics
        return metrics
    }

    // MARK: Flights

    private func reason(for request: TokenRequest) -> FetchReason {
        if request.claims != nil { return .claims }
        guard let token = cache.token(request.key) else { return .cold }
        return token.digest == request.rejected ? .rejected : .expired
    }

    private func fits(_ token: AccessToken, _ request: TokenRequest, of flight: Flight) -> Bool {
        flight.claims == request.claims && token.digest != request.rejected
            && token.lives(request.minimumLife ?? Self.defaultMargin, at: clock.steady())
    }

    /// - Parameter source: `nil` for a token that another caller's request brought.
    private func count(_ source: Source?) {
        state.withLock { state in
            switch source {
            case .store?: state.metrics.fromStore += 1
            case .authority?: state.metrics.fromAuthority += 1
            case nil: state.metrics.joined += 1
            }
        }
    }

    private func join(_ request: TokenRequest, because reason: FetchReason) -> (flight: Flight, isOwn: Bool) {
        // The task is owned by `flights` and awaited by everyone who finds it there; it ends within the gate's and the
        // transport's deadlines even when all of them have left.
        state.withLock { state in
            if let flight = state.flights[request.key] { return (flight, false) }
            let age = cache.age(of: request.key.tenant)
            var wish = request
            wish.key = Self.shared(request.key, &state.resources)
            let task = Task { [wish] in
                let result = await self.obtain(wish, because: reason, age: age)
                self.state.withLock { $0.flights[wish.key] = nil }
                return result
            }
            let flight = Flight(task: task, claims: request.claims)
            state.flights[wish.key] = flight
            return (flight, true)
        }
    }

    /// The same key with the one copy of its API's name, so that a million keys do not hold as many.
    private static func shared(_ key: TokenKey, _ resources: inout Set<Resource>) -> TokenKey {
        guard resources.count < mostShared || resources.contains(key.resource) else { return key }
        return TokenKey(
            cloud: key.cloud, tenant: key.tenant, clientID: key.clientID,
            resource: resources.insert(key.resource).memberAfterInsert)
    }

    /// Fetches a newer token while the old one is in use.
    private func refresh(_ old: AccessToken, _ request: TokenRequest) {
        // First, so that the hits of the next moments pass by.
        let next = clock.steady() - old.acquiredAt.steady + Self.refreshPause
        cache.replace(old, by: old.refreshing(after: next), for: request.key)
        guard gate.hasRoom(for: request.key) else { return }
        var wish = request
        wish.rejected = old.digest
        _ = join(wish, because: .ahead)
    }

    /// The old token, when the failure tells nothing against it and the caller named no life that it must have.
    private func lastResort(_ request: TokenRequest, after error: TokenError) -> AccessToken? {
        guard request.minimumLife == nil, request.claims == nil, !error.condemnsTokens else { return nil }
        let token = cache.hit(request.key, living: 0, at: clock.steady(), except: request.rejected)
        if token != nil { state.withLock { $0.metrics.servedStale += 1 } }
        return token
    }

    private func obtain(
        _ request: TokenRequest, because reason: FetchReason, age: Int
    ) async -> Result<(AccessToken, Source), TokenError> {
        do throws(TokenError) {
            let connection = try await provenConnection(request)
            if request.claims == nil, let token = try await storedToken(request, connection.epoch, age: age) {
                return .success((token, .store))
            }
            state.withLock { $0.metrics.fetches[reason, default: 0] += 1 }
            return .success((try await fetch(request, connection, age: age), .authority))
        } catch {
            if reason == .ahead { state.withLock { $0.metrics.failedRefreshes += 1 } }
            return .failure(error)
        }
    }

    private func provenConnection(_ request: TokenRequest) async throws(TokenError) -> Connection {
        let connection: Connection
        do { connection = try await consent.connection(request.key.tenant, request.app) } catch {
            throw TokenError(request.key, .store(error))
        }
        guard connection.isProven else { throw TokenError(request.key, .notConnected(connection.state)) }
        return connection
    }

    /// The stored token, if it fits. One that still lives is remembered even if not.
    private func storedToken(
        _ request: TokenRequest, _ epoch: Int, age: Int
    ) async throws(TokenError) -> AccessToken? {
        let key = request.key
        guard let stored = store.token(key, epoch: epoch) else { return nil }
        do throws(TokenError) {
            let now = clock.moment()
            guard let token = try AccessToken.restored(stored, for: key, at: now) else { return nil }
            cache.put(token, for: key, age: age)
            let isLongEnough = token.lives(request.minimumLife ?? Self.defaultMargin, at: now.steady)
            return isLongEnough && token.digest != request.rejected ? token : nil
        } catch {
            // Somebody else's token under this key: as if it were not there, and told to whoever must know.
            store.drop(key.tenant, clientID: key.clientID)
            let recorded = await issuer.recorded(error, key, app: request.app)
            if case .store = recorded.reason { throw recorded }
            return nil
        }
    }

    private func fetch(
        _ request: TokenRequest, _ connection: Connection, age: Int
    ) async throws(TokenError) -> AccessToken {
        let key = request.key
        let token: AccessToken
        do throws(TokenError) {
            token = try await issuer.newToken(key, claims: request.claims, app: request.app)
            try await checkPrincipal(of: token, connection, request)
        } catch {
            try await take(error, request)
            throw error
        }
        // Consent may have changed while the token was on its way: then it was issued under the old one.
        guard try await provenConnection(request).epoch == connection.epoch else {
            throw TokenError(key, .unavailable("consent changed while the token was fetched"))
        }
        store.put(token.stored, for: key, epoch: connection.epoch)
        cache.put(token, for: key, age: age)
        return token
    }
}
