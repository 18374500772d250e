import Foundation
import SQLiteStore
import Synchronization
import Testing

@testable import Tenancy

@Suite("Token sightings", .timeLimit(.minutes(1)))
struct TokenSightingsTests {
    private let fixture: Fixture
    private let app = App.sample()
    private let alice = Actor.localUser(uid: 1)
    private let bob = Actor.localUser(uid: 2)

    init() throws { fixture = try Fixture() }

    private func token(_ mark: String, _ tenant: Int = 1) throws -> (AccessToken, TokenKey) {
        let key = TokenKey(app, tenantID(tenant))
        return (try TestToken(key, mark: mark).unverified().checked(for: key), key)
    }

    private func sightings(_ audit: (any AuditLog)? = nil, tokens: Int = 1_000) -> TokenSightings {
        TokenSightings(
            audit: audit ?? fixture.store.audit, clock: fixture.clock.wallClock, tokenBytes: 2_200 * tokens)
    }

    private func lines() async throws -> [AuditEntry] {
        try await fixture.store.audit.entries(after: 0, limit: 1_000).filter { $0.action == "token.get" }
    }

    @Test("The first sight is a line in the audit log, repetitions are none, and the next token tells how many")
    func counted() async throws {
        let sightings = sightings()
        let (first, key) = try token("first")
        let (second, _) = try token("second")
        #expect(!sightings.isRepetition(first, of: key, by: alice))
        for _ in 0..<5 { try await sightings.record(first, of: key, app: app.name, by: alice) }
        #expect(sightings.isRepetition(first, of: key, by: alice))
        try await sightings.record(second, of: key, app: app.name, by: alice)
        let lines = try await lines()
        #expect(lines.map(\.actor) == ["local:1", "local:1"])
        #expect(lines.map(\.subject) == [key.tenant.description, key.tenant.description])
        #expect(lines[0].detail == "Token of app 'crm' for https://graph.microsoft.com: \(first.digest).")
        #expect(lines[1].detail.hasSuffix("\(second.digest). The one before was handed out 6 times."))
    }

    @Test("Everyone's first sight counts, for each tenant and API")
    func separate() async throws {
        let sightings = sightings()
        let (one, key) = try token("one")
        let (other, otherKey) = try token("one", 2)
        for actor in [alice, bob, alice, bob] {
            try await sightings.record(one, of: key, app: app.name, by: actor)
            try await sightings.record(other, of: otherKey, app: app.name, by: actor)
        }
        #expect(
            try await lines().map { "\($0.actor) \($0.subject.last ?? "-")" } == [
                "local:1 1", "local:1 2", "local:2 1", "local:2 2",
            ])
    }

    @Test("A token that the log does not take is not seen, now or the next time")
    func failing() async throws {
        let audit = GatedAudit(fixture.store.audit)
        audit.fail(with: .unavailable("the disk is full"))
        let sightings = sightings(audit)
        let (token, key) = try token("first")
        for _ in 0..<2 {
            await #expect(throws: StoreError.unavailable("the disk is full")) {
                try await sightings.record(token, of: key, app: app.name, by: alice)
            }
            #expect(!sightings.isRepetition(token, of: key, by: alice))
        }
        audit.fail(with: nil)
        try await sightings.record(token, of: key, app: app.name, by: alice)
        #expect(try await lines().count == 1)
    }

    @Test("Nobody gets the token before the line is written, and a hundred who wait for it write one")
    func once() async throws {
        let gate = Gate()
        let audit = GatedAudit(fixture.store.audit, gate)
        let sightings = sightings(audit)
        let (token, key) = try token("first")
        let left = Gate()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    try await sightings.record(token, of: key, app: app.name, by: alice)
                    left.count()
                }
            }
            await gate.arrival()
            #expect(left.arrivals == 0)
            #expect(!sightings.isRepetition(token, of: key, by: alice))
            gate.open()
            try await group.waitForAll()
        }
        #expect(left.arrivals == 100)
        #expect(try await lines().count == 1)
        let (next, _) = try self.token("next")
        try await sightings.record(next, of: key, app: app.name, by: alice)
        #expect(try await lines().last?.detail.contains("handed out 100 times") == true)
    }

    @Test("Four callers may ask again and again for all the tokens that fit into memory, and a fifth loses them a part")
    func roomForCallers() async throws {
        let sightings = sightings(tokens: 5)
        let tokens = try (1...5).map { try token("t", $0) }
        func ask(_ callers: ClosedRange<UInt32>, rounds: Int) async throws {
            for _ in 0..<rounds {
                for caller in callers {
                    for (token, key) in tokens {
                        try await sightings.record(token, of: key, app: app.name, by: .localUser(uid: caller))
                    }
                }
            }
        }
        try await ask(1...4, rounds: 20)
        #expect(try await lines().count == 20)
        try await ask(1...5, rounds: 20)
        let more = try await lines().count - 20
        #expect((5..<250).contains(more), "of 500: \(more)")
    }

    @Test("What was forgotten to keep to the bound costs one more line; what is in use stays")
    func bounded() async throws {
        let sightings = sightings(tokens: 3)
        let (used, usedKey) = try token("used")
        for number in 2...100 {
            try await sightings.record(used, of: usedKey, app: app.name, by: alice)
            let (token, key) = try token("t", number)
            try await sightings.record(token, of: key, app: app.name, by: alice)
        }
        #expect(try await lines().count == 100)
        let (early, earlyKey) = try token("t", 2)
        try await sightings.record(early, of: earlyKey, app: app.name, by: alice)
        #expect(try await lines().count == 101)
    }
}

/// The real log, which a test can stop or let fail.
private final class GatedAudit: AuditLog {
    private let real: any AuditLog
    private let gate: Gate?
    private let failure = Mutex<StoreError?>(nil)

    init(_ real: any AuditLog, _ gate: Gate? = nil) {
        self.real = real
        self.gate = gate
    }

    func fail(with error: StoreError?) { failure.withLock { $0 = error } }

    func record(
        _ action: String, subject: String, detail: String, by actor: Actor, at instant: Date
    ) async throws(StoreError) {
        await gate?.pass()
        if let error = failure.withLock({ $0 }) { throw error }
        try await real.record(action, subject: subject, detail: detail, by: actor, at: instant)
    }

    func entries(after sequence: Int64, limit: Int) async throws(StoreError) -> [AuditEntry] {
        try await real.entries(after: sequence, limit: limit)
    }
}
