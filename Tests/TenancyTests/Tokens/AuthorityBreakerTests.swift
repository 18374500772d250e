import Foundation
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import Tenancy

@Suite("Authority breaker", .timeLimit(.minutes(1)))
struct AuthorityBreakerTests {
    private let fixture: Fixture
    private let app = App.sample()

    init() throws {
        fixture = try Fixture()
    }

    private func key(_ number: Int) -> TokenKey { TokenKey(app, tenantID(number)) }

    @discardableResult
    private func ask(_ gate: AuthorityGate, _ key: TokenKey) async throws(TokenError) -> AccessToken {
        try await gate.requestToken(key, claims: nil, with: .secret(Secret("x")))
    }

    private func refusal(_ gate: AuthorityGate, _ key: TokenKey) async -> TokenError.Reason? {
        await #expect(throws: TokenError.self) { try await ask(gate, key) }?.reason
    }

    @Test("stops asking an authority that fails for everybody, and comes back by one probe")
    func breaker() async throws {
        let isUp = Atomic.Box(false)
        let door = Gate()
        let endpoint = ScriptedTokenEndpoint { key, _ in
            guard isUp.value else { return .error(.unavailable("the server did not answer in time")) }
            await door.pass()
            return .token(try TestToken(key).unverified())
        }
        let gate = fixture.gate(endpoint)
        for number in 1...100 { _ = await refusal(gate, key(number)) }
        #expect(endpoint.calls.count == 5 && gate.metrics.breakers[.public] == .open)
        guard case .heldBack(.authorityDown, let seconds)? = await refusal(gate, key(101)) else {
            Issue.record("the breaker is not open")
            return
        }
        #expect((4.0...6).contains(seconds))
        isUp.value = true
        fixture.clock.advance(6)
        let probe = Task { try await ask(gate, key(102)) }
        await door.arrival()
        #expect(await refusal(gate, key(103)) == .heldBack(.authorityDown, 1), "one probe at a time")
        #expect(gate.metrics.breakers[.public] == .halfOpen)
        door.open()
        _ = try await probe.value
        #expect(gate.metrics.breakers[.public] == .closed)
        try await ask(gate, key(104))
    }

    @Test("waits longer after each probe that fails, a minute at most")
    func longerPauses() async {
        let endpoint = ScriptedTokenEndpoint.refusing(.unavailable("x"))
        let gate = fixture.gate(endpoint)
        for number in 1...5 { _ = await refusal(gate, key(number)) }
        var calls: [Int] = []
        for second in 1...600 {
            fixture.clock.advance(1)
            let before = endpoint.calls.count
            _ = await refusal(gate, key(1_000 + second))
            if endpoint.calls.count > before { calls.append(second) }
        }
        let gaps = zip(calls, calls.dropFirst()).map { $1 - $0 }
        #expect((8...20).contains(calls.count) && gaps.max() ?? 0 <= 73 && gaps.last ?? 0 >= 48, "\(gaps)")
    }

    @Test("does not take the trouble of one or two tenants for the authority's")
    func fewTenants() async throws {
        let endpoint = ScriptedTokenEndpoint { key, _ in
            key.tenant > tenantID(2) ? .token(try TestToken(key).unverified()) : .error(.unavailable("x"))
        }
        let gate = fixture.gate(endpoint)
        for _ in 0..<50 { for number in 1...2 { _ = await refusal(gate, key(number)) } }
        #expect(gate.metrics.breakers[.public] == .closed)
        try await ask(gate, key(3))
    }

    @Test("stops those too who waited for a seat when it opened, but for one probe when its time has come")
    func queue() async throws {
        var limits = AuthorityGate.Limits.single
        limits.concurrent = 8
        let door = Gate()
        let endpoint = ScriptedTokenEndpoint { key, call in
            await door.pass()
            return .error(.unavailable("the server did not answer in time"))
        }
        let gate = fixture.gate(endpoint, limits: limits)
        await withTaskGroup(of: TokenError.Reason?.self) { group in
            for number in 1...200 { group.addTask { await refusal(gate, key(number)) } }
            await door.arrival(of: 8)
            while gate.metrics.waiting < 192 { await Task.yield() }
            door.open()
            let downs = await group.reduce(0) { count, reason in
                if case .heldBack(.authorityDown, _)? = reason { count + 1 } else { count }
            }
            #expect(downs >= 180, "the queue does not go on to a dead authority")
        }
        #expect(endpoint.calls.count <= 20)
    }

    @Test("lets a refresh be its probe, so that tokens are replaced again though nobody misses one")
    func refreshProbes() async {
        let gate = fixture.gate(.refusing(.unavailable("x")))
        for number in 1...5 { _ = await refusal(gate, key(number)) }
        #expect(!gate.hasRoom(for: key(9)))
        fixture.clock.advance(7)
        #expect(gate.hasRoom(for: key(9)) && gate.metrics.breakers[.public] == .halfOpen)
    }

    @Test("opens for an authority that says it is overloaded, and keeps the pause it asks for")
    func overloaded() async {
        let endpoint = ScriptedTokenEndpoint.refusing(.overloaded(20))
        let gate = fixture.gate(endpoint)
        for number in 1...5 { #expect(await refusal(gate, key(number)) == .overloaded(20)) }
        #expect(gate.metrics.breakers[.public] == .open)
        fixture.clock.advance(19)
        #expect(await refusal(gate, key(1)) == .overloaded(1))
        #expect(endpoint.calls.count == 5)
    }

    @Test("is not closed by a request that never left, nor by a caller who gave up")
    func nothingLearnt() async throws {
        let door = Gate()
        let isHanging = Atomic.Box(false)
        let endpoint = ScriptedTokenEndpoint { key, _ in
            if isHanging.value {
                await door.pass()
                try Task.checkCancellation()
            }
            return .error(.unavailable("x"))
        }
        endpoint.refusesCredential = { $0.tenant == tenantID(50) }
        let gate = fixture.gate(endpoint)
        for number in 1...5 { _ = await refusal(gate, key(number)) }
        fixture.clock.advance(7)
        #expect(await refusal(gate, key(50)) == .credentialUnusable("scripted"))
        #expect(gate.metrics.breakers[.public] == .halfOpen, "no probe was spent on it")
        isHanging.value = true
        let leaver = Task { await refusal(gate, key(51)) }
        await door.arrival()
        leaver.cancel()
        door.open()
        _ = await leaver.value
        #expect(gate.metrics.breakers[.public] == .halfOpen, "the next one may probe")
        isHanging.value = false
        #expect(await refusal(gate, key(52)) == .unavailable("x"))
        #expect(gate.metrics.breakers[.public] == .open)
    }

    @Test("of one cloud holds up no other cloud, but for those that share a host")
    func clouds() async throws {
        let (door, stuck) = (Gate(), App.sample("gov", number: 2, cloud: .usGov))
        var limits = AuthorityGate.Limits.single
        limits.concurrent = 1
        let endpoint = ScriptedTokenEndpoint { key, _ in
            if key.cloud != .public { await door.pass() }
            return .token(try TestToken(key).unverified())
        }
        let gate = fixture.gate(endpoint, limits: limits)
        let held = Task { try await ask(gate, TokenKey(stuck, tenantID(1))) }
        await door.arrival()
        try await ask(gate, key(1))
        door.open()
        _ = try await held.value
    }
}
