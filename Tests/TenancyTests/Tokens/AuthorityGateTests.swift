import Foundation
import SQLiteStore
import Synchronization
import TestSupport
import Testing

@testable import Tenancy

@Suite("Authority gate", .timeLimit(.minutes(1)))
struct AuthorityGateTests {
    private let fixture: Fixture
    private let app = App.sample()
    private let credential = ClientCredential.secret(Secret("x"))

    init() throws {
        fixture = try Fixture()
    }

    private func key(_ number: Int, _ resource: Resource = graph) -> TokenKey {
        TokenKey(app, tenantID(number), resource)
    }

    @discardableResult
    private func ask(_ gate: AuthorityGate, _ key: TokenKey) async throws(TokenError) -> AccessToken {
        try await gate.requestToken(key, claims: nil, with: credential)
    }

    private func refusal(_ gate: AuthorityGate, _ key: TokenKey) async -> TokenError.Reason? {
        await #expect(throws: TokenError.self) { try await ask(gate, key) }?.reason
    }

    // MARK: Pauses

    @Test("keeps a pause for that tenant, app and resource over a restart, and for nobody else")
    func pause() async throws {
        let endpoint = ScriptedTokenEndpoint { key, call in
            call == 1 ? .error(.throttled(90)) : .token(try TestToken(key).unverified())
        }
        #expect(await refusal(fixture.gate(endpoint), key(1)) == .throttled(90))
        fixture.clock.advance(30)
        let restarted = fixture.gate(endpoint)
        try await restarted.resumePauses()
        #expect(await refusal(restarted, key(1)) == .throttled(60))
        try await ask(restarted, key(2))
        try await ask(restarted, key(1, resource("api://other")))
        #expect(endpoint.calls.count == 3 && restarted.metrics.paused == 1)
        fixture.clock.advance(60)
        try await ask(restarted, key(1))
        let again = fixture.gate(endpoint)
        try await again.resumePauses()
        #expect(again.metrics.paused == 0)
    }

    @Test("believes no pause of more than an hour, however the clock was set in between")
    func clockSet() async throws {
        let gate = fixture.gate(.refusing(.throttled(3_600)))
        _ = await refusal(gate, key(1))
        fixture.clock.advance(-30 * 86_400)
        let restarted = fixture.gate(.granting())
        try await restarted.resumePauses()
        fixture.clock.advance(3_600)
        try await ask(restarted, key(1))
    }

    // MARK: Repetitions

    @Test("repeats passing trouble twice at most, after random pauses that grow")
    func repetitions() async throws {
        let pauses = Mutex<[TimeInterval]>([])
        let endpoint = ScriptedTokenEndpoint.refusing(.unavailable("x"))
        let gate = AuthorityGate(
            endpoint: endpoint, ledger: fixture.store.ledger, clock: fixture.clock.wallClock, randomness: .seeded(7),
            sleep: { seconds in pauses.withLock { $0.append(seconds) } })
        #expect(await refusal(gate, key(1)) == .unavailable("x"))
        #expect(endpoint.calls.count == 3 && gate.metrics.retries == 2)
        let seen = pauses.withLock { $0 }
        #expect(seen.count == 2 && (0..<1).contains(seen[0]) && (0..<2).contains(seen[1]))
    }

    @Test(
        "never repeats an answer",
        arguments: [.throttled(5), .refused(.ourCredential), .refusedUnknown("x"), .unreadable] as [TokenError.Reason])
    func answers(_ reason: TokenError.Reason) async {
        let endpoint = ScriptedTokenEndpoint.refusing(reason)
        let gate = fixture.gate(endpoint, limits: .init())
        #expect(await refusal(gate, key(1)) == reason)
        #expect(endpoint.calls.count == 1)
    }

    @Test("spends no more than a tenth of the requests on repetitions, once the first few are used up")
    func repetitionBudget() async {
        let endpoint = ScriptedTokenEndpoint { key, call in
            call % 2 == 0 ? .token(try TestToken(key).unverified()) : .error(.unavailable("x"))
        }
        var limits = AuthorityGate.Limits.single
        limits.attempts = 3
        let gate = fixture.gate(endpoint, limits: limits)
        for number in 1...1_000 { _ = try? await ask(gate, key(number)) }
        #expect((100...115).contains(gate.metrics.retries))
    }

    @Test("leaves a key alone for a while that keeps failing, and tells why at once")
    func failing() async {
        let endpoint = ScriptedTokenEndpoint { key, _ in
            key.tenant == tenantID(1) ? .error(.refusedUnknown("x")) : .token(try TestToken(key).unverified())
        }
        let gate = fixture.gate(endpoint)
        for _ in 0..<100 { #expect(await refusal(gate, key(1)) == .refusedUnknown("x")) }
        #expect(endpoint.calls.count == 3)
        for _ in 0..<600 {
            fixture.clock.advance(1)
            _ = await refusal(gate, key(1))
        }
        #expect((10...40).contains(endpoint.calls.count))
    }

    @Test("asks every time while somebody waits for a consent")
    func consent() async {
        let endpoint = ScriptedTokenEndpoint.refusing(.refused(.consentMissing))
        let gate = fixture.gate(endpoint)
        for _ in 0..<20 { _ = await refusal(gate, key(1)) }
        #expect(endpoint.calls.count == 20)
    }

    // MARK: Budget

    @Test("lets a stampede of ten thousand tenants through at the budget's pace, the first first")
    func stampede() async throws {
        let waits = Mutex<[Int: TimeInterval]>([:])
        let clock = fixture.clock.wallClock
        var limits = AuthorityGate.Limits()
        limits.longestWait = 1_000
        let number = Counter()
        let gate = AuthorityGate(
            endpoint: ScriptedTokenEndpoint.granting(), ledger: fixture.store.ledger, limits: limits, clock: clock,
            randomness: .seeded(7), sleep: { seconds in waits.withLock { $0[number.value] = seconds } })
        for arrival in 1...10_000 {
            number.add(1)
            try await ask(gate, key(arrival))
        }
        let sorted = waits.withLock { $0 }.sorted { $0.key < $1.key }
        #expect(sorted.first?.key == limits.burst + 1 && sorted.count == 10_000 - limits.burst)
        #expect(zip(sorted, sorted.dropFirst()).allSatisfy { $0.value < $1.value }, "in the order they came")
        for (arrival, wait) in sorted {
            #expect(Double(arrival) <= Double(limits.burst) + limits.perSecond * wait + 1)
        }
    }

    @Test("tells those at once who would wait too long for the budget, and when to come again")
    func overBudget() async throws {
        var limits = AuthorityGate.Limits()
        limits.perSecond = 1
        limits.burst = 1
        limits.longestWait = 3
        let endpoint = ScriptedTokenEndpoint.granting()
        let gate = fixture.gate(endpoint, limits: limits)
        for number in 1...4 { try await ask(gate, key(number)) }
        #expect(await refusal(gate, key(5)) == .heldBack(.overBudget, 2))
        #expect(endpoint.calls.count == 4)
        fixture.clock.advance(1)
        try await ask(gate, key(5))
    }

    @Test("has no more requests on their way than it may, of all tenants and of one")
    func concurrency() async throws {
        var limits = AuthorityGate.Limits.single
        limits.concurrent = 3
        limits.concurrentOfTenant = 2
        let (door, running) = (Gate(), Counter())
        let most = Mutex(0)
        let endpoint = ScriptedTokenEndpoint { key, _ in
            running.add(1)
            most.withLock { $0 = max($0, running.value) }
            await door.pass()
            running.add(-1)
            return .token(try TestToken(key).unverified())
        }
        let gate = fixture.gate(endpoint, limits: limits)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...50 { group.addTask { try await ask(gate, key(number)) } }
            await door.arrival(of: 3)
            while gate.metrics.waiting < 47 { await Task.yield() }
            #expect(gate.metrics.running == 50 && gate.metrics.waiting == 47)
            door.open()
            try await group.waitForAll()
        }
        #expect(most.withLock { $0 } == 3 && gate.metrics.running == 0)
        let second = Gate()
        let slow = ScriptedTokenEndpoint { key, _ in
            await second.pass()
            return .token(try TestToken(key).unverified())
        }
        let narrow = fixture.gate(slow, limits: limits)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for name in ["api://a1", "api://a2"] { group.addTask { try await ask(narrow, key(1, resource(name))) } }
            await second.arrival(of: 2)
            #expect(await refusal(narrow, key(1)) == .heldBack(.tenantBusy, 1))
            second.open()
            try await group.waitForAll()
        }
        try await ask(narrow, key(1))
    }

    @Test("gives the seat of a caller who left to the next one")
    func cancelled() async throws {
        var limits = AuthorityGate.Limits.single
        limits.concurrent = 1
        let door = Gate()
        let endpoint = ScriptedTokenEndpoint { key, call in
            if call == 1 { await door.pass() }
            return .token(try TestToken(key).unverified())
        }
        let gate = fixture.gate(endpoint, limits: limits)
        let first = Task { try await ask(gate, key(1)) }
        await door.arrival()
        let second = Task { try await ask(gate, key(2)) }
        while gate.metrics.waiting < 1 { await Task.yield() }
        let third = Task { try await ask(gate, key(3)) }
        while gate.metrics.waiting < 2 { await Task.yield() }
        second.cancel()
        await #expect(throws: TokenError.self) { try await second.value }
        door.open()
        _ = try await (first.value, third.value)
        #expect(endpoint.calls.map(\.tenant) == [tenantID(1), tenantID(3)])
    }

    @Test("counts what came of the requests, and how long they took")
    func metrics() async {
        let clock = fixture.clock
        let endpoint = ScriptedTokenEndpoint { key, call in
            clock.advance(0.2)
            switch call {
            case 1: return .token(try TestToken(key).unverified())
            case 2: return .error(.throttled(7))
            case 3: return .error(.refused(.ourCredential))
            default: return .error(.unavailable("x"))
            }
        }
        let gate = fixture.gate(endpoint)
        for number in 1...4 { _ = try? await ask(gate, key(number)) }
        _ = try? await ask(gate, key(2))
        let metrics = gate.metrics
        #expect(metrics.answers == [.token: 1, .throttled: 1, .refused: 1, .unavailable: 1, .heldBack: 1])
        #expect(metrics.latency.counts[4] == 4 && abs(metrics.latency.sum - 0.8) < 0.001)
        #expect(metrics.paused == 1)
    }
}
