import Foundation
import GRDB
import OpenSSLCrypto
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Migration") struct MigrationTests {
    /// A data directory as the first schema left it, with an app, a credential, a proven tenant and an open link.
    private static func firstSchema() async throws -> (path: String, app: App) {
        let fixture = try Fixture()
        let path = try Fixture.temporaryDirectory()
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: fixture.path, toPath: path)
        try FileManager.default.removeItem(atPath: path + "/tenantry.db")
        let key = try #require(try KeyFile(path: path + "/key").read().first)
        let place = BoundData.encode(texts: ["app_credential", "1", "crm", "secret"]) + BoundData.encode([[]])
        let sealed = try key.derive("credential").seal(Array("an old secret".utf8), authenticating: place)
        let app = Fixture.app()
        let queue = try DatabaseQueue(path: path + "/tenantry.db")
        try await queue.write { database in
            try database.execute(sql: Migration.schema1.sql)
            try database.execute(
                sql: "PRAGMA user_version = 1; PRAGMA application_id = \(SQLiteDatabase.applicationID)")
            try database.execute(
                sql: "INSERT INTO meta (name, value) VALUES ('key_identifier', ?)", arguments: [Data(key.identifier)])
            try database.execute(
                sql: "INSERT INTO app VALUES (?, ?, ?, 'public', ?, ?)",
                arguments: [
                    app.name.description, app.displayName, app.clientID.description, app.redirectURI,
                    app.addedAt.milliseconds,
                ])
            try database.execute(sql: "INSERT INTO app_release VALUES ('crm', 1)")
            for (position, permission) in Fixture.release(of: app.name).permissions.enumerated() {
                try database.execute(
                    sql: "INSERT INTO app_permission VALUES ('crm', 1, ?, ?, ?, ?)",
                    arguments: [position, permission.resource.description, permission.role, permission.reason])
            }
            try database.execute(
                sql: "INSERT INTO app_credential (app, kind, sealed, added_at) VALUES ('crm', 'secret', ?, ?)",
                arguments: [Data(sealed), Fixture.start.milliseconds])
            try database.execute(
                sql: """
                    INSERT INTO tenant VALUES (?1, 'public', 'Contoso', NULL, 'plan=gold ring=canary', 0),
                        (?2, 'public', 'Fabrikam', NULL, '', 0), (?3, 'public', 'Northwind', NULL, 'only=one', 0)
                    """, arguments: StatementArguments([1, 2, 3].map { guid($0).description }))
            try database.execute(
                sql: """
                    INSERT INTO connection (app, tenant, state, since, release, epoch)
                    VALUES ('crm', ?, 'granted', 5000, 1, 3)
                    """, arguments: [guid(1).description])
            try database.execute(
                sql: "INSERT INTO connection_evidence VALUES ('crm', ?, 'token', 1, 'seen', 4000)",
                arguments: [guid(1).description])
            try database.execute(
                sql: """
                    INSERT INTO consent_attempt (id, app, tenant, release, redirect_uri, state_hash, created_at, expires_at)
                    VALUES (?, 'crm', ?, 1, 'https://x.example', zeroblob(32), 0, 9000)
                    """, arguments: [String(repeating: "a", count: 32), guid(1).description])
        }
        try queue.close()
        return (path, app)
    }

    @Test("Consent of the first schema is there after the newest, and is looked at again")
    func consent() async throws {
        let (path, app) = try await Self.firstSchema()
        defer { do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) stays: \(error)") } }
        let directory = try DataDirectory.open(at: path, key: nil)
        let store = directory.store.consent
        let connection = try await store.connection(TenantID(guid(1)), app.name)
        #expect(connection.state == .granted && connection.epoch == 3 && connection.unreachableLooks == 0)
        #expect(connection.recheckDue == Date(milliseconds: 5_000))
        #expect(try await store.evidence(TenantID(guid(1)), app.name).map(\.saw) == ["seen"])
        let attempts = try await store.attempts(of: TenantID(guid(1)), app.name, limit: 5)
        #expect(attempts.map(\.release) == [1] && attempts[0].outcome == nil)
        #expect(attempts[0].isOpen(at: Date(milliseconds: 8_999)))
        try directory.close()
    }

    @Test("Tags of the first schema are found by selectors after the newest")
    func tags() async throws {
        let (path, _) = try await Self.firstSchema()
        defer { do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) stays: \(error)") } }
        let directory = try DataDirectory.open(at: path, key: nil)
        func members(_ text: String) async throws -> [TenantID] {
            try await directory.store.fleet.members(try Selector(parsing: text), app: nil)
        }
        let tenants = (1...3).map { TenantID(guid($0)) }
        #expect(try await members("ring=canary,plan=gold") == [tenants[0]])
        #expect(try await members("only=one") == [tenants[2]])
        #expect(try await members("!ring") == [tenants[1], tenants[2]])
        try directory.close()
    }

    @Test("A database of any older schema gives its tokens up, for they have a file of their own", arguments: 1...6)
    func tokens(version: Int) async throws {
        let fixture = try Fixture()
        let path = fixture.path
        try fixture.directory.close()
        try FileManager.default.removeItem(atPath: path + "/tenantry.db")
        let key = try #require(try KeyFile(path: path + "/key").read().first)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path + "/tenantry.db", configuration: configuration)
        try await queue.writeWithoutTransaction { database in
            for migration in Migration.all where migration.version <= version {
                try database.execute(sql: migration.sql)
            }
            try database.execute(
                sql: "PRAGMA user_version = \(version); PRAGMA application_id = \(SQLiteDatabase.applicationID)")
            try database.execute(
                sql: "INSERT INTO meta (name, value) VALUES ('key_identifier', ?)", arguments: [Data(key.identifier)])
            try database.execute(
                sql: """
                    INSERT INTO token (cloud, tenant, client_id, resource, epoch, sealed, acquired_at, expires_at)
                    VALUES ('public', 't', 'c', 'r', 1, x'01', 1, 2)
                    """)
        }
        try queue.close()
        let directory = try DataDirectory.open(at: path, key: nil)
        let tables = try await directory.store.database.write { (db) throws(StoreError) in
            try db.query("SELECT name FROM sqlite_schema WHERE name LIKE 'token%' AND type = 'table' ORDER BY name") {
                (row) throws(StoreError) in try row.text("name")
            }
        }
        #expect(tables == ["token_mismatch", "token_pause"])
        try await directory.store.ledger.pause(.sample(), until: Fixture.start + 9, at: Fixture.start)
        directory.store.tokens.put(try TokenKey.sample().stored(), for: .sample(), epoch: 1)
        try directory.close()
        let reopened = try DataDirectory.open(at: path, key: nil)
        #expect(try await reopened.store.ledger.pauses(at: Fixture.start).map(\.key) == [.sample()])
        #expect(reopened.store.tokens.token(.sample(), epoch: 1) != nil)
        try reopened.close()
    }

    @Test("Consent links of earlier schemas stay good, also when the key from which their secret came is gone")
    func links() async throws {
        let (path, app) = try await Self.firstSchema()
        defer { do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) stays: \(error)") } }
        let key = try #require(try KeyFile(path: path + "/key").read().first)
        let attempt = Fixture.attempt(Fixture.tenant(1), app)
        let pinned = BoundData.encode(
            texts: [attempt.id.description, "crm", attempt.tenant.description, attempt.redirectURI])
        let mac = key.derive("consent state").withBytes { Digest.hmacSHA256(key: Array($0), message: pinned) }

        var directory = try DataDirectory.open(at: path, key: nil)
        let sealing = directory.store.sealing
        #expect(try await directory.store.consent.open(attempt, by: .service).exposed == Base64URL.encode(mac))
        #expect(try await sealing.status().rows.first { $0.table == "credential" }?.remaining == 1, "without a mark")
        try await sealing.rotate(by: .service, at: Fixture.start)
        while try await sealing.proceed(at: Fixture.start) {}
        try directory.close()
        directory = try DataDirectory.open(at: path, key: nil)
        #expect(try await directory.store.consent.attempt(provenBy: Secret(Base64URL.encode(mac)))?.id == attempt.id)
        try directory.close()
    }

    @Test("A credential of the first schema opens after the second, and is the preferred one")
    func credentials() async throws {
        let (path, app) = try await Self.firstSchema()
        defer { do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) stays: \(error)") } }

        let reopened = try DataDirectory.open(at: path, key: nil)
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
        let (app, tenant, _) = try await fixture.addConnected()
        try await fixture.store.ledger.record(
            mismatch: "tid", of: TokenKey(app, tenant), app: app.name, trace: nil, at: Fixture.start)
        _ = try await fixture.openAttempt(tenant, app)
        let before = try await fixture.store.audit.entries(after: 0, limit: 100).count
        try await fixture.store.apps.delete(app.name, by: .service, at: Fixture.start)
        for table in [
            "app", "app_release", "app_permission", "credential", "connection", "consent_attempt", "token_mismatch",
        ] {
            #expect(try await fixture.integer("SELECT count(*) AS value FROM \(table)") == 0, "\(table)")
        }
        #expect(try await fixture.store.audit.entries(after: 0, limit: 100).count == before + 1)
        await #expect(throws: StoreError.notFound("App 'crm'")) {
            try await fixture.store.apps.delete(app.name, by: .service, at: Fixture.start)
        }
    }
}
