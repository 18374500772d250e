/// Gets a new token from the authority with the app's credential, and checks whose it is.
package struct TokenIssuer: Sendable {
    private let apps: any AppStore
    private let endpoint: any TokenEndpoint

    package init(apps: any AppStore, endpoint: any TokenEndpoint) {
        self.apps = apps
        self.endpoint = endpoint
    }

    /// A token that nobody has seen before, belonging to that very key.
    package func newToken(_ key: TokenKey, app: AppName) async throws(TokenError) -> AccessToken {
        let credential: ClientCredential
        do {
            credential = try await apps.credential(of: app)
        } catch .notFound {
            throw TokenError(key, .noSuchApp)
        } catch {
            throw TokenError(key, .store(error))
        }
        return try await endpoint.requestToken(key, with: credential).checked(for: key)
    }
}
