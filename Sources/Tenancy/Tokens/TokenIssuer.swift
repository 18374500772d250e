import FoundationEssentials

/// Gets a new token from the authority with the app's credential, and checks whose it is.
package struct TokenIssuer: Sendable {
    private let credentials: any CredentialStore
    private let endpoint: any TokenEndpoint
    private let clock: WallClock

    package init(credentials: any CredentialStore, endpoint: any TokenEndpoint, clock: WallClock) {
        self.credentials = credentials
        self.endpoint = endpoint
        self.clock = clock
    }

    /// A token that nobody has seen before, belonging to that very key.
    ///
    /// When the authority rejects the credential, or it cannot be used, the next one is tried, each of them once. The
    /// rejection is remembered with the credential, so that it is told once and not for each tenant.
    package func newToken(_ key: TokenKey, app: AppName) async throws(TokenError) -> AccessToken {
        let known = try await remembered(of: app, key)
        var refusal = TokenError(
            key, .credentialUnusable(known.isEmpty ? "There is none yet." : "None that is known here is still valid."))
        let now = clock.now()
        let usable = known.inOrderOfUse(at: now)
        let rested = usable.filter { !$0.isResting(at: now) }
        // When all were rejected a moment ago, one of them is enough to find out that one works again.
        for credential in rested.isEmpty ? Array(usable.prefix(1)) : rested {
            do {
                return try await ask(key, with: credential)
            } catch {
                guard error.blamesCredential else { throw error }
                try await note(error, on: credential, key)
                refusal = error
            }
        }
        throw refusal
    }

    private func remembered(of app: AppName, _ key: TokenKey) async throws(TokenError) -> [Credential] {
        do { return try await credentials.credentials(of: app) } catch { throw TokenError(key, .store(error)) }
    }

    private func ask(_ key: TokenKey, with credential: Credential) async throws(TokenError) -> AccessToken {
        let value: ClientCredential
        do {
            value = try await credentials.open(credential.id)
        } catch .notFound {
            throw TokenError(key, .credentialUnusable("It was retired a moment ago."))
        } catch .sealBroken(let what) {
            throw TokenError(key, .credentialUnusable("\(what) cannot be opened with the key in use."))
        } catch {
            throw TokenError(key, .store(error))
        }
        let token = try await endpoint.requestToken(key, with: value).checked(for: key)
        if credential.rejection != nil { try await change(.accept(credential.id), of: credential, key) }
        return token
    }

    private func note(_ error: TokenError, on credential: Credential, _ key: TokenKey) async throws(TokenError) {
        let now = clock.now()
        if let earlier = credential.rejection, now < earlier.at + Credential.Rejection.rest { return }
        var reason: String?
        if case .credentialUnusable(let why) = error.reason { reason = why }
        let rejection = Credential.Rejection(aadsts: error.trace?.aadsts, reason: reason, at: now)
        try await change(.reject(credential.id, rejection), of: credential, key)
    }

    private func change(_ change: CredentialChange, of credential: Credential, _ key: TokenKey) async throws(TokenError)
    {
        do {
            try await credentials.change([change], of: credential.app, saving: nil, by: .service, at: clock.now())
        } catch .notFound {
            // It was retired meanwhile.
        } catch {
            throw TokenError(key, .store(error))
        }
    }
}

extension TokenError {
    /// Whether another credential of the same app may fare better.
    var blamesCredential: Bool {
        switch reason {
        case .refused(.ourCredential), .credentialUnusable: true
        default: false
        }
    }
}
