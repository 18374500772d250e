import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite struct ConsentStoreTests {
    private let note = Fault(
        code: "consent_missing", detail: "No consent.", whoMustAct: .customerAdmin,
        trace: AuthorityTrace(aadsts: 65001, correlationID: "c", traceID: "t"))

    @Test("A tenant nothing happened to is in state none since it was added")
    func none() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        let expected = Connection(tenant: tenant.id, app: app.name, since: tenant.addedAt)
        #expect(try await fixture.store.consent.connection(tenant.id, app.name) == expected)
    }

    @Test("Every part of a connection comes back: note, trace, check, principal")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let (app, tenant, before) = try await fixture.addConnected()
        let after = try await fixture.store.consent.apply(
            .refused(note), to: tenant.id, app.name, grants: nil, evidence: [], at: Fixture.start + 9, by: .service)
        #expect(after == before.applying(.refused(note), at: Fixture.start + 9))
        #expect(after.check != nil && after.note == note && after.servicePrincipal == guid(77))
        #expect(try await fixture.store.consent.connection(tenant.id, app.name) == after)
    }

    @Test("An event for an unknown tenant or app is refused and leaves nothing")
    func unknown() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        let stranger = TenantID(guid(9))
        await #expect(throws: StoreError.notFound("Tenant \(stranger) or app 'crm'")) {
            try await fixture.store.consent.apply(
                .invited, to: stranger, app.name, grants: nil, evidence: [], at: Fixture.start, by: .service)
        }
        #expect(try await fixture.store.audit.entries(after: 0, limit: 9).map(\.action) == ["app.add"])
    }

    @Test("A verdict counts in the epoch its look began in, and is void in any other one, grants and evidence too")
    func overtaken() async throws {
        let fixture = try Fixture()
        let (app, tenant, before) = try await fixture.addConnected()
        let consent = fixture.store.consent
        func judge(_ epoch: Int, _ role: String) async throws -> (connection: Connection, counts: Bool) {
            try await consent.judge(
                .granted(release: 1, servicePrincipal: guid(77)), seenIn: epoch, of: tenant.id, app.name,
                grants: [Grant(resource: graph, role: role, observedAt: Fixture.start)],
                evidence: [Evidence(.roles, passed: true, saw: role, at: Fixture.start)], at: Fixture.start,
                by: .service)
        }
        #expect(try await judge(before.epoch, "early").counts)
        let doubted = try await consent.apply(
            .refused(note), to: tenant.id, app.name, grants: nil, evidence: [], at: Fixture.start + 2, by: .service)
        for epoch in [before.epoch, doubted.epoch + 1] {
            let late = try await judge(epoch, "late")
            #expect(!late.counts && late.connection == doubted)
            #expect(try await consent.connection(tenant.id, app.name) == doubted)
        }
        #expect(try await consent.evidence(tenant.id, app.name).map(\.saw) == ["early"])
        #expect(try await consent.status(of: tenant.id, app: app.name)?.grants.map(\.role) == ["early"])
        let second = try await judge(doubted.epoch, "second")
        #expect(second.counts && second.connection.check == nil && second.connection.note == nil)
        #expect(try await consent.evidence(tenant.id, app.name).map(\.saw) == ["second"])
    }

    @Test("Grants are replaced when given and kept when not")
    func grants() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        func apply(_ roles: [String]?) async throws -> [String] {
            _ = try await fixture.store.consent.apply(
                .judged(.granted(release: 1, servicePrincipal: guid(77))), to: tenant.id, app.name,
                grants: roles?.map { Grant(resource: graph, role: $0, observedAt: Fixture.start) }, evidence: [],
                at: Fixture.start, by: .service)
            let status = try #require(try await fixture.store.consent.status(of: tenant.id, app: app.name))
            return status.grants.map(\.role)
        }
        #expect(try await apply(["B", "A"]) == ["A", "B"])
        #expect(try await apply(nil) == ["A", "B"])
        #expect(try await apply(["C", "C"]) == ["C"])
        #expect(try await apply([]) == [])
    }

    @Test("Of each check the newest look is kept, and an older one does not replace it")
    func evidence() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        func apply(_ evidence: [Evidence]) async throws {
            _ = try await fixture.store.consent.apply(
                .judged(.undecided(note)), to: tenant.id, app.name, grants: nil, evidence: evidence, at: Fixture.start,
                by: .service)
        }
        let token = Evidence(.token, passed: true, saw: "a token", at: Fixture.start + 5)
        let roles = Evidence(.roles, passed: false, saw: "none", at: Fixture.start + 5)
        try await apply([roles, token])
        try await apply([Evidence(.roles, passed: true, saw: "late", at: Fixture.start + 4)])
        #expect(try await fixture.store.consent.evidence(tenant.id, app.name) == [token, roles])
        let newer = Evidence(.roles, passed: true, saw: "all", at: Fixture.start + 6)
        try await apply([newer])
        #expect(try await fixture.store.consent.evidence(tenant.id, app.name) == [token, newer])
    }

    @Test("Checks are due at their instant, not a millisecond before, and the longest waiting comes first")
    func dueChecks() async throws {
        let fixture = try Fixture()
        let consent = fixture.store.consent
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...3)
        #expect(try await consent.nextCheck() == nil)
        for (tenant, delay) in zip(tenants, [3.0, 1.5, 2.0]) {
            _ = try await consent.apply(
                .answered(.approved), to: tenant.id, app.name, grants: nil, evidence: [], at: Fixture.start + delay,
                by: .service)
        }
        #expect(try await consent.nextCheck() == Fixture.start + 1.5)
        #expect(try await consent.dueChecks(at: Fixture.start + 1.499, limit: 10).isEmpty)
        #expect(try await consent.dueChecks(at: Fixture.start + 1.5, limit: 10).map(\.tenant.guid) == [guid(2)])
        #expect(
            try await consent.dueChecks(at: Fixture.start + 9, limit: 10).map(\.tenant.guid)
                == [guid(2), guid(3), guid(1)])
        #expect(try await consent.dueChecks(at: Fixture.start + 9, limit: 1).map(\.app) == [app.name])
    }

    @Test("The service's looks are recorded when they move something, a person's always")
    func audited() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let last = try await fixture.store.audit.entries(after: 0, limit: 99).last
        #expect(last?.action == "consent.verify" && last?.detail.contains("none → granted") == true)
        for actor in [Actor.service, .localUser(uid: 7)] {
            _ = try await fixture.store.consent.apply(
                .judged(.granted(release: 1, servicePrincipal: guid(77))), to: tenant.id, app.name, grants: nil,
                evidence: [], at: Fixture.start, by: actor)
        }
        let news = try await fixture.store.audit.entries(after: try #require(last).sequence, limit: 99)
        #expect(news.map(\.actor) == ["local:7"])
    }

    @Test("Statuses hold the app's cloud only, by id, with tenants nothing happened to")
    func statuses() async throws {
        let fixture = try Fixture()
        let (app, connected, connection) = try await fixture.addConnected()
        let others = try await fixture.addTenants(2...4)
        let abroad = try await fixture.addTenants(5...6, cloud: .china)
        let consent = fixture.store.consent
        let all = try await consent.statuses(of: app.name, after: nil, limit: 100)
        #expect(all.map(\.tenant) == [connected] + others)
        #expect(all.map(\.connection.state) == [.granted, .none, .none, .none])
        #expect(all[0].connection == connection)
        let page = try await consent.statuses(of: app.name, after: all[0].tenant.id, limit: 2)
        #expect(page == Array(all[1...2]))
        #expect(try await consent.statuses(of: app.name, after: all[3].tenant.id, limit: 2).isEmpty)
        #expect(try await consent.status(of: others[0].id, app: app.name) == all[1])
        #expect(try await consent.status(of: abroad[0].id, app: app.name) == nil)
        #expect(try await consent.status(of: TenantID(guid(99)), app: app.name) == nil)
    }

    @Test("A late page of statuses is found by index and never sorted")
    func plan() async throws {
        let fixture = try Fixture()
        let plan = try await fixture.store.database.readList { (db) throws(StoreError) in
            try db.query("EXPLAIN QUERY PLAN " + SQLiteConsentStore.pageOfStatuses, ["", "crm", 100]) {
                (row) throws(StoreError) in try row.text("detail")
            }
        }
        #expect(plan.contains { $0.contains("tenant USING INDEX tenant_of_cloud (cloud=? AND id>?)") }, "\(plan)")
        #expect(!plan.contains { $0.contains("SCAN") || $0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test(
        "A tenant that one app cannot reach is not taken out of quarantine by a look of another, or by one that says nothing"
    )
    func quarantineOfTwoApps() async throws {
        let fixture = try Fixture()
        let apps = [try await fixture.addApp(), try await fixture.addApp("erp", number: 2)]
        let tenant = try await fixture.addTenants(1...1)[0]
        let fault = Fault(code: "x", detail: "X.", whoMustAct: .customerAdmin)
        func look(_ app: App, _ verdict: Verdict, _ day: Double) async throws -> TenantState? {
            _ = try await fixture.store.consent.apply(
                .judged(verdict), to: tenant.id, app.name, grants: nil, evidence: [],
                at: Fixture.start + 9 * 86_400 * day, by: .service)
            return try await fixture.store.tenants.tenant(.id(tenant.id))?.state
        }
        for day in 1...3 { _ = try await look(apps[0], .unreachable(fault), Double(day)) }
        #expect(try await look(apps[1], .undecided(fault), 4) == .quarantined)
        #expect(try await look(apps[1], .granted(release: 1, servicePrincipal: nil), 5) == .quarantined)
        #expect(try await look(apps[0], .granted(release: 1, servicePrincipal: nil), 6) == .active)
    }

    @Test("A doubt is no event, and its confirmation is one")
    func doubtIsSilent() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let fault = Fault(code: "x", detail: "X.", whoMustAct: .customerAdmin)
        func apply(_ event: ConnectionEvent, _ second: Double) async throws -> [String] {
            let newest = try await fixture.store.events.newestEvent()
            _ = try await fixture.store.consent.apply(
                event, to: tenant.id, app.name, grants: nil, evidence: [], at: Fixture.start + second, by: .service)
            return try await fixture.store.events.events(after: newest, tenant: nil, limit: 10).map(\.type)
        }
        #expect(try await apply(.refused(fault), 1) == [])
        #expect(try await apply(.judged(.granted(release: 1, servicePrincipal: guid(77))), 20) == [])
        #expect(try await apply(.judged(.absent(fault)), 30) == [])
        #expect(try await apply(.judged(.absent(fault)), 60) == ["consent.revoked"])
    }
}
