import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import Tenancy

@Suite("Token broker and consent", .timeLimit(.minutes(1)))
struct TokenBrokerConsentTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    private func connected(_ number: Int = 1) async throws -> (app: App, tenant: Tenant) {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(number...number)[0]
        try await fixture.prove([tenant], app)
        return (app, tenant)
    }

    private func refusal(
        _ broker: TokenBroker, _ app: App, _ tenant: Tenant, _ resource: Resource = graph
    ) async -> TokenError.Reason? {
        await #expect(throws: TokenError.self) {
            try await broker.token(app: app, tenant: tenant.id, resource: resource)
        }?.reason
    }

    @Test(
        "asks nobody for a tenant whose consent is not proven",
        arguments: [
            nil, .invited, .answered(.approved), .answered(.declined(aadsts: nil)), .judged(.unreachable(.sample)),
        ] as [ConnectionEvent?])
    func notConnected(_ event: ConnectionEvent?) async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        if let event { try await fixture.apply(event, to: tenant, app) }
        let endpoint = ScriptedTokenEndpoint.granting()
        let state = try await fixture.connection(tenant, app).state
        #expect(await refusal(fixture.broker(endpoint), app, tenant) == .notConnected(state))
        #expect(endpoint.calls.isEmpty)
    }

    @Test("books a doubt and drops the token when the authority denies consent")
    func consentDenied() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 2
                ? .error(.refused(.consentMissing), aadsts: 7_000_229)
                : .token(try TestToken(key, mark: "\(call)").unverified())
        }
        let broker = fixture.broker(endpoint)
        let first = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        let vault = resource("https://vault.azure.net")
        #expect(await refusal(broker, app, tenant, vault) == .refused(.consentMissing))
        let connection = try await fixture.connection(tenant, app)
        #expect(connection.state == .granted && connection.check?.reason == .doubt)
        #expect(connection.note?.trace?.aadsts == 7_000_229)
        let again = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        #expect(again.value != first.value, "neither memory nor store serves a token of before the doubt")
        #expect(endpoint.calls.count == 3)
    }

    @Test(
        "leaves the tenant's state alone when our credential or the authority is to blame",
        arguments: [
            .refused(.ourCredential), .refused(.ourRequest), .unavailable("x"), .refusedUnknown("x"), .mismatch("tid"),
        ] as [TokenError.Reason])
    func notTheTenant(_ reason: TokenError.Reason) async throws {
        let (app, tenant) = try await connected()
        let before = try await fixture.connection(tenant, app)
        #expect(await refusal(fixture.broker(.refusing(reason)), app, tenant) == reason)
        #expect(try await fixture.connection(tenant, app) == before)
    }

    @Test("neither keeps nor hands out a token that is another tenant's")
    func mixUp() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint { key, _ in
            .token(try TestToken(key).with("tid", guid(666).description).unverified())
        }
        let broker = fixture.broker(endpoint)
        #expect(await refusal(broker, app, tenant) == .mismatch("tid"))
        #expect(await refusal(broker, app, tenant) == .mismatch("tid"))
        #expect(endpoint.calls.count == 2)
    }

    @Test("puts nothing back that was on its way when the tenant was forgotten")
    func forgetDuringFlight() async throws {
        let (app, tenant) = try await connected()
        let gate = Gate()
        let endpoint = ScriptedTokenEndpoint { key, call in
            if call == 1 { await gate.pass() }
            return .token(try TestToken(key, mark: "\(call)").unverified())
        }
        let broker = fixture.broker(endpoint)
        let early = Task { try await broker.token(app: app, tenant: tenant.id, resource: graph) }
        await gate.arrival()
        try await fixture.apply(.refused(.sample), to: tenant, app)
        broker.forget(tenant.id, clientID: app.clientID)
        gate.open()
        let outcome = await early.result
        #expect(throws: TokenError.self, "consent changed under it") { try outcome.get() }
        let late = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        #expect(try late.value.exposed == TestToken(TokenKey(app, tenant.id), mark: "2").jwt)
    }

    @Test("leaves the tenant's consent and tokens alone when an API refuses that was never granted, and asks it seldom")
    func foreignResource() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        _ = try await fixture.store.consent.apply(
            .judged(.granted(release: 1, servicePrincipal: guid(77))), to: tenant.id, app.name,
            grants: [Grant(resource: graph, role: "User.Read.All", observedAt: ManualClock.start)], evidence: [],
            at: ManualClock.start, by: .service)
        let other = resource("api://other")
        let endpoint = ScriptedTokenEndpoint { key, call in
            key.resource == other
                ? .error(.refused(.consentMissing), aadsts: 501_051)
                : .token(try TestToken(key, mark: "\(call)").unverified())
        }
        let broker = fixture.broker(endpoint)
        let first = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        for _ in 0..<50 { #expect(await refusal(broker, app, tenant, other) == .refused(.consentMissing)) }
        #expect(endpoint.calls.count == 2)
        #expect(try await broker.token(app: app, tenant: tenant.id, resource: graph) == first)
        #expect(try await fixture.connection(tenant, app).check == nil, "no doubt about what was granted")
    }

    @Test("drops the old token when a refresh is told that the customer has disabled the app")
    func disabled() async throws {
        let (app, tenant) = try await connected()
        let clock = fixture.clock
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 1
                ? .token(try TestToken(key).unverified(at: clock.now)) : .error(.refused(.disabledByCustomer))
        }
        let broker = fixture.broker(endpoint)
        let request = TokenRequest(app: app, tenant: tenant.id, resource: graph)
        _ = try await broker.token(request)
        clock.advance(1_800)
        _ = broker.cached(request)
        await broker.settle()
        #expect(broker.cached(request) == nil)
        #expect(await refusal(broker, app, tenant) == .refused(.disabledByCustomer))
    }

    @Test("keeps nothing of what the verifier fetched when consent changed in the meantime")
    func adoptedTooLate() async throws {
        let (app, tenant) = try await connected()
        let key = TokenKey(app, tenant.id)
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        let before = try await fixture.connection(tenant, app)
        let token = try TestToken(key, mark: "of before").unverified().checked(for: key)
        try await fixture.apply(.refused(.sample), to: tenant, app)
        broker.forget(tenant.id, clientID: app.clientID)
        try await broker.adopt([(key: key, token: token)], under: before)
        #expect(broker.cached(TokenRequest(app: app, tenant: tenant.id, resource: graph)) == nil)
        #expect(try await broker.token(app: app, tenant: tenant.id, resource: graph) != token)
    }

    @Test("forgets one tenant and no other")
    func forgetsOne() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...2)
        try await fixture.prove(tenants, app)
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        for tenant in tenants { _ = try await broker.token(app: app, tenant: tenant.id, resource: graph) }
        try await fixture.apply(.refused(.sample), to: tenants[0], app)
        broker.forget(tenants[0].id, clientID: app.clientID)
        for tenant in tenants { _ = try await broker.token(app: app, tenant: tenant.id, resource: graph) }
        #expect(endpoint.calls.map(\.tenant) == [tenants[0].id, tenants[1].id, tenants[0].id])
    }
}
