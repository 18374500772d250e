import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct ConsentAttemptTests {
    @Test("A link comes back by its id with the same state, and by its state")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let (app, tenant) = (try await fixture.addApp(), try await fixture.addTenants(1...1)[0])
        let (attempt, state) = try await fixture.openAttempt(tenant, app)
        let byID = try #require(try await fixture.store.consent.attempt(attempt.id))
        #expect(byID.attempt == attempt)
        #expect(byID.state == state)
        #expect(try await fixture.store.consent.attempt(provenBy: state) == attempt)
        #expect(state.exposed.utf8.count == 43)
        #expect(try await fixture.store.consent.connection(tenant.id, app.name).state == .invited)
    }

    @Test("Two links of one tenant have different states")
    func distinct() async throws {
        let fixture = try Fixture()
        let (app, tenant) = (try await fixture.addApp(), try await fixture.addTenants(1...1)[0])
        let first = try await fixture.openAttempt(tenant, app).state
        #expect(try await fixture.openAttempt(tenant, app).state != first)
    }

    @Test("A state that was never issued and an unknown id are nil")
    func unknown() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.store.consent.attempt(AttemptID(.system)) == nil)
        #expect(try await fixture.store.consent.attempt(provenBy: Secret("guess")) == nil)
    }

    @Test("Of 200 simultaneous answers exactly one counts")
    func oneWinner() async throws {
        let fixture = try Fixture()
        let (app, tenant) = (try await fixture.addApp(), try await fixture.addTenants(1...1)[0])
        let attempt = try await fixture.openAttempt(tenant, app).attempt
        let wins = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await fixture.store.consent.settle(
                        attempt.id, with: .approved, evidence: [], at: Fixture.start + 1)
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
        let answers = try await fixture.store.audit.entries(after: 0, limit: 999).filter {
            $0.action == "consent.answer"
        }
        #expect(answers.map(\.actor) == ["visitor"])
    }

    @Test(
        "An answer is taken one millisecond before the expiry, and not at it", arguments: [(-0.001, true), (0, false)])
    func expiry(offset: TimeInterval, isTaken: Bool) async throws {
        let fixture = try Fixture()
        let (app, tenant) = (try await fixture.addApp(), try await fixture.addTenants(1...1)[0])
        let attempt = try await fixture.openAttempt(tenant, app, life: 60).attempt
        let now = attempt.expiresAt + offset
        #expect(try await fixture.store.consent.settle(attempt.id, with: .approved, evidence: [], at: now) == isTaken)
        let state = try await fixture.store.consent.connection(tenant.id, app.name).state
        #expect(state == (isTaken ? .claimed : .invited))
    }

    @Test("A used link stays known, with its outcome, evidence and pending check")
    func settled() async throws {
        let fixture = try Fixture()
        let (app, tenant) = (try await fixture.addApp(), try await fixture.addTenants(1...1)[0])
        let (attempt, state) = try await fixture.openAttempt(tenant, app)
        let seen = Evidence(.stateMatched, passed: true, saw: "ours", at: Fixture.start + 2)
        #expect(
            try await fixture.store.consent.settle(
                attempt.id, with: .approved, evidence: [seen], at: Fixture.start + 2))
        #expect(try await fixture.store.consent.attempt(provenBy: state)?.outcome == .approved)
        #expect(try await fixture.store.consent.evidence(tenant.id, app.name) == [seen])
        #expect(try await fixture.store.consent.nextCheck() == Fixture.start + 2)
        #expect(
            try await !fixture.store.consent.settle(
                attempt.id, with: .declined(aadsts: 65004), evidence: [], at: Fixture.start + 3))
    }

    @Test(
        "An answer that failed never overwrites a grant",
        arguments: [
            ConsentAnswer.declined(aadsts: 65004), .failed(error: "server_error", aadsts: nil),
            .misdirected(TenantID(guid(3))),
        ])
    func grantSurvives(answer: ConsentAnswer) async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let attempt = try await fixture.openAttempt(tenant, app).attempt
        #expect(
            try await fixture.store.consent.settle(attempt.id, with: answer, evidence: [], at: Fixture.start + 1))
        #expect(try await fixture.store.consent.connection(tenant.id, app.name) == connection)
        #expect(try await fixture.store.consent.attempt(attempt.id)?.attempt.outcome == answer.outcome)
    }

    @Test("An unknown link settles nothing")
    func unknownSettle() async throws {
        let fixture = try Fixture()
        let settled = try await fixture.store.consent.settle(
            AttemptID(.system), with: .approved, evidence: [], at: Fixture.start)
        #expect(!settled)
    }

    @Test("A link whose row was altered is refused", arguments: ["tenant", "redirect_uri", "id"])
    func altered(column: String) async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...2)
        let (_, state) = try await fixture.openAttempt(tenants[0], app)
        _ = try await fixture.openAttempt(tenants[1], app)
        let value =
            switch column {
            case "tenant": tenants[1].id.description
            case "redirect_uri": "https://thief.example/"
            default: AttemptID(.system).description
            }
        try await fixture.sql("UPDATE consent_attempt SET \(column) = ?1 WHERE tenant = ?2", [value, tenants[0].id])
        await #expect(throws: StoreError.self) { try await fixture.store.consent.attempt(provenBy: state) }
    }

    @Test("A link for an unknown tenant or release is not made")
    func dangling() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        await #expect(throws: StoreError.notFound("Tenant \(guid(8)) or app 'crm'")) {
            _ = try await fixture.openAttempt(Fixture.tenant(8), app)
        }
        let tenant = try await fixture.addTenants(1...1)[0]
        let odd = ConsentAttempt(
            id: AttemptID(.system), tenant: tenant.id, app: app.name, release: 7, redirectURI: "https://x.example",
            createdAt: Fixture.start, expiresAt: Fixture.start + 60)
        await #expect(throws: StoreError.notFound("Release 7 of app 'crm'")) {
            _ = try await fixture.store.consent.open(odd, by: .service)
        }
        #expect(try await fixture.store.consent.connection(tenant.id, app.name).state == .none)
    }

    @Test("A link that is answered with a no a thousand times adds some twenty lines, and a yes still counts")
    func chatter() async throws {
        let fixture = try Fixture()
        let (app, tenant) = (try await fixture.addApp(), try await fixture.addTenants(1...1)[0])
        let attempt = try await fixture.openAttempt(tenant, app).attempt
        for number in 1...1_000 {
            let answer: ConsentAnswer =
                number % 2 == 0 ? .failed(error: "x", aadsts: nil) : .misdirected(TenantID(guid(number)))
            #expect(
                try await fixture.store.consent.settle(
                    attempt.id, with: answer, evidence: [], at: Fixture.start + Double(number)))
        }
        let lines = try await fixture.store.audit.entries(after: 0, limit: 999)
        #expect(lines.count { $0.action == "consent.answer" } == 20)
        #expect(
            try await fixture.store.consent.settle(
                attempt.id, with: .approved, evidence: [], at: Fixture.start + 1_001))
        #expect(try await fixture.store.consent.connection(tenant.id, app.name).state == .claimed)
    }
}
