import FoundationEssentials
import Synchronization

/// A failure that may be the fault of the credential in use, so that another one may fare better.
package protocol CredentialFailure: Error {
    /// What to remember with the credential; `nil` when it is not to blame.
    var blame: CredentialBlame? { get }
}

/// Why a credential was of no use.
package struct CredentialBlame: Sendable, Equatable {
    package let aadsts: Int?
    /// What went wrong here, when it never came before the authority.
    package let reason: String?

    package init(aadsts: Int?, reason: String?) {
        self.aadsts = aadsts
        self.reason = reason
    }
}

/// Lends an app's credentials to a request at the authority, one after the other until one is accepted.
package final class CredentialTrial: Sendable {
    private let credentials: any CredentialStore
    private let clock: WallClock
    /// When one that was rejected may be tried again, on the steady clock; never while somebody tries it.
    private let retrials = Mutex<[CredentialID: TimeInterval]>([:])
    private let changes = Turns<CredentialID>()

    /// Seconds between two trials of a credential that was rejected.
    private static let pause: TimeInterval = 5

    package init(credentials: any CredentialStore, clock: WallClock) {
        self.credentials = credentials
        self.clock = clock
    }

    /// Why there was no credential to ask with.
    package enum Shortage: Error {
        /// One sentence.
        case unusable(String)
        /// It was rejected, and it is not the caller's turn to find out whether it works again.
        case rejected(Credential.Rejection)
        case store(StoreError)
    }

    /// Asks with the app's credentials in the order of their use.
    ///
    /// When one is rejected, or cannot be used, the next one is tried, each of them once. The rejection is remembered
    /// with the credential, so that it is told once and not for each tenant. From then on one caller at a time, and one
    /// in five seconds, tries it again; the others go on to the next, or are told of the rejection at once.
    ///
    /// - Parameters:
    ///   - failing: makes the caller's own error of a shortage.
    ///   - ask: the request; a failure that blames no credential ends the trial.
    package func ask<Answer, Failure: CredentialFailure>(
        as app: AppName, failing: (Shortage) -> Failure, _ ask: (ClientCredential) async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        let known: [Credential]
        do { known = try await credentials.credentials(of: app) } catch { throw failing(.store(error)) }
        var refusal = failing(
            .unusable(known.isEmpty ? "There is none yet." : "None that is known here is still valid."))
        let now = clock.now()
        let usable = known.inOrderOfUse(at: now)
        let rested = usable.filter { !$0.isResting(at: now) }
        for credential in rested.isEmpty ? usable : rested {
            if let rejection = credential.rejection, !beginRetrial(of: credential.id) {
                refusal = failing(.rejected(rejection))
                continue
            }
            do throws(Failure) {
                let value: ClientCredential
                do throws(Shortage) { value = try await open(credential) } catch { throw failing(error) }
                let answer = try await ask(value)
                if credential.rejection != nil {
                    endRetrial(of: credential.id, pausing: false)
                    do throws(Shortage) { try await accept(credential) } catch { throw failing(error) }
                }
                return answer
            } catch {
                let blame = error.blame
                if credential.rejection != nil || blame != nil { endRetrial(of: credential.id, pausing: true) }
                guard let blame else { throw error }
                do throws(Shortage) { try await note(blame, on: credential) } catch { throw failing(error) }
                refusal = error
            }
        }
        throw refusal
    }

    private func beginRetrial(of id: CredentialID) -> Bool {
        let now = clock.steady()
        return retrials.withLock { retrials in
            guard now >= retrials[id] ?? now else { return false }
            retrials[id] = .infinity
            return true
        }
    }

    private func endRetrial(of id: CredentialID, pausing: Bool) {
        let end = clock.steady() + Self.pause
        retrials.withLock { $0[id] = pausing ? end : nil }
    }

    private func open(_ credential: Credential) async throws(Shortage) -> ClientCredential {
        do {
            return try await credentials.open(credential.id)
        } catch .notFound {
            throw .unusable("It was retired a moment ago.")
        } catch .sealBroken(let what) {
            throw .unusable("\(what) cannot be opened with the key in use.")
        } catch {
            throw .store(error)
        }
    }

    private func note(_ blame: CredentialBlame, on credential: Credential) async throws(Shortage) {
        try await change(credential) { current, now in
            guard !current.isResting(at: now) else { return nil }
            return .reject(current.id, Credential.Rejection(aadsts: blame.aadsts, reason: blame.reason, at: now))
        }
    }

    private func accept(_ credential: Credential) async throws(Shortage) {
        try await change(credential) { current, _ in current.rejection == nil ? nil : .accept(current.id) }
    }

    /// Makes a change to the credential as it stands now, one caller at a time: of many who were rejected at once, the
    /// first tells it, and the others find it told.
    private func change(
        _ credential: Credential, _ decide: (Credential, Date) -> CredentialChange?
    ) async throws(Shortage) {
        try await changes.take(credential.id) { () async throws(Shortage) in
            do throws(StoreError) {
                let now = clock.now()
                let current = try await credentials.credentials(of: credential.app).first { $0.id == credential.id }
                guard let current, let change = decide(current, now) else { return }
                try await credentials.change([change], of: credential.app, saving: nil, by: .service, at: now)
            } catch .notFound {
                // It was retired meanwhile.
            } catch {
                throw .store(error)
            }
        }
    }
}
