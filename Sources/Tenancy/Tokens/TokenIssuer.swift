/// Gets a new token from the authority with the app's credential, and checks whose it is.
package struct TokenIssuer: Sendable {
    private let trial: CredentialTrial
    private let endpoint: any TokenEndpoint

    package init(credentials: any CredentialStore, endpoint: any TokenEndpoint, clock: WallClock) {
        trial = CredentialTrial(credentials: credentials, clock: clock)
        self.endpoint = endpoint
    }

    /// A token that nobody has seen before, belonging to that very key.
    ///
    /// When the authority rejects the credential, or it cannot be used, the next one is tried, each of them once. The
    /// rejection is remembered with the credential, so that it is told once and not for each tenant.
    package func newToken(_ key: TokenKey, app: AppName) async throws(TokenError) -> AccessToken {
        try await trial.ask(as: app, failing: { TokenError(key, $0) }) { (credential) throws(TokenError) in
            try await endpoint.requestToken(key, with: credential).checked(for: key)
        }
    }
}

extension TokenError: CredentialFailure {
    fileprivate init(_ key: TokenKey, _ shortage: CredentialTrial.Shortage) {
        switch shortage {
        case .unusable(let why): self.init(key, .credentialUnusable(why))
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
