import Foundation
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import Tenancy

/// What must never happen: a tenant gets another one's token.
@Suite("Token mix-up", .timeLimit(.minutes(5)))
struct TokenMixUpTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    @Test("happens to none of a million requests, though the authority swaps a token now and then")
    func million() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...1_000)
        try await fixture.prove(tenants, app)
        let clock = fixture.clock
        let swaps = Counter()
        let endpoint = ScriptedTokenEndpoint { key, call in
            guard call % 100 == 0 else { return .token(try TestToken(key).living(600).unverified(at: clock.now)) }
            swaps.add(1)
            let victim = TokenKey(app, tenants[call / 100 % 1_000].id, key.resource)
            let other = victim.tenant == key.tenant ? TokenKey(app, tenantID(1_001)) : victim
            return .token(try TestToken(other).living(600).unverified(at: clock.now))
        }
        let broker = fixture.broker(endpoint)
        let (tasks, each) = (8, 125_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<tasks {
                group.addTask { @Sendable in
                    var state = UInt64(task) &* 0x9e37_79b9 &+ 1
                    for number in 0..<each {
                        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        let tenant = tenants[Int(state >> 33) % tenants.count].id
                        // A tenth of a second for each request of one task: every token ends some twenty times.
                        if task == 0 { clock.advance(0.1) }
                        let request = TokenRequest(
                            app: app, tenant: tenant, resource: graph, minimumLife: number % 3 == 0 ? 60 : nil)
                        do throws(TokenError) {
                            let token = try await broker.token(request)
                            guard token.claims.tenant == tenant.description else {
                                Issue.record("tenant \(tenant) got the token of \(token.claims.tenant ?? "nobody")")
                                return
                            }
                        } catch {
                            guard case .mismatch = error.reason else { throw error }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await broker.settle()
        let recorded = try await fixture.store.ledger.mismatches(of: app.name, since: .distantPast)
        #expect(swaps.value > 100 && broker.metrics.mismatches == swaps.value, "each detected")
        #expect(recorded.allSatisfy { $0.claim == "tid" } && !recorded.isEmpty)
        #expect(broker.metrics.fromMemory > 900_000)
    }

    @Test("through a database in which somebody swapped the rows comes to nothing, and is recorded")
    func restored() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...2)
        try await fixture.prove(tenants, app)
        // A row that opens and is another's: only whoever has the sealing key can make one.
        let theirs = try TestToken(TokenKey(app, tenants[1].id)).unverified(at: fixture.clock.now)
            .checked(for: TokenKey(app, tenants[1].id))
        let epoch = try await fixture.connection(tenants[0], app).epoch
        fixture.store.tokens.put(theirs.stored, for: TokenKey(app, tenants[0].id), epoch: epoch)
        let endpoint = ScriptedTokenEndpoint.granting()
        let token = try await fixture.broker(endpoint).token(app: app, tenant: tenants[0].id, resource: graph)
        #expect(token.claims.tenant == tenants[0].id.description && endpoint.calls.count == 1)
        let recorded = try await fixture.store.ledger.mismatches(of: app.name, since: .distantPast)
        #expect(recorded.map(\.claim) == ["tid"] && recorded.first?.tenant == tenants[0].id)
        let lines = try await fixture.store.audit.entries(after: 0, limit: 1_000)
        #expect(lines.last?.action == "token.mismatch" && lines.last?.subject == tenants[0].id.description)
        let events = try await fixture.store.events.events(after: 0, tenant: tenants[0].id, limit: 100)
        #expect(events.last?.type == "security.token_mismatch")
    }

    @Test("with another service principal than the proven one is refused, recorded, and casts doubt on the consent")
    func principal() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.prove([tenant], app)
        let endpoint = ScriptedTokenEndpoint { key, _ in
            .token(try TestToken(key).with("oid", guid(78).description).unverified())
        }
        let error = await #expect(throws: TokenError.self) {
            try await fixture.broker(endpoint).token(app: app, tenant: tenant.id, resource: graph)
        }
        #expect(error?.reason == .mismatch("oid"))
        #expect(try await fixture.connection(tenant, app).check?.reason == .doubt)
        #expect(try await fixture.store.ledger.mismatches(of: app.name, since: .distantPast).map(\.claim) == ["oid"])
    }
}
