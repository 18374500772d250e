import FoundationEssentials
import Synchronization

/// How the token endpoint makes sure which application asks.
struct ClientAuthenticator {
    let service: EmulatedService
    let addresses: EmulatorAddresses

    /// Lets the replica whose turn it is judge the credential by what it knows.
    ///
    /// - Parameter isShared: whether the request came to an authority that serves every tenant.
    /// - Returns: the credential that was accepted.
    func authenticate(
        _ credential: TokenRequest.Credential, app: AppRegistration, tenant: Tenant, isShared: Bool = false, now: Date
    ) throws(AuthorityError) -> GUID {
        let replica = service.nextTokenReplica()
        switch credential {
        case .assertion(let text):
            if let federated = FederatedAssertion(text, client: app.clientID.text) {
                return try federated.match(
                    app.federatedCredentials.known(to: replica, at: now), login: addresses.login,
                    issuer: service.workload.withLock { $0 }, now: now
                ).id
            }
            return try ClientAssertion(text).verify(
                for: app, keys: app.keys.known(to: replica, at: now),
                audiences: audiences(of: tenant, isShared: isShared),
                now: now
            ).keyID
        case .secret(let value):
            let known = app.secrets.known(to: replica, at: now).filter { $0.hasBegun(at: now) }
            if let accepted = known.first(where: { $0.value == value && $0.isLive(at: now) }) { return accepted.keyID }
            let isKnown = known.contains { $0.value == value }
            let allExpired = !known.isEmpty && !known.contains { $0.isLive(at: now) }
            throw isKnown || allExpired ? .expiredSecret(app) : .wrongSecret(app)
        }
    }

    /// Audiences an assertion may name: the token endpoints and the issuer of this tenant, by identifier or domain, at
    /// any spelling of this host.
    private func audiences(of tenant: Tenant, isShared: Bool) -> Set<String> {
        var result: Set<String> = ["https://sts.windows.net/\(tenant.id.text)"]
        for host in EmulatorAddresses.spellings(of: addresses.login) {
            for name in [tenant.id.text] + tenant.domains + (isShared ? ["organizations", "common"] : []) {
                for path in ["oauth2/v2.0/token", "oauth2/token", "v2.0", "v2"] {
                    result.insert(ClientAssertion.normal("\(host)/\(name)/\(path)"))
                }
                result.insert(ClientAssertion.normal("\(host)/\(name)"))
            }
        }
        return result
    }
}
