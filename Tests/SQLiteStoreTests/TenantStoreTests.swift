import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct TenantStoreTests {
    @Test("A tenant comes back as it was added, by id and by domain")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let tenants = fixture.store.tenants
        let tenant = try await fixture.addTenants(1...1)[0]
        #expect(try await tenants.tenant(.id(tenant.id)) == tenant)
        #expect(try await tenants.tenant(TenantReference("Customer1.Example")) == tenant)
    }

    @Test("A tenant without a domain, tags or ASCII name comes back the same")
    func sparse() async throws {
        let fixture = try Fixture()
        let tenant = Tenant(
            id: TenantID(guid(5)), cloud: .china, name: "北京 'O''Brien'; DROP TABLE tenant", domain: nil, tags: .none,
            addedAt: Date(timeIntervalSince1970: 1_799_999_999.123))
        try await fixture.store.tenants.add([tenant], by: .service)
        let stored = try #require(try await fixture.store.tenants.tenant(.id(tenant.id)))
        #expect(stored == tenant)
    }

    @Test("An unknown tenant is nil")
    func unknown() async throws {
        let fixture = try Fixture()
        #expect(try await fixture.store.tenants.tenant(.id(TenantID(guid(1)))) == nil)
        #expect(try await fixture.store.tenants.tenant(TenantReference("nobody.example")) == nil)
    }

    @Test("A domain that moved names the tenant that had it last")
    func movedDomain() async throws {
        let fixture = try Fixture()
        let domain = TenantDomain("moved.example")
        let old = Tenant(
            id: TenantID(guid(1)), cloud: .public, name: "Old", domain: domain, tags: .none, addedAt: Fixture.start)
        let new = Tenant(
            id: TenantID(guid(2)), cloud: .public, name: "New", domain: domain, tags: .none, addedAt: Fixture.start + 1)
        try await fixture.store.tenants.add([new, old], by: .service)
        #expect(try await fixture.store.tenants.tenant(TenantReference("moved.example")) == new)
    }

    @Test("One tenant that is there already keeps all of them out, and is named")
    func allOrNone() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(3...3)
        await #expect(throws: StoreError.alreadyExists("Tenant \(guid(3))")) {
            _ = try await fixture.addTenants(1...5)
        }
        #expect(try await fixture.store.tenants.tenants(after: nil, limit: 10).map(\.id.guid) == [guid(3)])
        #expect(try await fixture.store.audit.entries(after: 0, limit: 10).count == 1)
    }

    @Test("Every tenant added leaves one line of audit with its actor")
    func audited() async throws {
        let fixture = try Fixture()
        try await fixture.store.tenants.add([Fixture.tenant(1), Fixture.tenant(2)], by: .localUser(uid: 1000))
        let entries = try await fixture.store.audit.entries(after: 0, limit: 10)
        #expect(entries.map(\.action) == ["tenant.add", "tenant.add"])
        #expect(entries.map(\.subject) == [guid(1).description, guid(2).description])
        #expect(entries.allSatisfy { $0.actor == "local:1000" && $0.at == Fixture.start })
    }

    @Test("Pages by id join up without gap or repeat, whatever the order of adding")
    func pages() async throws {
        let fixture = try Fixture()
        try await fixture.store.tenants.add((1...25).reversed().map { Fixture.tenant($0) }, by: .service)
        var seen: [TenantID] = []
        while case let page = try await fixture.store.tenants.tenants(after: seen.last, limit: 10), !page.isEmpty {
            seen += page.map(\.id)
        }
        #expect(seen == (1...25).map { TenantID(guid($0)) })
    }
}
