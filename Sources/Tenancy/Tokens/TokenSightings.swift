import FoundationEssentials
import Synchronization

/// Keeps the promise that nobody takes a token out unseen: the first sight of a token by an actor is in the audit log,
/// durably, before the token leaves. Repetitions are counted; the line of the actor's next token of the same key tells
/// how many there were.
///
/// In memory and bounded, in two generations as ``TokenCache``: as many sights as a few callers have of all the tokens
/// that fit into memory are never lost to one another. What is lost, at a restart or because more was seen than that,
/// costs one more line in the log and the count.
package final class TokenSightings: Sendable {
    private struct Place: Hashable {
        let actor: Actor
        let key: TokenKey
    }

    private struct Sight {
        let digest: TokenDigest
        var repetitions = 0
    }

    private typealias Line = Task<Result<Void, StoreError>, Never>

    private struct State {
        var young: [Place: Sight] = [:]
        var old: [Place: Sight] = [:]
        /// Lines on their way to the disk: a thousand workers that wait for one token cause one line.
        var lines: [Place: (digest: TokenDigest, line: Line)] = [:]
    }

    private let state = Mutex(State())
    private let audit: any AuditLog
    private let clock: WallClock
    private let mostYoung: Int

    /// Who asks for all the tokens there are: a few programs, each by a key of its own.
    private static let callers = 4
    /// What a token takes in memory; see `tokens.memory_mb`.
    private static let bytesOfToken = 2_200

    /// - Parameter tokenBytes: what the tokens in memory may take.
    package init(audit: any AuditLog, clock: WallClock, tokenBytes: Int = TokenBroker.defaultCacheBytes) {
        self.audit = audit
        self.clock = clock
        mostYoung = max(1, tokenBytes / Self.bytesOfToken) * Self.callers
    }

    /// Counts the token if the actor was the last to be given it under that key. No suspension.
    ///
    /// - Returns: whether the token may leave.
    package func isRepetition(_ token: AccessToken, of key: TokenKey, by actor: Actor) -> Bool {
        let place = Place(actor: actor, key: key)
        return state.withLock { state in
            guard let index = state.young.index(forKey: place) else {
                guard var sight = state.old.removeValue(forKey: place) else { return false }
                let isKnown = sight.digest == token.digest
                if isKnown { sight.repetitions += 1 }
                remember(sight, at: place, &state)
                return isKnown
            }
            guard state.young.values[index].digest == token.digest else { return false }
            state.young.values[index].repetitions += 1
            return true
        }
    }

    /// Returns when the token may leave: it was seen before, or the line that tells of it is on disk.
    package func record(
        _ token: AccessToken, of key: TokenKey, app: AppName, by actor: Actor
    ) async throws(StoreError) {
        let place = Place(actor: actor, key: key)
        while !isRepetition(token, of: key, by: actor) {
            let (line, isOwn) = state.withLock { state -> (Line, Bool) in
                if let (digest, line) = state.lines[place], digest == token.digest { return (line, false) }
                let line = write(token, app: app, at: place, former: state.young[place])
                state.lines[place] = (token.digest, line)
                return (line, true)
            }
            try await line.value.get()
            if isOwn { return }
        }
    }

    /// Writes the line. The task is owned by `lines` and awaited by everyone who finds it there.
    private func write(_ token: AccessToken, app: AppName, at place: Place, former: Sight?) -> Line {
        var detail = "Token of app '\(app)' for \(place.key.resource): \(token.digest)."
        if let former, former.repetitions > 0 {
            detail += " The one before was handed out \(former.repetitions + 1) times."
        }
        let (audit, now, text) = (audit, clock.now(), detail)
        return Task {
            let result: Result<Void, StoreError>
            do throws(StoreError) {
                try await audit.record(
                    "token.get", subject: place.key.tenant.description, detail: text, by: place.actor, at: now)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            self.state.withLock { state in
                if state.lines[place]?.digest == token.digest { state.lines[place] = nil }
                if case .success = result { self.remember(Sight(digest: token.digest), at: place, &state) }
            }
            return result
        }
    }

    private func remember(_ sight: Sight, at place: Place, _ state: inout State) {
        if state.young.count >= mostYoung, state.young[place] == nil {
            state.old = state.young
            state.young = [:]
        }
        state.young[place] = sight
    }
}
