import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Consent report")
struct ConsentReportTests {
    private let fixture: Fixture

    init() throws {
        fixture = try Fixture()
    }

    private var reporter: Reporter {
        Reporter(apps: fixture.store.apps, consent: fixture.store.consent, fleet: fixture.store.fleet)
    }

    @Test("shows every tenant of the app's cloud, page by page, and whose move it is")
    func rows() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...7)
        _ = try await fixture.addTenants(8...8, cloud: .usGov)
        let events: [ConnectionEvent?] = [
            nil, .invited, .answered(.approved), .answered(.declined(aadsts: 65_004)),
            .answered(.misdirected(nil)), .judged(.granted(release: 1, servicePrincipal: nil)),
            .judged(.unreachable(.sample)),
        ]
        for (tenant, event) in zip(tenants, events) {
            if let event { try await fixture.apply(event, to: tenant, app) }
        }
        let first = try await reporter.consentRows(of: app.name, after: nil, limit: 4)
        let rest = try await reporter.consentRows(of: app.name, after: first.last?.tenant.id, limit: 4)
        let rows = first + rest
        #expect(rows.map(\.tenant) == tenants)
        #expect(
            rows.map(\.connection.state)
                == [.none, .invited, .claimed, .denied, .conflict, .granted, .unreachable])
        #expect(
            rows.map(\.whoMustAct) == [.you, .customerAdmin, .nobodyWait, .customerAdmin, .you, nil, .customerAdmin])
    }

    @Test("says which roles were seen in the tenant's own token and which were not")
    func roles() async throws {
        let app = try await fixture.addApp(roles: ["B", "A", "C"])
        let tenant = try await fixture.addTenants(1...1)[0]
        let endpoint = ScriptedTokenEndpoint { key, _ in .token(try TestToken(key, roles: ["Z", "A"]).unverified()) }
        _ = try await fixture.verifier(endpoint).verify(tenant.id, app: app, by: .service)
        let row = try #require(try await reporter.consentRow(of: tenant, app: app.name))
        #expect(row.granted == ["A", "Z"] && row.missing == ["B", "C"])
    }

    @Test("has no row for a tenant of another cloud, and none for an unknown app")
    func none() async throws {
        let app = try await fixture.addApp()
        let stranger = try await fixture.addTenants(1...1, cloud: .china)[0]
        #expect(try await reporter.consentRow(of: stranger, app: app.name) == nil)
        let error = await #expect(throws: StoreError.self) {
            try await reporter.consentRows(of: appName("other"), after: nil, limit: 1)
        }
        #expect(error?.problem.code == "not_found")
    }
}
