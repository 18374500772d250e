import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Facts about tokens") struct TokenLedgerTests {
    @Test("Pauses survive a restart; the newer end counts, and those that have ended are forgotten")
    func pauses() async throws {
        let fixture = try Fixture()
        let ledger = fixture.store.ledger
        let (first, second) = (TokenKey.sample(1), TokenKey.sample(2, resource("api://other"), cloud: .usGov))
        try await ledger.pause(first, until: Fixture.start + 60, at: Fixture.start)
        try await ledger.pause(second, until: Fixture.start + 90, at: Fixture.start)
        try await ledger.pause(first, until: Fixture.start + 120, at: Fixture.start + 1)
        try fixture.directory.close()
        let directory = try DataDirectory.open(at: fixture.path, key: nil)
        let reopened = directory.store.ledger
        func pauses(_ seconds: TimeInterval) async throws -> [TokenKey: Date] {
            let pauses = try await reopened.pauses(at: Fixture.start + seconds)
            return Dictionary(uniqueKeysWithValues: pauses.map { ($0.key, $0.until) })
        }
        #expect(try await pauses(2) == [first: Fixture.start + 120, second: Fixture.start + 90])
        #expect(try await pauses(89.999) == [first: Fixture.start + 120, second: Fixture.start + 90])
        #expect(try await pauses(90) == [first: Fixture.start + 120])
        try await reopened.pause(first, until: Fixture.start + 300, at: Fixture.start + 90)
        #expect(try await pauses(2) == [first: Fixture.start + 300])
        try directory.close()
    }

    @Test("A mismatch is counted with its first and last time, audited and told to followers, each time")
    func mismatches() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let ledger = fixture.store.ledger
        let key = TokenKey(app, tenant)
        let audited = try await audits(fixture)
        for second in [0.0, 5] {
            try await ledger.record(
                mismatch: "tid", of: key, app: app.name,
                trace: AuthorityTrace(aadsts: nil, correlationID: "corr-1", traceID: nil),
                at: Fixture.start + second)
        }
        try await ledger.record(mismatch: "aud", of: key, app: app.name, trace: nil, at: Fixture.start + 9)
        let found = try await ledger.mismatches(of: app.name, since: Fixture.start)
        #expect(
            found == [
                TokenMismatch(
                    app: app.name, tenant: tenant.id, resource: graph, claim: "aud", count: 1,
                    firstAt: Fixture.start + 9, lastAt: Fixture.start + 9),
                TokenMismatch(
                    app: app.name, tenant: tenant.id, resource: graph, claim: "tid", count: 2, firstAt: Fixture.start,
                    lastAt: Fixture.start + 5),
            ])
        #expect(try await ledger.mismatches(of: app.name, since: Fixture.start + 6).map(\.claim) == ["aud"])
        #expect(try await ledger.mismatches(of: appName("other"), since: Fixture.start).isEmpty)
        #expect(try await audits(fixture) == audited + 3)
        #expect(try await events(fixture) == 3)
        #expect(
            try await fixture.integer(
                "SELECT count(*) AS value FROM audit WHERE detail LIKE '%another ''tid''%corr-1%'") == 2)
    }

    @Test("A mismatch that cannot be counted leaves neither audit nor event behind")
    func oneTransaction() async throws {
        let fixture = try Fixture()
        let audited = try await audits(fixture)
        await #expect(throws: StoreError.self) {
            try await fixture.store.ledger.record(
                mismatch: "tid", of: .sample(), app: appName("unknown"), trace: nil, at: Fixture.start)
        }
        #expect(try await audits(fixture) == audited)
        #expect(try await events(fixture) == 0)
    }

    private func audits(_ fixture: Fixture) async throws -> Int {
        try await fixture.integer("SELECT count(*) AS value FROM audit") ?? 0
    }

    private func events(_ fixture: Fixture) async throws -> Int {
        try await fixture.integer(
            "SELECT count(*) AS value FROM event WHERE type = 'security.token_mismatch'") ?? 0
    }
}
