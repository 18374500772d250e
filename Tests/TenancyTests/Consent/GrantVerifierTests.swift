import Foundation
import SQLiteStore
import Tenancy
import TestSupport
import Testing

@Suite("Grant verifier")
struct GrantVerifierTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    /// Looks once at a tenant in that state.
    private func look(
        _ state: ConnectionState, _ endpoint: ScriptedTokenEndpoint
    ) async throws -> (before: Connection, after: Connection, status: ConsentStatus) {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        switch state {
        case .granted: try await fixture.prove([tenant], app)
        case .claimed: try await fixture.apply(.answered(.approved), to: tenant, app)
        default: break
        }
        let before = try await fixture.connection(tenant, app)
        let after = try await fixture.verifier(endpoint).verify(tenant.id, app: app, by: .service)
        #expect(try await fixture.connection(tenant, app) == after, "the verdict is durable")
        return (before, after, try #require(try await fixture.store.consent.status(of: tenant.id, app: app.name)))
    }

    private func endpoint(roles: [String]) -> ScriptedTokenEndpoint {
        ScriptedTokenEndpoint { key, _ in .token(try TestToken(key, roles: roles).unverified()) }
    }

    @Test("grants when the tenant's own token holds every role")
    func granted() async throws {
        let endpoint = endpoint(roles: ["Group.Read.All", "User.Read.All", "More.Than.Asked"])
        let (_, after, status) = try await look(.claimed, endpoint)
        #expect(after.state == .granted && after.release == 1 && after.servicePrincipal == guid(77))
        #expect(after.check == nil && after.note == nil)
        #expect(Set(status.grants.map(\.role)) == ["Group.Read.All", "User.Read.All", "More.Than.Asked"])
        let evidence = try await fixture.store.consent.evidence(tenantID(1), appName("crm"))
        #expect(evidence.filter { [.token, .roles].contains($0.check) }.map(\.passed) == [true, true])
    }

    @Test("grants without a callback too, for the token is the proof")
    func grantedWithoutCallback() async throws {
        let (_, after, _) = try await look(.none, endpoint(roles: ["User.Read.All", "Group.Read.All"]))
        #expect(after.state == .granted)
    }

    @Test("narrows when some roles are missing, and names them")
    func partial() async throws {
        let (_, after, status) = try await look(.granted, endpoint(roles: ["User.Read.All"]))
        #expect(after.state == .narrowed)
        #expect(after.note?.detail.contains("Group.Read.All") == true)
        #expect(after.note?.detail.contains("User.Read.All") == false)
        #expect(status.grants.map(\.role) == ["User.Read.All"])
    }

    @Test("grants nothing for a token without roles")
    func none() async throws {
        let (_, after, _) = try await look(.none, endpoint(roles: []))
        #expect(after.state == .none && after.note?.code == "roles_missing")
    }

    @Test("waits with patience when a claim is not to be seen yet")
    func patience() async throws {
        let (_, after, _) = try await look(.claimed, endpoint(roles: []))
        #expect(after.state == .verifying)
        #expect(after.check == PendingCheck(reason: .claim, looks: 1, due: fixture.clock.now + 1))
    }

    @Test("doubts a proven tenant that lost consent, and does not yet revoke it")
    func lost() async throws {
        let (before, after, _) = try await look(.granted, .refusing(.refused(.consentMissing), aadsts: 7_000_229))
        #expect(after.state == .granted && after.check?.reason == .doubt && after.epoch > before.epoch)
        #expect(after.note?.trace?.aadsts == 7_000_229)
    }

    @Test("never grants by a token that is another's", arguments: ["tid", "appid", "aud", "none"])
    func mismatch(_ claim: String) async throws {
        let endpoint = ScriptedTokenEndpoint { key, _ in
            let token = TestToken(key).with(claim, claim == "aud" ? "https://other.example" : guid(666).description)
            let opaque = UnverifiedToken(value: Secret("opaque"), receivedAt: ManualClock.start, lifetime: 3_600)
            return .token(claim == "none" ? opaque : try token.unverified())
        }
        let (before, after, _) = try await look(.claimed, endpoint)
        #expect(after.state == before.state)
        #expect(after.note?.code == (claim == "none" ? "token_unreadable" : "token_mismatch"))
        let granted = try await look2(endpoint)
        #expect(granted.state == .granted && granted.check == nil, "nor is a proven tenant blamed for it")
    }

    /// Looks once at a second, proven tenant.
    private func look2(_ endpoint: ScriptedTokenEndpoint) async throws -> Connection {
        let app = App.sample()
        let tenant = try await fixture.addTenants(2...2)[0]
        try await fixture.prove([tenant], app)
        return try await fixture.verifier(endpoint).verify(tenant.id, app: app, by: .service)
    }

    @Test(
        "learns nothing about the tenant from trouble that is ours or the authority's",
        arguments: [
            .refused(.ourCredential), .refused(.ourRequest), .refused(.transient), .refusedUnknown("invalid_grant"),
            .throttled(60), .unavailable("it timed out"), .credentialUnusable("It has expired."), .cloudNotConfigured,
        ] as [TokenError.Reason])
    func undecided(_ reason: TokenError.Reason) async throws {
        let (before, after, status) = try await look(.claimed, .refusing(reason))
        #expect(after.state == before.state && after.epoch == before.epoch)
        let pause: TimeInterval =
            switch reason {
            case .throttled(let seconds): seconds
            case .unavailable, .refused(.transient): Patience.authorityTrouble
            default: Patience.ownTrouble
            }
        #expect(after.check?.due == fixture.clock.now + pause)
        #expect(after.check?.looks == 0, "such a look does not count")
        #expect(status.grants == [])
        let granted = try await look2(.refusing(reason))
        #expect(granted.state == .granted && granted.check == nil)
    }

    @Test(
        "calls a tenant unreachable that blocks the app or is gone, without losing what was granted",
        arguments: [.blockedByPolicy, .disabledByCustomer, .tenantInvalid, .resourceMissing] as [AuthorityCode.Class])
    func unreachable(_ meaning: AuthorityCode.Class) async throws {
        let (before, after, _) = try await look(.granted, .refusing(.refused(meaning)))
        #expect(after.state == .unreachable && after.epoch > before.epoch && after.check == nil)
        #expect(after.note?.code == meaning.rawValue)
    }

    @Test("looks at every resource of the release, and proves the roles of each")
    func resources() async throws {
        let vault = resource("https://vault.azure.net")
        let app = try await fixture.addApp(permissions: [
            Permission(resource: graph, role: "A", reason: ""), Permission(resource: vault, role: "A", reason: ""),
        ])
        let tenant = try await fixture.addTenants(1...1)[0]
        let endpoint = ScriptedTokenEndpoint { key, _ in
            .token(try TestToken(key, roles: key.resource == graph ? ["A"] : ["B"]).unverified())
        }
        let connection = try await fixture.verifier(endpoint).verify(tenant.id, app: app, by: .service)
        #expect(endpoint.calls.map(\.resource) == [graph, vault])
        #expect(connection.state == .narrowed, "a role of one API is no role of another")
    }

    @Test("hands the tokens it saw on, so that nobody fetches them again")
    func adopts() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        _ = try await fixture.verifier(endpoint, tokens: broker).verify(tenant.id, app: app, by: .service)
        _ = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        _ = try await fixture.broker(endpoint).token(app: app, tenant: tenant.id, resource: graph)
        #expect(endpoint.calls.count == 1)
    }

    @Test("lets a refusal stand that came while it looked, and adopts no token from before it")
    func overtaken() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.prove([tenant], app)
        let gate = Gate()
        let looking = ScriptedTokenEndpoint { key, _ in
            await gate.pass()
            return .token(try TestToken(key, mark: "from before").unverified())
        }
        let broker = fixture.broker(.refusing(.refused(.consentMissing), aadsts: 65_001))
        let verifier = fixture.verifier(looking, tokens: broker)
        async let look = verifier.verify(tenant.id, app: app, by: .service)
        await gate.arrival()
        await #expect(throws: TokenError.self) {
            try await broker.token(app: app, tenant: tenant.id, resource: graph)
        }
        let doubted = try await fixture.connection(tenant, app)
        #expect(doubted.check?.reason == .doubt)
        gate.open()
        #expect(try await look == doubted)
        #expect(try await fixture.connection(tenant, app) == doubted)
        let error = await #expect(throws: TokenError.self) {
            try await broker.token(app: app, tenant: tenant.id, resource: graph)
        }
        #expect(error?.reason == .refused(.consentMissing), "the token of the look is in neither memory nor store")
    }

    @Test("takes back from memory what was granted before")
    func forgets() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.prove([tenant], app)
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 1 ? .token(try TestToken(key).unverified()) : .error(.refused(.blockedByPolicy))
        }
        let broker = fixture.broker(endpoint)
        _ = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        _ = try await fixture.verifier(endpoint, tokens: broker).verify(tenant.id, app: app, by: .service)
        let error = await #expect(throws: TokenError.self) {
            try await broker.token(app: app, tenant: tenant.id, resource: graph)
        }
        #expect(error?.reason == .notConnected(.unreachable))
    }

    // MARK: The probe

    private func probe(_ graph: ScriptedGraph, proven: Bool = false) async throws -> (
        Connection, [Evidence], ScriptedGraph
    ) {
        let app = try await fixture.addApp(roles: ["Organization.Read.All"])
        let tenant = try await fixture.addTenants(1...1)[0]
        if proven {
            try await fixture.prove([tenant], app)
        } else {
            try await fixture.apply(.answered(.approved), to: tenant, app)
        }
        let endpoint = endpoint(roles: ["Organization.Read.All"])
        let connection = try await fixture.verifier(endpoint, graph: graph).verify(tenant.id, app: app, by: .service)
        return (connection, try await fixture.store.consent.evidence(tenant.id, app.name), graph)
    }

    @Test("asks Graph too whose token it is, when a role allows the question")
    func probed() async throws {
        let (connection, evidence, graph) = try await probe(.truthful)
        #expect(connection.state == .granted)
        #expect(evidence.first { $0.check == .probe }?.passed == true)
        #expect(graph.calls.last?.link == GraphPath("/v1.0/organization?$select=id").map { .path($0) })
    }

    @Test(
        "grants nothing when Graph names another tenant, two of them, or none",
        arguments: [
            [#"{"id":"00000000-0000-4000-8000-000000000002"}"#], [], ["{}"],
            [#"{"id":"00000000-0000-4000-8000-000000000001"}"#, #"{"id":"00000000-0000-4000-8000-000000000002"}"#],
        ])
    func otherTenant(_ lines: [String]) async throws {
        let (connection, evidence, _) = try await probe(ScriptedGraph { _ in .lines(lines) })
        #expect(connection.state == .claimed && connection.note?.code == "probe_mismatch")
        #expect(evidence.first { $0.check == .probe }?.passed == false)
    }

    @Test("waits when Graph is behind or in trouble, and does not ask for a tenant that is proven")
    func probeTrouble() async throws {
        let (waiting, _, _) = try await probe(
            ScriptedGraph { _ in .failure(.forbidden("Authorization_RequestDenied")) })
        #expect(waiting.state == .verifying && waiting.check?.looks == 1)
    }

    @Test("does not ask Graph about a tenant that is proven already")
    func provenProbe() async throws {
        let (connection, _, graph) = try await probe(ScriptedGraph { _ in .failure(.unauthorized) }, proven: true)
        #expect(connection.state == .granted && graph.calls.isEmpty)
    }

    // MARK: The administrator's sign-in and proof that was lost

    private func requiringSignIn() async throws -> (app: App, tenant: Tenant) {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.prove([tenant], app)
        try await fixture.store.apps.set(
            .required, of: app.name, by: .service, at: fixture.clock.now)
        return (try #require(try await fixture.store.apps.app(app.name)), tenant)
    }

    @Test("gives no token to a tenant that was revoked and grants a part, and asks for the sign-in before the whole")
    func revokedThenPart() async throws {
        let (app, tenant) = try await requiringSignIn()
        for _ in 1...2 {
            try await fixture.apply(.judged(.absent(.sample)), to: tenant, app)
            fixture.clock.advance(60)
        }
        #expect(try await fixture.connection(tenant, app).state == .revoked)
        let part = endpoint(roles: ["User.Read.All"])
        _ = try await fixture.verifier(part).verify(tenant.id, app: app, by: .service)
        let error = await #expect(throws: TokenError.self) {
            try await fixture.broker(part).token(app: app, tenant: tenant.id, resource: graph)
        }
        #expect(error?.reason == .notConnected(.narrowed))
        let whole = endpoint(roles: ["User.Read.All", "Group.Read.All"])
        let after = try await fixture.verifier(whole).verify(tenant.id, app: app, by: .service)
        #expect(after.state != .granted && after.note?.code == "administrator_missing")
    }

    @Test("grants again without a sign-in when a tenant that was proven before one was required is back in reach")
    func backInReach() async throws {
        let (app, tenant) = try await requiringSignIn()
        try await fixture.apply(.judged(.unreachable(.sample)), to: tenant, app)
        fixture.clock.advance(60)
        let whole = endpoint(roles: ["User.Read.All", "Group.Read.All"])
        let after = try await fixture.verifier(whole).verify(tenant.id, app: app, by: .service)
        #expect(after.state == .granted)
    }
}
