import Foundation
import SQLiteStore
import Logging
import Tenancy
import Testing

@Suite("Verification loop", .timeLimit(.minutes(1)))
struct VerificationLoopTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    private func loop(
        _ endpoint: ScriptedTokenEndpoint, store: (any ConsentStore)? = nil, wake: Wake = Wake()
    ) -> VerificationLoop {
        let store = store ?? fixture.store.consent
        return VerificationLoop(
            verifier: fixture.verifier(endpoint, store: store), apps: fixture.store.apps, store: store,
            clock: fixture.clock.wallClock, wake: wake,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test("takes the looks that are due, and no others")
    func due() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...3)
        try await fixture.apply(.answered(.approved), to: tenants[0], app)
        fixture.clock.advance(100)
        try await fixture.apply(.answered(.approved), to: tenants[1], app)
        fixture.clock.advance(-1)
        let endpoint = ScriptedTokenEndpoint.granting()
        try await loop(endpoint).takeDueLooks()
        #expect(endpoint.calls.map(\.tenant) == [tenants[0].id])
        #expect(try await fixture.connection(tenants[0], app).state == .granted)
        #expect(try await fixture.connection(tenants[1], app).state == .claimed)
    }

    @Test("proves a claim as soon as the directory shows it, after looks that did not")
    func propagation() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.apply(.answered(.delayed), to: tenant, app)
        let endpoint = ScriptedTokenEndpoint { key, call in
            call < 4 ? .error(.refused(.consentMissing), aadsts: 700_016) : .token(try TestToken(key).unverified())
        }
        let loop = loop(endpoint)
        var looks = 0
        while let due = try await fixture.store.consent.nextCheck(), looks < 10 {
            fixture.clock.advance(due.timeIntervalSince(fixture.clock.now))
            try await loop.takeDueLooks()
            looks += 1
        }
        #expect(looks == 4 && endpoint.calls.count == 4)
        #expect(try await fixture.connection(tenant, app).state == .granted)
    }

    @Test(
        "rests when a tenant that was doubted turns out to be blocked",
        arguments: [AuthorityCode.Class.blockedByPolicy, .disabledByCustomer])
    func rests(_ meaning: AuthorityCode.Class) async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.prove([tenant], app)
        try await fixture.apply(.refused(.sample), to: tenant, app)
        fixture.clock.advance(Patience.secondLook)
        try await loop(.refusing(.refused(meaning))).takeDueLooks()
        #expect(try await fixture.store.consent.nextCheck() == nil, "or it asks the authority without end")
    }

    @Test("says so when a verdict cannot be stored, so that it pauses instead of asking again at once")
    func failingStore() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        try await fixture.apply(.answered(.approved), to: tenant, app)
        let loop = loop(.granting(), store: FullDisk(real: fixture.store.consent))
        await #expect(throws: StoreError.unavailable("the disk is full")) { try await loop.takeDueLooks() }
    }

    @Test("looks when it is woken, and ends when it is cancelled")
    func running() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        let gate = Gate()
        let endpoint = ScriptedTokenEndpoint { key, _ in
            await gate.pass()
            return .token(try TestToken(key).unverified())
        }
        let wake = Wake()
        let loop = loop(endpoint, wake: wake)
        let running = Task { await loop.run() }
        try await fixture.apply(.answered(.approved), to: tenant, app)
        wake.signal()
        await gate.arrival()
        gate.open()
        running.cancel()
        await running.value
        #expect(try await fixture.connection(tenant, app).state == .granted, "a look that has begun is finished")
    }

    // MARK: Routine looks

    @Test("takes routine looks when they are due, within its budget, the longest waiting first")
    func budget() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...150)
        try await fixture.prove(tenants, app)
        let endpoint = ScriptedTokenEndpoint.granting(at: fixture.clock)
        let loop = loop(endpoint)
        fixture.clock.advance(43_199)
        #expect(try await !loop.takeRoutineLooks() && endpoint.calls.isEmpty, "half a day is the least")
        fixture.clock.advance(43_201)
        // 600 a minute: a hundred at first, then ten in each second.
        #expect(try await loop.takeRoutineLooks() && endpoint.calls.count == 100)
        fixture.clock.advance(1)
        #expect(try await loop.takeRoutineLooks() && endpoint.calls.count == 110)
        fixture.clock.advance(60)
        #expect(try await !loop.takeRoutineLooks() && endpoint.calls.count == 150)
        #expect(Set(endpoint.calls.map(\.tenant)).count == 150)
    }

    @Test("goes on at once with the second look that a routine one has booked")
    func doubtFromRoutine() async throws {
        let app = try await fixture.addApp()
        try await fixture.prove(try await fixture.addTenants(1...1), app)
        fixture.clock.advance(86_400)
        let wake = Wake()
        let loop = loop(.refusing(.refused(.consentMissing)), wake: wake)
        _ = try await loop.takeRoutineLooks()
        await wake.wait(until: nil, now: fixture.clock.now)
        #expect(try await fixture.store.consent.nextCheck() == fixture.clock.now + Patience.secondLook)
    }
}
