import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Migration") struct MigrationTests {
    /// Takes the second schema back, and leaves what a database of the first one held.
    private static let firstSchema = [
        "DROP TABLE rotation", "DROP TABLE credential", "DROP TABLE registration", "DROP INDEX app_release_draft",
        "ALTER TABLE app_release DROP COLUMN created_at", "ALTER TABLE app_release DROP COLUMN published_at",
        "ALTER TABLE app DROP COLUMN audience", "ALTER TABLE app DROP COLUMN home_tenant",
        """
        CREATE TABLE app_credential (
            app TEXT NOT NULL PRIMARY KEY REFERENCES app (name),
            kind TEXT NOT NULL CHECK (kind IN ('secret', 'certificate')),
            certificate BLOB,
            sealed BLOB NOT NULL,
            added_at INTEGER NOT NULL,
            expires_at INTEGER,
            thumbprint TEXT,
            CHECK ((kind = 'certificate') = (certificate IS NOT NULL))
        ) STRICT, WITHOUT ROWID
        """,
    ]

    @Test("A credential of the first schema opens after the second, and is the preferred one")
    func credentials() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        for statement in Self.firstSchema { try await fixture.sql(statement) }
        let key = KeyRing(try DataDirectory.sealingKey(at: fixture.path + "/key")).credentials
        let place = BoundData.encode(texts: ["app_credential", "1", "crm", "secret"]) + BoundData.encode([[]])
        try await fixture.sql(
            "INSERT INTO app_credential (app, kind, sealed, added_at) VALUES ('crm', 'secret', ?1, ?2)",
            [try key.seal(Array("an old secret".utf8), authenticating: place), Fixture.start])
        try await fixture.sql("PRAGMA user_version = 1")
        try fixture.directory.close()

        let reopened = try DataDirectory.open(at: fixture.path, key: nil)
        let known = try await reopened.store.credentials.credentials(of: app.name)
        #expect(known.map(\.stored) == [.preferred] && known.map(\.addedAt) == [Fixture.start])
        guard case .secret(let text) = try await reopened.store.credentials.open(known[0].id) else {
            Issue.record("it is no secret any more")
            return
        }
        #expect(text.exposed == "an old secret")
        #expect(try await reopened.store.apps.app(app.name) == app)
        let releases = try await reopened.store.apps.releases(of: app.name)
        #expect(releases.map(\.publishedAt) == [Fixture.start])
        #expect(try await reopened.store.apps.currentRelease(of: app.name) == Fixture.release(of: app.name))
        try reopened.close()
    }
}

@Suite("Releases in the store") struct ReleaseRowsTests {
    private func permission(_ role: String) -> Permission {
        Permission(resource: graph, role: role, reason: "For \(role).")
    }

    @Test("There is one draft, which the next one replaces, and none when the newest release says the same")
    func draft() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        let apps = fixture.store.apps
        func draft(_ roles: String...) async throws -> Int {
            try await apps.draft(roles.map(permission), of: app.name, by: .service, at: Fixture.start)
        }
        #expect(try await draft("A") == 2)
        #expect(try await draft("A", "B") == 2)
        #expect(try await apps.releases(of: app.name).map(\.release.permissions.count) == [2, 2])
        #expect(
            try await apps.draft(
                Fixture.release(of: app.name).permissions, of: app.name, by: .service, at: Fixture.start) == 1)
        #expect(try await apps.releases(of: app.name).count == 1)
        #expect(try await apps.currentRelease(of: app.name).number == 1)
    }

    @Test("Publishing more leaves granted connections behind; publishing what they cover takes them back")
    func behind() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let apps = fixture.store.apps
        let first = Fixture.release(of: app.name).permissions
        func publish(_ permissions: [Permission]) async throws -> ConnectionState {
            let number = try await apps.draft(permissions, of: app.name, by: .service, at: Fixture.start)
            try await apps.publish(number, of: app.name, by: .service, at: Fixture.start + 5)
            return try await fixture.store.consent.connection(tenant.id, app.name).state
        }
        #expect(try await publish(first + [permission("Mail.Read")]) == .behind)
        #expect(try await publish([first[0]]) == .granted)
        await #expect(throws: StoreError.self) {
            try await apps.publish(3, of: app.name, by: .service, at: Fixture.start)
        }
    }

    @Test("An app that is deleted takes everything of it along, but for the audit log")
    func deleted() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let key = TokenKey(app, tenant)
        #expect(try await fixture.store.tokens.put(try key.token(), for: key, epoch: connection.epoch, app: app.name))
        _ = try await fixture.openAttempt(tenant, app)
        let before = try await fixture.store.audit.entries(after: 0, limit: 100).count
        try await fixture.store.apps.delete(app.name, by: .service, at: Fixture.start)
        for table in ["app", "app_release", "app_permission", "credential", "connection", "consent_attempt", "token"] {
            #expect(try await fixture.integer("SELECT count(*) AS value FROM \(table)") == 0, "\(table)")
        }
        #expect(try await fixture.store.audit.entries(after: 0, limit: 100).count == before + 1)
        await #expect(throws: StoreError.notFound("App 'crm'")) {
            try await fixture.store.apps.delete(app.name, by: .service, at: Fixture.start)
        }
    }
}
