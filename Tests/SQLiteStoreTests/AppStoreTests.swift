import Foundation
import OpenSSLCrypto
import SQLiteStore
import Tenancy
import Testing

@Suite struct AppStoreTests {
    @Test("An app comes back with its release, permissions in order, and credential")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let apps = fixture.store.apps
        let app = try await fixture.addApp()
        #expect(try await apps.app(app.name) == app)
        #expect(try await apps.apps() == [app])
        #expect(try await apps.currentRelease(of: app.name) == Fixture.release(of: app.name))
    }

    @Test("Whatever is written, the apps are listed as they then stand")
    func listed() async throws {
        let fixture = try Fixture()
        let apps = fixture.store.apps
        #expect(try await apps.apps().isEmpty)
        let crm = try await fixture.addApp()
        #expect(try await apps.apps() == [crm])
        let gov = try await fixture.addApp("gov", number: 2)
        #expect(try await apps.apps() == [crm, gov])
        try await apps.set(.required, of: crm.name, by: .service, at: Fixture.start)
        #expect(try await apps.apps().map(\.administratorSignIn) == [.required, .off])
        try await fixture.sql("UPDATE app SET display_name = 'Other' WHERE name = 'gov'")
        #expect(try await apps.apps().last?.displayName == "Other")
        try await apps.delete(crm.name, by: .service, at: Fixture.start)
        #expect(try await apps.apps().map(\.name) == [gov.name])
    }

    @Test("A taken name is refused and named, and nothing of the second app stays")
    func takenName() async throws {
        let fixture = try Fixture()
        let first = try await fixture.addApp()
        await #expect(throws: StoreError.alreadyExists("App 'crm'")) {
            _ = try await fixture.addApp("crm", number: 2)
        }
        #expect(try await fixture.store.apps.apps() == [first])
    }

    @Test("A client id is taken within its cloud only")
    func takenClientID() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        await #expect(throws: StoreError.alreadyExists("An app with client id \(app.clientID) in cloud public")) {
            _ = try await fixture.addApp("other", number: 1)
        }
        _ = try await fixture.addApp("gov", number: 1, cloud: .usGov)
        #expect(try await fixture.store.apps.apps().map(\.name.description) == ["crm", "gov"])
    }

    @Test("Nothing of an app stays when its release cannot be stored")
    func allOrNone() async throws {
        let fixture = try Fixture()
        let app = Fixture.app()
        let broken = Release(app: app.name, number: 0, permissions: [])
        await #expect(throws: StoreError.self) {
            try await fixture.store.apps.add(
                app, release: broken, credential: Fixture.credential(.secret(Secret("x")), of: app.name), by: .service)
        }
        #expect(try await fixture.store.apps.app(app.name) == nil)
        #expect(try await fixture.store.audit.entries(after: 0, limit: 10).isEmpty)
    }

    @Test("An unknown app has no release")
    func unknown() async throws {
        let fixture = try Fixture()
        let apps = fixture.store.apps
        let missing = StoreError.notFound("App 'none'")
        #expect(try await apps.app(appName("none")) == nil)
        await #expect(throws: missing) { try await apps.currentRelease(of: appName("none")) }
    }

    @Test("The highest release is the current one")
    func newestRelease() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        try await fixture.sql(
            "INSERT INTO app_release (app, number, created_at, published_at) VALUES (?1, 2, 0, 0)", [app.name])
        #expect(try await fixture.store.apps.currentRelease(of: app.name).number == 2)
    }
}
