import Foundation
import SQLiteStore
import TestSupport
import Testing

@testable import Tenancy

@Suite("Token broker", .timeLimit(.minutes(1)))
struct TokenBrokerTests {
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

    // MARK: Where a token comes from

    @Test("asks the authority once, and serves from memory then")
    func memory() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        let first = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        for _ in 0..<10 {
            #expect(try await broker.token(app: app, tenant: tenant.id, resource: graph) == first)
        }
        #expect(endpoint.calls == [TokenKey(app, tenant.id)])
    }

    @Test("makes one call for a thousand who ask at once")
    func thousand() async throws {
        let (app, tenant) = try await connected()
        let gate = Gate()
        let endpoint = ScriptedTokenEndpoint { key, call in
            await gate.pass()
            return .token(try TestToken(key, mark: "\(call)").unverified())
        }
        let broker = fixture.broker(endpoint)
        let values = try await withThrowingTaskGroup(of: Secret<String>.self) { group in
            for _ in 0..<1_000 {
                group.addTask { try await broker.token(app: app, tenant: tenant.id, resource: graph).value }
            }
            await gate.arrival()
            gate.open()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(values.count == 1 && endpoint.calls.count == 1)
    }

    @Test("needs no call after a restart, for the store remembers")
    func restart() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting()
        let first = try await fixture.broker(endpoint).token(app: app, tenant: tenant.id, resource: graph)
        let second = try await fixture.broker(endpoint).token(app: app, tenant: tenant.id, resource: graph)
        #expect(second == first && endpoint.calls.count == 1)
    }

    @Test("gives each tenant, and each resource, a token of its own")
    func apart() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...20)
        try await fixture.prove(tenants, app)
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        let resources = [graph, resource("https://vault.azure.net")]
        for _ in 0..<2 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for tenant in tenants {
                    for resource in resources {
                        group.addTask {
                            let token = try await broker.token(app: app, tenant: tenant.id, resource: resource)
                            #expect(token.claims.tenant == tenant.id.description)
                            #expect(token.claims.audience == resource.description)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(endpoint.calls.count == 40)
    }

    @Test("hands out nothing that lives no longer than the margin, and fetches anew")
    func margin() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting(at: fixture.clock)
        let broker = fixture.broker(endpoint)
        func ask(_ margin: TimeInterval) async throws -> Int {
            _ = try await broker.token(app: app, tenant: tenant.id, resource: graph, margin: margin)
            return endpoint.calls.count
        }
        #expect(try await ask(300) == 1)
        fixture.clock.advance(3_299)
        #expect(try await ask(300) == 1)
        #expect(try await ask(301) == 2, "the caller may ask for more")
        fixture.clock.advance(3_300)
        #expect(try await ask(299) == 2)
        #expect(try await ask(300) == 3, "300 s left is not more than 300 s")
    }

    @Test("returns another token than the one that was refused, from store or authority")
    func insteadOf() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting()
        let first = try await fixture.broker(endpoint).token(app: app, tenant: tenant.id, resource: graph)
        let broker = fixture.broker(endpoint)
        let second = try await broker.token(app: app, tenant: tenant.id, resource: graph, insteadOf: first.digest)
        #expect(second.value != first.value && endpoint.calls.count == 2)
        let third = try await broker.token(app: app, tenant: tenant.id, resource: graph, insteadOf: first.digest)
        #expect(third == second && endpoint.calls.count == 2, "the refused one was replaced already")
    }

    @Test("returns no refused token either when it joins a request that brings it")
    func insteadOfWhileInFlight() async throws {
        let (app, tenant) = try await connected()
        let gate = Gate()
        let endpoint = ScriptedTokenEndpoint { key, call in
            if call == 1 { await gate.pass() }
            return .token(try TestToken(key, mark: "\(call)").unverified())
        }
        let rejected = Secret(try TestToken(TokenKey(app, tenant.id), mark: "1").jwt)
        let readings = Gate()
        let clock = WallClock {
            // Every caller reads the clock just before it joins.
            readings.count()
            return ManualClock.start
        }
        let broker = fixture.broker(endpoint, clock: clock)
        let first = Task { try await broker.token(app: app, tenant: tenant.id, resource: graph) }
        await gate.arrival()
        let before = readings.arrivals
        let second = Task {
            try await broker.token(app: app, tenant: tenant.id, resource: graph, insteadOf: .of(rejected.exposed))
        }
        await readings.arrival(of: before + 1)
        for _ in 0..<100 { await Task.yield() }
        gate.open()
        #expect(try await first.value.value == rejected)
        #expect(try await second.value.value != rejected)
    }

    // MARK: Trouble

    @Test("asks a throttled key again only when its time has come, and other keys meanwhile")
    func throttled() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...2)
        try await fixture.prove(tenants, app)
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 1 ? .error(.throttled(30)) : .token(try TestToken(key).unverified())
        }
        let broker = fixture.broker(endpoint)
        #expect(await refusal(broker, app, tenants[0]) == .throttled(30))
        fixture.clock.advance(29)
        #expect(await refusal(broker, app, tenants[0]) == .throttled(1))
        #expect(endpoint.calls.count == 1)
        _ = try await broker.token(app: app, tenant: tenants[1].id, resource: graph)
        _ = try await broker.token(app: app, tenant: tenants[0].id, resource: resource("api://other"))
        #expect(endpoint.calls.count == 3)
        fixture.clock.advance(1)
        _ = try await broker.token(app: app, tenant: tenants[0].id, resource: graph)
        #expect(endpoint.calls.count == 4)
    }

    @Test("serves from memory while the authority throttles")
    func throttledWithToken() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 1 ? .token(try TestToken(key).unverified()) : .error(.throttled(30))
        }
        let broker = fixture.broker(endpoint)
        let first = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        await #expect(throws: TokenError.self) {
            try await broker.token(app: app, tenant: tenant.id, resource: graph, insteadOf: first.digest)
        }
        #expect(try await broker.token(app: app, tenant: tenant.id, resource: graph) == first)
    }

    @Test("asks again after a failure: no failure is kept")
    func failureIsNotKept() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 1 ? .error(.unavailable("it timed out")) : .token(try TestToken(key).unverified())
        }
        let broker = fixture.broker(endpoint)
        #expect(await refusal(broker, app, tenant) == .unavailable("it timed out"))
        _ = try await broker.token(app: app, tenant: tenant.id, resource: graph)
    }

    @Test("goes on with a request when the one who began it has left")
    func cancelledCaller() async throws {
        let (app, tenant) = try await connected()
        let gate = Gate()
        let endpoint = ScriptedTokenEndpoint { key, _ in
            await gate.pass()
            try Task.checkCancellation()
            return .token(try TestToken(key).unverified())
        }
        let broker = fixture.broker(endpoint)
        let leaver = Task { try await broker.token(app: app, tenant: tenant.id, resource: graph) }
        await gate.arrival()
        let stayer = Task { try await broker.token(app: app, tenant: tenant.id, resource: graph) }
        leaver.cancel()
        gate.open()
        _ = try await stayer.value
        #expect(endpoint.calls.count == 1)
    }

    @Test("makes one request for a thousand who hold the same refused token")
    func thousandRefusals() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        let first = try await broker.token(app: app, tenant: tenant.id, resource: graph)
        let values = try await withThrowingTaskGroup(of: TokenDigest.self) { group in
            for _ in 0..<1_000 {
                group.addTask {
                    try await broker.token(app: app, tenant: tenant.id, resource: graph, insteadOf: first.digest)
                        .digest
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(values.count == 1 && !values.contains(first.digest) && endpoint.calls.count == 2)
    }

    @Test("passes the cache by for claims, and replaces what was there")
    func claims() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting()
        let broker = fixture.broker(endpoint)
        var request = TokenRequest(app: app, tenant: tenant.id, resource: graph)
        let first = try await broker.token(request)
        request.claims = ClaimsChallenge(#"{"access_token":{"nbf":{"essential":true,"value":"1"}}}"#)
        let second = try await broker.token(request)
        #expect(second.digest != first.digest && endpoint.calls.count == 2)
        request.claims = nil
        #expect(try await broker.token(request) == second)
    }

    @Test("keeps a token by the clock that never steps, whatever the time of day does")
    func clockSteps() async throws {
        let (app, tenant) = try await connected()
        let (date, steady) = (ManualClock(), ManualClock())
        let clock = WallClock(now: { date.now }, steady: { steady.now.timeIntervalSinceReferenceDate })
        let endpoint = ScriptedTokenEndpoint { key, call in
            let jwt = try TestToken(key, mark: "call \(call)").jwt
            return .token(
                UnverifiedToken(
                    value: Secret(jwt), digest: .of(jwt), receivedAt: clock.moment(), lifetime: 3_600))
        }
        let broker = fixture.broker(endpoint, clock: clock)
        let request = TokenRequest(app: app, tenant: tenant.id, resource: graph)
        let first = try await broker.token(request)
        for step in [3_600.0, -7_200.0, 2_592_000.0, -5_184_000.0] {
            date.advance(step)
            steady.advance(10)
            #expect(try await broker.token(request) == first, "a step is no reason to ask anew")
        }
        steady.advance(3_600)
        #expect(try await broker.token(request) != first, "it has expired although the date says otherwise")
        #expect(endpoint.calls.count == 2)
        let restarted = fixture.broker(endpoint, clock: clock)
        date.advance(-86_400)
        _ = try await restarted.token(request)
        #expect(endpoint.calls.count == 3, "a token from the future is of unknown age")
    }

    @Test("puts up with tokens that live shorter than its margin: each serves half of its life")
    func shortLives() async throws {
        let (app, tenant) = try await connected()
        let endpoint = ScriptedTokenEndpoint.granting(at: fixture.clock, lifetime: 2)
        let broker = fixture.broker(endpoint)
        for _ in 0..<100 {
            _ = try await broker.token(app: app, tenant: tenant.id, resource: graph)
            fixture.clock.advance(0.1)
        }
        #expect((9...11).contains(endpoint.calls.count))
    }

    @Test("says so when no app has that client id")
    func unknownApp() async throws {
        let (_, tenant) = try await connected()
        #expect(await refusal(fixture.broker(.granting()), .sample("other", number: 2), tenant) == .notConnected(.none))
    }
}
