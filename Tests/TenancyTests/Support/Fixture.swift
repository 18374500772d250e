import Foundation
import SQLiteStore
import Tenancy

/// A data directory of its own for one test, with what stands on it. Removed with the test.
final class Fixture: Sendable {
    let path: String
    let directory: DataDirectory
    let clock: ManualClock
    let randomness = Randomness.seeded(2)

    init(clock: ManualClock = ManualClock()) throws {
        self.clock = clock
        path = FileManager.default.temporaryDirectory.path + "/tenantry-unit-\(UUID().uuidString)"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try DataDirectory.create(at: path, key: nil)
        directory = try DataDirectory.open(at: path, key: nil)
    }

    deinit {
        do {
            try directory.close()
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("the fixture at \(path) was not removed: \(error)")
        }
    }

    var store: Store { directory.store }

    func addApp(
        _ app: App = .sample(), roles: [String] = ["User.Read.All", "Group.Read.All"],
        permissions: [Permission]? = nil
    ) async throws -> App {
        let release =
            permissions.map { Release(app: app.name, number: 1, permissions: $0) }
            ?? .sample(of: app.name, roles: roles)
        try await store.apps.add(
            app, release: release,
            credential: .sample(of: app.name, id: String("\(app.name)secret00000000".prefix(12))),
            by: .service)
        return app
    }

    func addTenants(_ numbers: ClosedRange<Int>, cloud: Cloud = .public) async throws -> [Tenant] {
        let tenants = numbers.map { Tenant.sample($0, cloud: cloud) }
        try await store.tenants.add(tenants, by: .service)
        return tenants
    }

    /// Proves the consent of these tenants, as the verifier would.
    func prove(_ tenants: [Tenant], _ app: App) async throws {
        for tenant in tenants {
            try await apply(.judged(.granted(release: 1, servicePrincipal: guid(77))), to: tenant, app)
        }
    }

    @discardableResult
    func apply(_ event: ConnectionEvent, to tenant: Tenant, _ app: App) async throws -> Connection {
        try await store.consent.apply(
            event, to: tenant.id, app.name, grants: nil, evidence: [], at: clock.now, by: .service)
    }

    func connection(_ tenant: Tenant, _ app: App) async throws -> Connection {
        try await store.consent.connection(tenant.id, app.name)
    }

    func broker(_ endpoint: ScriptedTokenEndpoint, clock: WallClock? = nil, limits: AuthorityGate.Limits = .single)
        -> TokenBroker
    {
        let clock = clock ?? self.clock.wallClock
        let gate = gate(endpoint, clock: clock, limits: limits)
        return TokenBroker(
            issuer: issuer(gate, clock: clock), gate: gate, store: store.tokens, consent: store.consent, clock: clock)
    }

    func gate(
        _ endpoint: ScriptedTokenEndpoint, clock: WallClock? = nil, limits: AuthorityGate.Limits = .single
    ) -> AuthorityGate {
        AuthorityGate(
            endpoint: endpoint, ledger: store.ledger, limits: limits, clock: clock ?? self.clock.wallClock,
            randomness: .seeded(7), sleep: { _ in })
    }

    func issuer(_ endpoint: ScriptedTokenEndpoint) -> TokenIssuer { issuer(gate(endpoint)) }

    func issuer(_ gate: AuthorityGate, clock: WallClock? = nil) -> TokenIssuer {
        TokenIssuer(
            credentials: store.credentials, gate: gate, ledger: store.ledger,
            clock: clock ?? self.clock.wallClock)
    }

    /// - Parameter graph: names the tenant that asks, unless the test says otherwise.
    func verifier(
        _ endpoint: ScriptedTokenEndpoint, tokens: TokenBroker? = nil, store consent: (any ConsentStore)? = nil,
        graph: ScriptedGraph = .truthful
    ) -> GrantVerifier {
        GrantVerifier(
            apps: store.apps, store: consent ?? store.consent, issuer: issuer(endpoint),
            tokens: tokens ?? broker(endpoint), graph: graph, clock: clock.wallClock)
    }
}

extension AuthorityGate.Limits {
    /// Plenty of everything, and no repetition: one call of the endpoint for each request.
    static var single: AuthorityGate.Limits {
        var limits = AuthorityGate.Limits()
        limits.perSecond = 1_000_000
        limits.burst = 1_000_000
        limits.attempts = 1
        return limits
    }
}
