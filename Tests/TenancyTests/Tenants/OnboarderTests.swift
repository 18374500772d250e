import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Onboarder")
struct OnboarderTests {
    private let fixture: Fixture
    private let discovery = ScriptedDiscovery.domains(["contoso.com": 1, "fabrikam.com": 2], ids: [1, 3])
    private let onboarder: Onboarder

    init() throws {
        fixture = try Fixture()
        onboarder = Onboarder(
            discovery: discovery, store: fixture.store.tenants, clock: fixture.clock.wallClock)
    }

    private func refusal(
        _ text: String, name: String? = nil, tags: Tags = .none
    ) async -> OnboardingError? {
        await #expect(throws: OnboardingError.self) {
            try await onboarder.add(text, name: name, tags: tags, by: .service)
        }
    }

    private func stored() async throws -> [Tenant] {
        try await fixture.store.tenants.tenants(after: nil, limit: 100)
    }

    @Test("remembers a tenant by its GUID, also when it was named by a domain")
    func byDomain() async throws {
        let tags = try #require(Tags(["ring": "canary"]))
        let tenant = try await onboarder.add("Contoso.com", name: "Contoso", tags: tags, by: .service)
        #expect(tenant.id == tenantID(1))
        #expect(tenant.domain?.description == "contoso.com")
        #expect(tenant.addedAt == fixture.clock.now)
        #expect(try await stored() == [tenant])
    }

    @Test("calls a customer without a name by its domain or GUID")
    func unnamed() async throws {
        #expect(try await onboarder.add("contoso.com", name: nil, tags: .none, by: .service).name == "contoso.com")
        let byID = try await onboarder.add(tenantID(3).description, name: nil, tags: .none, by: .service)
        #expect(byID.name == tenantID(3).description)
        #expect(byID.domain == nil)
    }

    @Test("passes on which cloud was named")
    func cloud() async throws {
        _ = try await onboarder.add("contoso.com", name: nil, tags: .none, cloud: .public, by: .service)
        #expect(discovery.clouds == [.public])
    }

    @Test("refuses a second tenant with the same GUID, whatever it is called")
    func second() async throws {
        let first = try await onboarder.add("contoso.com", name: "First", tags: .none, by: .service)
        let error = await refusal(tenantID(1).description, name: "Second")
        #expect(error?.reason == .alreadyOnboarded(first.id))
        #expect(try await stored() == [first])
    }

    @Test("asks nobody about a name that can be no tenant", arguments: ["common", "../x", "", "x"])
    func malformed(_ text: String) async throws {
        let error = await refusal(text)
        #expect(error?.problem.code == "tenant_malformed")
        #expect(discovery.calls == 0)
        #expect(try await stored() == [])
    }

    @Test("refuses a tenant that nobody knows and stores nothing")
    func unknown() async throws {
        #expect(await refusal("nobody.example")?.reason == .unknown)
        #expect(try await stored() == [])
    }

    @Test(
        "refuses names with control characters, empty or longer than 200 characters",
        arguments: ["", "a\nb", "a\u{1B}[31m", "a\u{0}", "a\u{85}", String(repeating: "x", count: 201)])
    func invalidName(_ name: String) async throws {
        #expect(await refusal("contoso.com", name: name)?.reason == .invalidName)
        #expect(try await stored() == [])
    }

    @Test("accepts names of 200 characters in any script")
    func longName() async throws {
        let name = String(repeating: "é", count: 200)
        #expect(try await onboarder.add("contoso.com", name: name, tags: .none, by: .service).name == name)
    }
}

@Suite("Import")
struct ImportTests {
    private let fixture: Fixture
    private let onboarder: Onboarder

    init() throws {
        fixture = try Fixture()
        onboarder = Onboarder(
            discovery: ScriptedDiscovery.domains(["contoso.com": 1, "fabrikam.com": 2, "alias.com": 1], ids: [1, 3]),
            store: fixture.store.tenants, clock: fixture.clock.wallClock)
    }

    private static let rows = [
        ImportRow(line: 2, tenant: "contoso.com", name: "Contoso", tags: "ring=canary"),
        ImportRow(line: 3, tenant: "alias.com"),
        ImportRow(line: 4, tenant: "../x"),
        ImportRow(line: 5, tenant: "nobody.example"),
        ImportRow(line: 6, tenant: "fabrikam.com", tags: "no tag"),
        ImportRow(line: 7, tenant: "", fault: "it is broken"),
        ImportRow(line: 8, tenant: tenantID(3).description, name: "Old"),
        ImportRow(line: 9, tenant: "fabrikam.com"),
    ]

    private func verdicts(dryRun: Bool) async throws -> [ImportVerdict] {
        _ = try await fixture.addTenants(3...3)
        return try await onboarder.importRows(Self.rows, dryRun: dryRun, by: .service)
    }

    private func ids() async throws -> [TenantID] {
        try await fixture.store.tenants.tenants(after: nil, limit: 100).map(\.id)
    }

    @Test("judges every row by itself and adds the good ones")
    func verdictPerRow() async throws {
        let verdicts = try await verdicts(dryRun: false)
        #expect(verdicts.map(\.row) == Self.rows)
        guard case .added(let contoso) = verdicts[0].outcome, case .added(let fabrikam) = verdicts[7].outcome,
            case .refused(let malformed) = verdicts[2].outcome
        else {
            Issue.record("rows 2, 4 and 9 were judged otherwise: \(verdicts)")
            return
        }
        #expect(contoso.name == "Contoso" && contoso.tags.values == ["ring": "canary"])
        #expect(fabrikam.name == "fabrikam.com")
        #expect(verdicts[1].outcome == .repeats(line: 2))
        #expect(malformed.problem.code == "tenant_malformed")
        #expect(verdicts[3].outcome == .refused(OnboardingError("nobody.example", .unknown)))
        #expect(verdicts[4].outcome == .refused(OnboardingError("fabrikam.com", .invalidTags)))
        #expect(verdicts[5].outcome == .invalid("it is broken"))
        guard case .known(let known) = verdicts[6].outcome else {
            Issue.record("row 8 was judged otherwise: \(verdicts[6])")
            return
        }
        #expect(known.id == tenantID(3))
        #expect(try await ids() == [tenantID(1), tenantID(2), tenantID(3)])
    }

    @Test("marks the rows a person should look at")
    func rejected() async throws {
        #expect(
            try await verdicts(dryRun: false).map(\.isRejected)
                == [false, true, true, true, true, true, false, false])
    }

    @Test("changes nothing when it is a dry run, and says what it would do")
    func dryRun() async throws {
        let before = try await fixture.store.audit.entries(after: 0, limit: 100)
        let verdicts = try await verdicts(dryRun: true)
        guard case .accepted = verdicts[0].outcome, case .accepted = verdicts[7].outcome else {
            Issue.record("the good rows were judged otherwise: \(verdicts)")
            return
        }
        #expect(verdicts[1].outcome == .repeats(line: 2))
        #expect(try await ids() == [tenantID(3)])
        let after = try await fixture.store.audit.entries(after: 0, limit: 100)
        #expect(after.count == before.count + 1, "only the tenant that the test itself added")
    }

    @Test("can be done again: everything is onboarded then")
    func again() async throws {
        _ = try await onboarder.importRows(Self.rows, dryRun: false, by: .service)
        let second = try await onboarder.importRows(Self.rows, dryRun: false, by: .service)
        #expect(second.map(\.isRejected) == [false, true, true, true, true, true, false, false])
        #expect(second.filter { if case .known = $0.outcome { true } else { false } }.count == 3)
    }

    @Test("changes a known tenant only when told to, and then keeps the tags that the row does not name")
    func update() async throws {
        let discovery = ScriptedDiscovery.domains([:], ids: [3, 4])
        let onboarder = Onboarder(discovery: discovery, store: fixture.store.tenants, clock: fixture.clock.wallClock)
        func importRow(_ name: String, _ tags: String, update: Bool, dryRun: Bool = false) async throws
            -> ImportVerdict.Outcome
        {
            let row = ImportRow(line: 2, tenant: tenantID(4).description, name: name, tags: tags)
            return try await onboarder.importRows([row], dryRun: dryRun, update: update, by: .service)[0].outcome
        }
        func stored() async throws -> Tenant? { try await fixture.store.tenants.tenant(.id(tenantID(4))) }
        _ = try await importRow("Four", "ring=canary plan=gold", update: false)
        let before = try #require(try await stored())
        #expect(try await importRow("Other", "ring=late", update: false) == .known(before))
        #expect(try await stored() == before)
        guard case .outdated = try await importRow("Other", "ring=late", update: true, dryRun: true) else {
            Issue.record("the dry run judged otherwise")
            return
        }
        #expect(try await stored() == before)
        guard case .updated(let after) = try await importRow("Other", "ring=late", update: true) else {
            Issue.record("it was not updated")
            return
        }
        #expect(try await stored() == after)
        #expect(after.name == "Other" && after.tags.values == ["ring": "late", "plan": "gold"])
        #expect(try await importRow("", "", update: true) == .known(after), "an empty field says nothing")
    }

    @Test("keeps the order of more rows than are looked up at once")
    func manyRows() async throws {
        let rows = (0..<100).map { ImportRow(line: $0 + 2, tenant: $0 == 50 ? "contoso.com" : "nobody\($0).example") }
        let verdicts = try await onboarder.importRows(rows, dryRun: true, by: .service)
        #expect(verdicts.map(\.row.line) == rows.map(\.line))
        #expect(verdicts.indices.filter { !verdicts[$0].isRejected } == [50])
    }

    @Test("of no rows does nothing")
    func empty() async throws {
        #expect(try await onboarder.importRows([], dryRun: false, by: .service) == [])
    }

    @Test("shortens the subject of every refusal, for it is printed")
    func shortened() async throws {
        let long = String(repeating: "x", count: 10_000)
        let rows = [ImportRow(line: 2, tenant: long), ImportRow(line: 3, tenant: long, tags: "no tag")]
        for verdict in try await onboarder.importRows(rows, dryRun: true, by: .service) {
            guard case .refused(let error) = verdict.outcome else {
                Issue.record("line \(verdict.row.line) was not refused")
                continue
            }
            #expect(error.subject.count <= 61, "line \(verdict.row.line)")
        }
    }
}
