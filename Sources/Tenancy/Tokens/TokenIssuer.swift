import FoundationEssentials

/// Gets a new token from the authority with the app's credential, and checks whose it is.
package struct TokenIssuer: Sendable {
    private let trial: CredentialTrial
    private let gate: AuthorityGate
    private let ledger: any TokenLedger
    private let clock: WallClock
    private let mismatches = Counter()

    package init(
        credentials: any CredentialStore, gate: AuthorityGate, ledger: any TokenLedger, clock: WallClock
    ) {
        trial = CredentialTrial(credentials: credentials, clock: clock)
        self.gate = gate
        self.ledger = ledger
        self.clock = clock
    }

    /// A token that nobody has seen before, belonging to that very key.
    ///
    /// When the authority rejects the credential, or it cannot be used, the next one is tried, each of them once. The
    /// rejection is remembered with the credential, so that it is told once and not for each tenant. A token that is
    /// somebody else's is destroyed and recorded.
    package func newToken(
        _ key: TokenKey, claims: ClaimsChallenge? = nil, app: AppName
    ) async throws(TokenError) -> AccessToken {
        do throws(TokenError) {
            return try await trial.ask(as: app, failing: { TokenError(key, $0) }) { (credential) throws(TokenError) in
                try await gate.requestToken(key, claims: claims, with: credential)
            }
        } catch {
            if case .mismatch = error.reason { throw await recorded(error, key, app: app) }
            throw error
        }
    }

    /// Records a token that turned out to be somebody else's.
    ///
    /// - Returns: the error itself, or the store's when the record could not be made.
    func recorded(_ mismatch: TokenError, _ key: TokenKey, app: AppName) async -> TokenError {
        guard case .mismatch(let claim) = mismatch.reason else { return mismatch }
        mismatches.add(1)
        do throws(StoreError) {
            try await ledger.record(mismatch: claim, of: key, app: app, trace: mismatch.trace, at: clock.now())
            return mismatch
        } catch {
            return TokenError(key, .store(error))
        }
    }

    var mismatchCount: Int { mismatches.value }
}

extension TokenError: CredentialFailure {
    fileprivate init(_ key: TokenKey, _ shortage: CredentialTrial.Shortage) {
        switch shortage {
        case .unusable(let why): self.init(key, .credentialUnusable(why))
        case .rejected(let rejection):
            self.init(
                key, rejection.reason.map { .credentialUnusable($0) } ?? .refused(.ourCredential),
                trace: AuthorityTrace(aadsts: rejection.aadsts))
        case .store(let error): self.init(key, .store(error))
        }
    }

    /// Another credential of the same app may fare better when this one was refused or is of no use.
    package var blame: CredentialBlame? {
        switch reason {
        case .refused(.ourCredential): CredentialBlame(aadsts: trace?.aadsts, reason: nil)
        case .credentialUnusable(let why): CredentialBlame(aadsts: trace?.aadsts, reason: why)
        default: nil
        }
    }
}
