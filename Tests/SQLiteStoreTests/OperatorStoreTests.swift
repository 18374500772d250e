import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct APIKeyStoreTests {
    private func add(_ role: OperatorRole, _ fixture: Fixture) async throws -> (APIKey, APIKeyText) {
        let text = APIKeyText(role: role, randomness: .system)
        let key = APIKey(id: text.id, name: "CI", role: role, createdAt: Fixture.start)
        try await fixture.store.keys.add(key, secret: text.secret, by: .localUser(uid: 0))
        return (key, text)
    }

    @Test("A key is proven by its own text")
    func authenticates() async throws {
        let fixture = try Fixture()
        let (key, text) = try await add(.operator, fixture)
        #expect(try await fixture.store.keys.authenticate(text) == key)
        #expect(try await fixture.store.keys.keys() == [key])
    }

    @Test("A wrong secret, another key's secret, an unknown id and a raised role prove nothing")
    func refuses() async throws {
        let fixture = try Fixture()
        let (key, text) = try await add(.viewer, fixture)
        let (_, other) = try await add(.viewer, fixture)
        let wrong = [
            APIKeyText(id: key.id, secret: Secret(String(repeating: "0", count: 32)), role: .viewer),
            APIKeyText(id: key.id, secret: other.secret, role: .viewer),
            APIKeyText(id: APIKeyID(.system), secret: text.secret, role: .viewer),
            APIKeyText(id: key.id, secret: text.secret, role: .admin),
        ]
        for text in wrong { #expect(try await fixture.store.keys.authenticate(text) == nil) }
    }

    @Test("A revoked key proves nothing; ending it again changes nothing")
    func revoked() async throws {
        let fixture = try Fixture()
        let (key, text) = try await add(.admin, fixture)
        for offset in [10.0, 20] {
            try await fixture.store.keys.revoke(key.id, at: Fixture.start + offset, by: .service)
        }
        #expect(try await fixture.store.keys.authenticate(text) == nil)
        #expect(try await fixture.store.keys.keys().map(\.revokedAt) == [Fixture.start + 10])
        let actions = try await fixture.store.audit.entries(after: 0, limit: 9).map(\.action)
        #expect(actions == ["key.add", "key.revoke"])
    }

    @Test("An unknown key cannot be revoked, and an id cannot be added twice")
    func errors() async throws {
        let fixture = try Fixture()
        let stranger = APIKeyID(.system)
        await #expect(throws: StoreError.notFound("API key \(stranger)")) {
            try await fixture.store.keys.revoke(stranger, at: Fixture.start, by: .service)
        }
        let (key, text) = try await add(.admin, fixture)
        await #expect(throws: StoreError.alreadyExists("API key \(key.id)")) {
            try await fixture.store.keys.add(key, secret: text.secret, by: .service)
        }
    }
}

@Suite struct AuditLogTests {
    @Test("Entries come oldest first, in pages that join up")
    func pages() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...5)
        let first = try await fixture.store.audit.entries(after: 0, limit: 3)
        let rest = try await fixture.store.audit.entries(after: try #require(first.last).sequence, limit: 3)
        #expect((first + rest).map(\.subject) == (1...5).map { guid($0).description })
        #expect(rest.count == 2)
    }

    @Test("No entry can be changed or deleted", arguments: ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit"])
    func appendOnly(sql: String) async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...1)
        let before = try await fixture.store.audit.entries(after: 0, limit: 9)
        await #expect(throws: StoreError.unavailable("the audit log is append-only (SQLite 1811)")) {
            try await fixture.sql(sql)
        }
        #expect(try await fixture.store.audit.entries(after: 0, limit: 9) == before)
    }
}
