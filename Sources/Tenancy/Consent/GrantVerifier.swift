import FoundationEssentials

/// Proves or disproves consent by asking the tenant's own authority. Nobody else writes `granted`.
package struct GrantVerifier: Sendable {
    private let apps: any AppStore
    private let store: any ConsentStore
    private let issuer: TokenIssuer
    private let tokens: TokenBroker
    private let graph: any GraphReader
    private let clock: WallClock

    package init(
        apps: any AppStore, store: any ConsentStore, issuer: TokenIssuer, tokens: TokenBroker, graph: any GraphReader,
        clock: WallClock
    ) {
        self.apps = apps
        self.store = store
        self.issuer = issuer
        self.tokens = tokens
        self.graph = graph
        self.clock = clock
    }

    /// Takes one look: a new token for each resource of the release, its claims and its roles; for a tenant whose
    /// proof is not standing, also Graph's own word on whose token that is, and the administrator's sign-in where the app
    /// requires one. The verdict is durable when this returns; it is void when the connection has meanwhile come into
    /// another epoch, by a refusal for instance that is younger than the tokens of this look.
    ///
    /// - Returns: the connection after the look; its `check` says whether another look is due.
    package func verify(_ tenant: TenantID, app: App, by actor: Actor) async throws(StoreError) -> Connection {
        let release = try await apps.currentRelease(of: app.name)
        // What is seen counts from the beginning of the look: a slow one is no second look.
        let began = clock.now()
        let before = try await store.connection(tenant, app.name)
        let granted = try await grantedRelease(before, current: release)
        var look = await look(at: tenant, app: app, release: release, granted: granted)
        if !before.hasStandingProof, look.hasEveryRole {
            look.probe = await probe(look.tokens, app: app, tenant)
            look.lacksAdministrator = try await lacksAdministrator(tenant, app)
        }
        let (connection, counts) = try await store.judge(
            look.verdict, seenIn: before.epoch, of: tenant, app.name, grants: look.grants(at: began),
            evidence: look.evidence(at: began), at: began, by: actor)
        if connection.epoch != before.epoch { tokens.forget(tenant, clientID: app.clientID) }
        if counts, connection.takesGrants, connection.isProven {
            try await tokens.adopt(look.tokens.map { (key: $0.0, token: $0.1) }, under: connection)
        }
        return connection
    }

    /// The release that the tenant granted earlier, when it is not the one that is asked for now.
    private func grantedRelease(_ connection: Connection, current: Release) async throws(StoreError) -> Release? {
        guard let number = connection.release, number != current.number else { return nil }
        return try await apps.releases(of: connection.app).first { $0.release.number == number }?.release
    }

    private func look(at tenant: TenantID, app: App, release: Release, granted: Release?) async -> Look {
        var look = Look(release: release, granted: granted)
        for resource in release.resources {
            let key = TokenKey(cloud: app.cloud, tenant: tenant, clientID: app.clientID, resource: resource)
            do throws(TokenError) {
                look.tokens.append((key, try await issuer.newToken(key, app: app.name)))
            } catch {
                look.failure = error
                break
            }
        }
        return look
    }

    /// Asks Graph which tenant the token belongs to, when one of its roles allows that question.
    private func probe(_ tokens: [(TokenKey, AccessToken)], app: App, _ tenant: TenantID) async -> Look.Probe? {
        guard let path = GraphPath("/v1.0/organization?$select=id"), let resource = graph.resource(of: app.cloud),
            let token = tokens.first(where: { $0.0.resource == resource })?.1,
            token.claims.roles.contains(where: Look.rolesThatReadOrganization.contains)
        else { return nil }
        do throws(GraphError) {
            let page = try await graph.page(.path(path), cloud: app.cloud, tenant: tenant, token: token)
            return .answered(
                page.lines.compactMap { try? JSONDecoder().decode(Look.Organization.self, from: Data($0)).id })
        } catch {
            return .failed(error)
        }
    }

    private func lacksAdministrator(_ tenant: TenantID, _ app: App) async throws(StoreError) -> Bool {
        guard app.administratorSignIn == .required else { return false }
        let attempts = try await store.attempts(of: tenant, app.name, limit: 20)
        return attempts.first(where: \.isApproved)?.administrator == nil
    }
}
