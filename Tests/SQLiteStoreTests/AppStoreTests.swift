import Foundation
import OpenSSLCrypto
import SQLiteStore
import Tenancy
import Testing

@Suite struct AppStoreTests {
    private func summary(_ kind: String) -> CredentialSummary {
        CredentialSummary(
            kind: kind, addedAt: Fixture.start, expiresAt: kind == "secret" ? nil : Fixture.start + 86_400,
            thumbprint: kind == "secret" ? nil : "ab12")
    }

    @Test("An app comes back with its release, permissions in order, and credential")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let apps = fixture.store.apps
        let app = try await fixture.addApp()
        #expect(try await apps.app(app.name) == app)
        #expect(try await apps.apps() == [app])
        #expect(try await apps.currentRelease(of: app.name) == Fixture.release(of: app.name))
        #expect(try await apps.credentialSummary(of: app.name) == summary("secret"))
        guard case .secret(let secret) = try await apps.credential(of: app.name) else {
            Issue.record("not a secret")
            return
        }
        #expect(secret.exposed == "correct horse")
    }

    @Test("A certificate comes back with its key, byte for byte")
    func certificate() async throws {
        let fixture = try Fixture()
        let app = Fixture.app()
        let (der, key) = ([UInt8](0...255), [UInt8]((0...255).reversed()))
        try await fixture.store.apps.add(
            app, release: Fixture.release(of: app.name),
            credential: .certificate(der: der, privateKey: Secret(key)), summary: summary("certificate"), by: .service)
        guard case .certificate(let storedDER, let storedKey) = try await fixture.store.apps.credential(of: app.name)
        else {
            Issue.record("not a certificate")
            return
        }
        #expect(storedDER == der)
        #expect(storedKey.exposed == key)
        #expect(try await fixture.store.apps.credentialSummary(of: app.name) == summary("certificate"))
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
                app, release: broken, credential: .secret(Secret("x")), summary: summary("secret"), by: .service)
        }
        #expect(try await fixture.store.apps.app(app.name) == nil)
        #expect(try await fixture.store.audit.entries(after: 0, limit: 10).isEmpty)
    }

    @Test("An unknown app has no release, credential or summary")
    func unknown() async throws {
        let fixture = try Fixture()
        let apps = fixture.store.apps
        let missing = StoreError.notFound("App 'none'")
        #expect(try await apps.app(appName("none")) == nil)
        await #expect(throws: missing) { try await apps.currentRelease(of: appName("none")) }
        await #expect(throws: missing) { try await apps.credential(of: appName("none")) }
        await #expect(throws: missing) { try await apps.credentialSummary(of: appName("none")) }
    }

    @Test("The highest release is the current one")
    func newestRelease() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        try await fixture.sql("INSERT INTO app_release (app, number) VALUES (?1, 2)", [app.name])
        #expect(try await fixture.store.apps.currentRelease(of: app.name).number == 2)
    }

    @Test("A credential that was copied to another app's row does not open")
    func swappedRow() async throws {
        let fixture = try Fixture()
        let (mine, theirs) = (
            try await fixture.addApp("mine", number: 1), try await fixture.addApp("theirs", number: 2)
        )
        let changed = try await fixture.sql(
            """
            UPDATE app_credential SET sealed = (SELECT sealed FROM app_credential WHERE app = ?1) WHERE app = ?2
            """, [mine.name, theirs.name])
        #expect(changed == 1)
        await #expect(throws: StoreError.sealBroken("The credential of app 'theirs'")) {
            try await fixture.store.apps.credential(of: theirs.name)
        }
        _ = try await fixture.store.apps.credential(of: mine.name)
    }

    @Test("A certificate that was put beside another key does not open")
    func swappedCertificate() async throws {
        let fixture = try Fixture()
        let app = Fixture.app()
        try await fixture.store.apps.add(
            app, release: Fixture.release(of: app.name),
            credential: .certificate(der: [1, 2, 3], privateKey: Secret([4, 5])), summary: summary("certificate"),
            by: .service)
        try await fixture.sql("UPDATE app_credential SET certificate = x'010204'")
        await #expect(throws: StoreError.sealBroken("The credential of app 'crm'")) {
            try await fixture.store.apps.credential(of: app.name)
        }
    }
}
