import FoundationEssentials

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
package struct CredentialTrial: Sendable {
    private let credentials: any CredentialStore
    private let clock: WallClock

    package init(credentials: any CredentialStore, clock: WallClock) {
        self.credentials = credentials
        self.clock = clock
    }

    /// Why there was no credential to ask with.
    package enum Shortage: Error {
        /// One sentence.
        case unusable(String)
        case store(StoreError)
    }

    /// Asks with the app's credentials in the order of their use.
    ///
    /// When one is rejected, or cannot be used, the next one is tried, each of them once. The rejection is remembered
    /// with the credential, so that it is told once and not for each tenant.
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
        // When all were rejected a moment ago, one of them is enough to find out that one works again.
        for credential in rested.isEmpty ? Array(usable.prefix(1)) : rested {
            do throws(Failure) {
                let value: ClientCredential
                do throws(Shortage) { value = try await open(credential) } catch { throw failing(error) }
                let answer = try await ask(value)
                if credential.rejection != nil {
                    do throws(Shortage) { try await change(.accept(credential.id), of: credential) } catch {
                        throw failing(error)
                    }
                }
                return answer
            } catch {
                guard let blame = error.blame else { throw error }
                do throws(Shortage) { try await note(blame, on: credential) } catch { throw failing(error) }
                refusal = error
            }
        }
        throw refusal
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
        let now = clock.now()
        if let earlier = credential.rejection, now < earlier.at + Credential.Rejection.rest { return }
        let rejection = Credential.Rejection(aadsts: blame.aadsts, reason: blame.reason, at: now)
        try await change(.reject(credential.id, rejection), of: credential)
    }

    private func change(_ change: CredentialChange, of credential: Credential) async throws(Shortage) {
        do {
            try await credentials.change([change], of: credential.app, saving: nil, by: .service, at: clock.now())
        } catch .notFound {
            // It was retired meanwhile.
        } catch {
            throw .store(error)
        }
    }
}
