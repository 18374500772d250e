import Foundation
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import Tenancy

@Suite("Token refresh", .timeLimit(.minutes(1)))
struct TokenRefreshTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    private func connected(_ numbers: ClosedRange<Int> = 1...1) async throws -> (app: App, tenants: [Tenant]) {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(numbers)
        try await fixture.prove(tenants, app)
        return (app, tenants)
    }

    /// Grants while the switch is on; a call while it is off fails.
    private func switched(_ isUp: Atomic<Bool>.Box, lifetime: TimeInterval = 3_600) -> ScriptedTokenEndpoint {
        let clock = fixture.clock
        return ScriptedTokenEndpoint { key, call in
            guard isUp.value else { return .error(.unavailable("the server did not answer in time")) }
            return .token(try TestToken(key, mark: "call \(call)").living(lifetime).unverified(at: clock.now))
        }
    }

    @Test("happens in the background, once, and about halfway: the old token is handed out meanwhile")
    func background() async throws {
        let (app, tenants) = try await connected()
        let gate = Gate()
        let clock = fixture.clock
        let endpoint = ScriptedTokenEndpoint { key, call in
            if call == 2 { await gate.pass() }
            return .token(try TestToken(key, mark: "call \(call)").unverified(at: clock.now))
        }
        let broker = fixture.broker(endpoint)
        let request = TokenRequest(app: app, tenant: tenants[0].id, resource: graph)
        let first = try await broker.token(request)
        clock.advance(3_600 * 0.39)
        #expect(broker.cached(request) == first && endpoint.calls.count == 1)
        clock.advance(3_600 * 0.11)
        for _ in 0..<100 { #expect(broker.cached(request) == first) }
        await gate.arrival()
        #expect(broker.cached(request) == first)
        gate.open()
        await broker.settle()
        #expect(broker.cached(request)?.value.exposed == endpoint.tokens(app, tenants[0], call: 2))
        #expect(endpoint.calls.count == 2 && broker.metrics.fetches == [.cold: 1, .ahead: 1])
    }

    @Test("happens when the authority says, if it says so")
    func refreshIn() async throws {
        let (app, tenants) = try await connected()
        let clock = fixture.clock
        let endpoint = ScriptedTokenEndpoint { key, call in
            let jwt = try TestToken(key, mark: "call \(call)").jwt
            return .token(
                UnverifiedToken(value: Secret(jwt), receivedAt: clock.now, lifetime: 86_400, refreshIn: 43_200))
        }
        let broker = fixture.broker(endpoint)
        let request = TokenRequest(app: app, tenant: tenants[0].id, resource: graph)
        _ = try await broker.token(request)
        clock.advance(43_200 * 0.89)
        _ = broker.cached(request)
        #expect(endpoint.calls.count == 1)
        clock.advance(43_200 * 0.11)
        _ = broker.cached(request)
        await broker.settle()
        #expect(endpoint.calls.count == 2)
    }

    @Test("is not worth a second request for a token that lives a few minutes")
    func shortLife() async throws {
        let (app, tenants) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting(at: fixture.clock, lifetime: 599)
        let broker = fixture.broker(endpoint)
        let request = TokenRequest(app: app, tenant: tenants[0].id, resource: graph, minimumLife: 0)
        _ = try await broker.token(request)
        fixture.clock.advance(598)
        _ = try await broker.token(request)
        #expect(endpoint.calls.count == 1)
        fixture.clock.advance(1)
        _ = try await broker.token(request)
        #expect(endpoint.calls.count == 2)
    }

    @Test("that fails leaves the old token in use to its very end, asking seldom")
    func failing() async throws {
        let (app, tenants) = try await connected()
        let isUp = Atomic.Box(true)
        let endpoint = switched(isUp)
        let broker = fixture.broker(endpoint)
        let request = TokenRequest(app: app, tenant: tenants[0].id, resource: graph)
        let first = try await broker.token(request)
        isUp.value = false
        for _ in 0..<3_599 {
            fixture.clock.advance(1)
            #expect(try await broker.token(request) == first)
            await broker.settle()
        }
        #expect((2...150).contains(endpoint.calls.count))
        #expect(broker.metrics.failedRefreshes > 0 && broker.metrics.servedStale > 0)
        fixture.clock.advance(1)
        await #expect(throws: TokenError.self, "expired") { try await broker.token(request) }
        isUp.value = true
        fixture.clock.advance(60)
        #expect(try await broker.token(request) != first)
    }

    @Test("that fails helps nobody who needs a certain life, another token or claims")
    func strictCallers() async throws {
        let (app, tenants) = try await connected()
        let isUp = Atomic.Box(true)
        let broker = fixture.broker(switched(isUp))
        let request = TokenRequest(app: app, tenant: tenants[0].id, resource: graph)
        let first = try await broker.token(request)
        isUp.value = false
        fixture.clock.advance(3_400)
        #expect(try await broker.token(request) == first)
        var strict = [request, request, request]
        strict[0].minimumLife = 300
        strict[1].rejected = first.digest
        strict[2].claims = ClaimsChallenge("{}")
        for request in strict {
            await #expect(throws: TokenError.self) { try await broker.token(request) }
        }
    }

    @Test(
        "keeps an outage of 25 minutes from everybody who asks now and then, whenever it begins",
        arguments: [0.0, 10, 20, 29, 30, 40, 50, 60])
    func outage(_ start: TimeInterval) async throws {
        let (app, tenants) = try await connected(1...20)
        let isUp = Atomic.Box(true)
        let broker = fixture.broker(switched(isUp))
        for minute in 0..<100 {
            isUp.value = !(start..<start + 25).contains(Double(minute) - 1)
            for tenant in tenants {
                _ = try await broker.token(TokenRequest(app: app, tenant: tenant.id, resource: graph))
            }
            await broker.settle()
            fixture.clock.advance(60)
        }
    }

    @Test("of a fleet that came in together is spread")
    func spread() throws {
        let dues = (1...2_000).map { number in
            RefreshSchedule.refreshAfter(
                lifetime: 3_600, refreshIn: nil, key: TokenKey(.sample(), tenantID(number), graph))
        }
        #expect(dues.allSatisfy { (1_440.0...1_800).contains($0) })
        let tenths = Dictionary(grouping: dues) { Int(($0 - 1_440) / 36) }.mapValues(\.count)
        #expect((0..<10).allSatisfy { (130...270).contains(tenths[$0, default: 0]) }, "\(tenths)")
    }

    @Test("gives way to callers and to a pause, and is tried again later")
    func givesWay() async throws {
        let (app, tenants) = try await connected()
        let isThrottling = Atomic.Box(false)
        let clock = fixture.clock
        let endpoint = ScriptedTokenEndpoint { key, call in
            if isThrottling.value { return .error(.throttled(600)) }
            return .token(try TestToken(key, mark: "call \(call)").unverified(at: clock.now))
        }
        let broker = fixture.broker(endpoint)
        let request = TokenRequest(app: app, tenant: tenants[0].id, resource: graph)
        let first = try await broker.token(request)
        isThrottling.value = true
        clock.advance(1_800)
        for _ in 0..<20 {
            #expect(broker.cached(request) == first)
            await broker.settle()
            clock.advance(29)
        }
        #expect(endpoint.calls.count == 2, "the pause is kept")
        isThrottling.value = false
        clock.advance(60)
        _ = broker.cached(request)
        await broker.settle()
        #expect(endpoint.calls.count == 3)
    }
}

extension TokenBroker {
    /// Returns when nothing is in flight.
    func settle() async {
        while metrics.flights > 0 { await Task.yield() }
    }
}

extension ScriptedTokenEndpoint {
    func tokens(_ app: App, _ tenant: Tenant, call: Int) -> String? {
        try? TestToken(TokenKey(app, tenant.id), mark: "call \(call)").jwt
    }
}

extension Atomic where Value == Bool {
    /// A switch that several closures share.
    final class Box: Sendable {
        private let flag: Atomic<Bool>

        init(_ value: Bool) { flag = Atomic(value) }

        var value: Bool {
            get { flag.load(ordering: .acquiring) }
            set { flag.store(newValue, ordering: .releasing) }
        }
    }
}
