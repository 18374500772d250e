import FoundationEssentials

/// What a token or a refusal tells about the consent.
extension TokenBroker {
    /// Seconds for which an API is left alone that the tenant has granted nothing of.
    private static let restOfForeignResource: TimeInterval = 30
    private static let restOfForeignPrincipal: TimeInterval = 5

    /// The app's service principal in the tenant is the one that was proven, or somebody has made it anew.
    func checkPrincipal(
        of token: AccessToken, _ connection: Connection, _ request: TokenRequest
    ) async throws(TokenError) {
        guard let proven = connection.servicePrincipal, let named = token.claims.objectID.flatMap({ GUID($0) }),
            named != proven
        else { return }
        let mismatch = TokenError(request.key, .mismatch("oid"))
        // The next look at the consent settles which of them is right; until then every answer would be the same.
        gate.rest(request.key, for: Self.restOfForeignPrincipal, because: mismatch)
        throw await issuer.recorded(mismatch, request.key, app: request.app)
    }

    /// Drops the tenant's tokens when a refusal tells against them, and casts doubt on the consent when it says that this
    /// is gone, or that another principal has come.
    func take(_ error: TokenError, _ request: TokenRequest) async throws(TokenError) {
        guard error.condemnsTokens else { return }
        let key = request.key
        if error.deniesConsent, try await isOutsideConsent(request) {
            // No word about what was consented to. Entra says the same for as long as nobody grants this API.
            return gate.rest(key, for: Self.restOfForeignResource, because: error)
        }
        // Before and after: another resource's flight may put a token of the old epoch back in between.
        forget(key.tenant, clientID: key.clientID)
        defer { forget(key.tenant, clientID: key.clientID) }
        guard error.deniesConsent || error.reason == .mismatch("oid") else { return }
        do {
            _ = try await consent.apply(
                .refused(error.note), to: key.tenant, request.app, grants: nil, evidence: [], at: clock.now(),
                by: .service)
        } catch {
            throw TokenError(key, .store(error))
        }
        checks.signal()
    }

    /// Whether the tenant has granted roles, and none of them is of that API.
    private func isOutsideConsent(_ request: TokenRequest) async throws(TokenError) -> Bool {
        do throws(StoreError) {
            let grants = try await consent.status(of: request.key.tenant, app: request.app)?.grants ?? []
            return !grants.isEmpty && !grants.contains { $0.resource == request.key.resource }
        } catch {
            throw TokenError(request.key, .store(error))
        }
    }
}
