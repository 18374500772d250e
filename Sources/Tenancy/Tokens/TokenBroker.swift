package import FoundationEssentials
import Synchronization

/// Hands out the token of a tenant: from memory, else from the store, else from the authority.
///
/// A token in memory costs a lock and no suspension. One request per key is in flight, whoever waits. What is
/// decided is decided under the lock; what takes time happens outside it.
package final class TokenBroker: Sendable {
    private struct State {
        var tokens: [TokenKey: AccessToken] = [:]
        var inFlight: [TokenKey: Task<Result<AccessToken, TokenError>, Never>] = [:]
        var pausedUntil: [TokenKey: Date] = [:]
        /// Counts calls of `forget`, so that a request that began before one puts nothing back after it.
        var generation = 0
    }

    private let state = Mutex(State())
    private let issuer: TokenIssuer
    private let store: any TokenStore
    private let consent: any ConsentStore
    private let clock: WallClock
    private let checks: Wake

    /// A token is handed out only when it lives this much longer, unless the caller asks otherwise. Source: the
    /// five minutes by which Microsoft's own libraries call a token expired.
    package static let defaultMargin: TimeInterval = 300

    /// - Parameter checks: ends the wait of the verification loop when a refusal has cast doubt on a consent.
    package init(
        issuer: TokenIssuer, store: any TokenStore, consent: any ConsentStore, clock: WallClock, checks: Wake = Wake()
    ) {
        self.checks = checks
        self.issuer = issuer
        self.store = store
        self.consent = consent
        self.clock = clock
    }

    /// The token for that app, tenant and resource.
    ///
    /// - Parameters:
    ///   - margin: seconds the token must still live.
    ///   - rejected: a token the resource refused; anything but this one is returned.
    package func token(
        app: App, tenant: TenantID, resource: Resource, margin: TimeInterval = defaultMargin,
        insteadOf rejected: Secret<String>? = nil
    ) async throws(TokenError) -> AccessToken {
        let key = TokenKey(cloud: app.cloud, tenant: tenant, clientID: app.clientID, resource: resource)
        while true {
            if let token = try inMemory(key, margin: margin, rejected: rejected) { return token }
            let flight = join(key, app: app.name, margin: margin, rejected: rejected)
            let token = try await flight.task.value.get()
            // Who joined another's flight may have asked for more than that one did.
            if flight.isOwn || (token.value != rejected && token.isUsable(at: clock.now(), for: margin)) {
                return token
            }
        }
    }

    /// Takes in a token that the verifier fetched, so that nobody fetches it again.
    func adopt(_ token: AccessToken, for key: TokenKey, epoch: Int, app: AppName) async throws(StoreError) {
        let generation = state.withLock { $0.generation }
        if try await store.put(token, for: key, epoch: epoch, app: app) { remember(token, key, generation) }
    }

    /// Drops what memory holds of that tenant. The store drops its part with the change of epoch.
    func forget(_ tenant: TenantID, clientID: ClientID) {
        state.withLock { state in
            state.generation += 1
            state.tokens = state.tokens.filter { $0.key.tenant != tenant || $0.key.clientID != clientID }
        }
    }

    private func inMemory(_ key: TokenKey, margin: TimeInterval, rejected: Secret<String>?) throws(TokenError)
        -> AccessToken?
    {
        let now = clock.now()
        let (token, pause) = state.withLock { ($0.tokens[key], $0.pausedUntil[key]) }
        if let token, token.isUsable(at: now, for: margin), token.value != rejected, token.mismatch(with: key) == nil {
            return token
        }
        if let pause, now < pause { throw TokenError(key, .throttled(pause.timeIntervalSince(now))) }
        return nil
    }

    private func join(
        _ key: TokenKey, app: AppName, margin: TimeInterval, rejected: Secret<String>?
    ) -> (task: Task<Result<AccessToken, TokenError>, Never>, isOwn: Bool) {
        // The task is owned by `inFlight` and awaited by everyone who finds it there; it ends within the
        // transport's deadlines even when all of them have left.
        state.withLock { state in
            if let task = state.inFlight[key] { return (task, false) }
            let generation = state.generation
            let task = Task {
                let result = await self.obtain(
                    key, app: app, margin: margin, rejected: rejected, generation: generation)
                self.state.withLock { $0.inFlight[key] = nil }
                return result
            }
            state.inFlight[key] = task
            return (task, true)
        }
    }

    private func obtain(
        _ key: TokenKey, app: AppName, margin: TimeInterval, rejected: Secret<String>?, generation: Int
    ) async -> Result<AccessToken, TokenError> {
        do throws(StoreError) {
            let connection = try await consent.connection(key.tenant, app)
            guard connection.isProven else { return .failure(TokenError(key, .notConnected(connection.state))) }
            if let token = try await store.token(key, epoch: connection.epoch), token.value != rejected,
                token.isUsable(at: clock.now(), for: margin)
            {
                remember(token, key, generation)
                return .success(token)
            }
            let token: AccessToken
            do throws(TokenError) {
                token = try await issuer.newToken(key, app: app)
            } catch {
                try await take(error, key, app: app)
                return .failure(error)
            }
            guard try await store.put(token, for: key, epoch: connection.epoch, app: app) else {
                return .failure(TokenError(key, .unavailable("consent changed while the token was fetched")))
            }
            remember(token, key, generation)
            return .success(token)
        } catch {
            return .failure(TokenError(key, .store(error)))
        }
    }

    /// Draws the consequences of a refusal: a pause, or doubt about the consent.
    private func take(_ error: TokenError, _ key: TokenKey, app: AppName) async throws(StoreError) {
        if case .throttled(let seconds) = error.reason {
            let until = clock.now() + seconds
            state.withLock { $0.pausedUntil[key] = until }
        }
        guard error.deniesConsent else { return }
        // Before and after: another resource's flight may put a token of the old epoch back in between.
        forget(key.tenant, clientID: key.clientID)
        defer { forget(key.tenant, clientID: key.clientID) }
        _ = try await consent.apply(
            .refused(error.note), to: key.tenant, app, grants: nil, evidence: [], at: clock.now(), by: .service)
        checks.signal()
    }

    private func remember(_ token: AccessToken, _ key: TokenKey, _ generation: Int) {
        state.withLock { state in
            state.pausedUntil[key] = nil
            if state.generation == generation { state.tokens[key] = token }
        }
    }
}
