import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Fleet") struct FleetTests {
    /// Forty tenants that differ in tags, names, clouds, states and consent.
    private func fleet() async throws -> (fixture: Fixture, app: App, tenants: [Tenant]) {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        let tenants = (1...40).map { number in
            var tags: [String: String] = [:]
            if !number.isMultiple(of: 4) { tags["ring"] = ["canary", "early", "late"][number % 3] }
            if number.isMultiple(of: 2) { tags["plan"] = number.isMultiple(of: 6) ? "gold" : "trial" }
            if number == 7 { tags["state"] = "odd" }
            return Tenant(
                id: TenantID(guid(number)), cloud: number % 10 == 9 ? .china : .public,
                name: number.isMultiple(of: 5) ? "100%_Contoso \(number)" : "Customer \(number)",
                domain: number.isMultiple(of: 3) ? TenantDomain("contoso\(number).example") : nil,
                tags: Tags(tags) ?? .none, addedAt: Fixture.start)
        }
        try await fixture.store.tenants.add(tenants, by: .service)
        let fault = Fault(code: "x", detail: "X.", whoMustAct: .microsoft)
        for (index, tenant) in tenants.enumerated() where tenant.cloud == .public && index % 3 > 0 {
            let event: ConnectionEvent =
                index % 3 == 1
                ? .judged(.granted(release: 1, servicePrincipal: nil))
                : index % 2 == 0 ? .invited : .judged(.unreachable(fault))
            _ = try await fixture.store.consent.apply(
                event, to: tenant.id, app.name, grants: nil,
                evidence: [Evidence(.token, passed: true, saw: "It.", at: Fixture.start + 7)], at: Fixture.start,
                by: .service)
        }
        for number in [3, 12] {
            _ = try await fixture.store.tenants.change(
                TenantID(guid(number)), .enter(.paused, reason: "rest"), at: Fixture.start + 9, by: .service)
        }
        for (name, text) in [("early", "ring=early"), ("gold", "plan=gold"), ("both", "group=early|gold,!name~%_")] {
            try await fixture.store.groups.create(
                TenantGroup(
                    name: try #require(GroupName(name)), selector: try Selector(parsing: text),
                    createdAt: Fixture.start), by: .service)
        }
        return (fixture, app, tenants)
    }

    /// What a selector means, told once more without SQL.
    private func holds(_ selector: Selector, _ status: ConsentStatus, _ groups: [TenantGroup]) -> Bool {
        selector.terms.allSatisfy { term in
            let tenant = status.tenant
            func contains(_ text: String, _ part: String) -> Bool { text.lowercased().contains(part.lowercased()) }
            let holds =
                switch term.condition {
                case .hasTag(let key): tenant.tags.values[key] != nil
                case .tag(let key, let values): tenant.tags.values[key].map(values.contains) ?? false
                case .consent(let states): states.contains(status.connection.state)
                case .mover(let movers):
                    status.connection.state.mover(noted: status.connection.note?.whoMustAct).map(movers.contains)
                        ?? false
                case .life(let states): states.contains(tenant.state)
                case .cloud(let clouds): clouds.contains(tenant.cloud)
                case .group(let names):
                    groups.contains { names.contains($0.name) && self.holds($0.selector, status, groups) }
                case .name(let text): contains(tenant.name, text)
                case .text(let text):
                    contains(tenant.name, text) || contains("\(tenant.domain?.description ?? "")", text)
                }
            return holds != term.isNegated
        }
    }

    @Test("Every selector means the same tenants to SQL as it does to its words")
    func meaning() async throws {
        let (fixture, app, tenants) = try await fleet()
        let groups = try await fixture.store.groups.groups()
        var statuses: [ConsentStatus] = []
        for tenant in tenants {
            let connection = try await fixture.store.consent.connection(tenant.id, app.name)
            let stored = try #require(try await fixture.store.tenants.tenant(.id(tenant.id)))
            statuses.append(ConsentStatus(tenant: stored, connection: connection, grants: []))
        }
        let terms = [
            "ring", "!ring", "ring=canary", "ring!=canary", "ring=canary|early", "ring!=early|late", "plan=gold",
            "absent",
            "!absent", "tag:state=odd", "!tag:state", "state=granted", "state!=granted", "state=none",
            "state=none|invited",
            "state!=none", "who_must_act=you", "who_must_act=microsoft", "who_must_act!=you", "tenant.state=active",
            "tenant.state=paused", "tenant.state!=paused", "cloud=china", "cloud!=china", "group=early", "group!=early",
            "group=early|gold", "group=both", "group!=both", "name~contoso", "name~%_", "!name~CONTOSO", "text~contoso",
            "!text~contoso", "name~\"R 1\"",
        ]
        var texts = terms + [""]
        for (index, term) in terms.enumerated() {
            for step in 1...4 { texts.append(term + "," + terms[(index + step * 7) % terms.count]) }
        }
        for text in texts {
            let selector = try Selector(parsing: text)
            let expected = statuses.filter { holds(selector, $0, groups) }.map(\.tenant)
            #expect(
                try await fixture.store.fleet.members(selector, app: app.name) == expected.map(\.id), "\(text)")
            var paged: [Tenant] = []
            while case let page = try await fixture.store.fleet.tenants(
                selector, app: app.name, after: paged.last?.id, limit: 3), !page.isEmpty
            { paged += page }
            #expect(paged == expected, "\(text)")
            let rows = try await fixture.store.fleet.statuses(of: app.name, selector, after: nil, limit: 100)
            #expect(rows.map(\.tenant) == expected.filter { $0.cloud == .public }, "\(text)")
        }
    }

    @Test("Without an app, what asks about consent holds for nobody")
    func withoutApp() async throws {
        let (fixture, _, _) = try await fleet()
        #expect(try await fixture.store.fleet.members(try Selector(parsing: "state=granted"), app: nil).isEmpty)
    }

    @Test("A group that is not there is an error, wherever it is named")
    func unknownGroup() async throws {
        let (fixture, app, _) = try await fleet()
        for text in ["group=nobody", "group!=nobody", "group=nobody|early", "ring,group=nobody"] {
            await #expect(throws: StoreError.notFound("Group 'nobody'")) {
                try await fixture.store.fleet.members(try Selector(parsing: text), app: app.name)
            }
        }
    }

    @Test("The counts are those of the rows, and every row tells the time of its newest evidence")
    func counts() async throws {
        let (fixture, app, _) = try await fleet()
        let rows = try await fixture.store.fleet.statuses(of: app.name, .everything, after: nil, limit: 1_000)
        let counts = try await fixture.store.fleet.counts(of: app.name)
        #expect(counts.reduce(0) { $0 + $1.tenants } == rows.count)
        for state in ConnectionState.allCases {
            #expect(
                counts.filter { $0.state == state }.reduce(0) { $0 + $1.tenants }
                    == rows.count { $0.connection.state == state }, "\(state)")
        }
        for row in rows {
            #expect((row.evidenceAt == nil) == (row.connection.state == .none))
            if let at = row.evidenceAt { #expect(at == Fixture.start + 7) }
        }
    }

    @Test("Groups that name groups again and again are refused before they are too much for a statement")
    func multiplied() async throws {
        let fixture = try Fixture()
        func create(_ name: String, _ text: String) async throws {
            try await fixture.store.groups.create(
                TenantGroup(
                    name: try #require(GroupName(name)), selector: try Selector(parsing: text),
                    createdAt: Fixture.start), by: .service)
        }
        for name in ["a", "b", "c", "d"] { try await create(name, name) }
        func layer(_ inner: String) -> String {
            (["group=\(inner)", "group!=\(inner)"]
                + ["a", "b", "c", "d"].flatMap { ["group=\(inner)|\($0)", "group!=\(inner)|\($0)"] }).joined(
                    separator: ",")
        }
        try await create("layer1", layer("a"))
        let name = try #require(GroupName("layer2"))
        // Ten times layer 1: without counting each, the ninth layer would have a thousand million terms.
        await #expect(throws: GroupError.tooLarge(name)) { try await create("layer2", layer("layer1")) }
    }

    @Test("A plan that can be used no more keeps no list of tenants")
    func oldPlans() async throws {
        let (fixture, _, _) = try await fleet()
        for minute in [0.0, 16] {
            _ = try await fixture.store.bulk.plan(
                BulkPlanID(.system), .change(.enter(.paused, reason: nil)), selector: .everything, app: nil,
                at: Fixture.start + minute * 60)
        }
        #expect(try await fixture.integer("SELECT count(*) AS value FROM bulk_plan WHERE tenants = ''") == 1)
    }
}
