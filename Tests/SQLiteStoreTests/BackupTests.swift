import Foundation
import GRDB
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Backups") struct BackupTests {
    private let fixture: Fixture
    private let shelf: String

    init() throws {
        fixture = try Fixture()
        shelf = fixture.path + "/shelf"
        try FileManager.default.createDirectory(
            atPath: shelf, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    private var key: String { fixture.path + "/key" }

    private func create(_ name: String = "backup.db") async throws -> Backup {
        try await fixture.store.backups.create(at: .path("\(shelf)/\(name)"), by: .service, at: Fixture.start)
    }

    /// A new place for a data directory, with a copy of the key in it.
    private func place(withKey: Bool = true) throws -> String {
        let path = shelf + "/" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        if withKey { try FileManager.default.copyItem(atPath: key, toPath: path + "/key") }
        return path
    }

    private func mode(_ path: String) throws -> Int? {
        (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
    }

    @Test("A backup that is made while others write holds one moment, whole, and can be restored")
    func roundTrip() async throws {
        let (app, tenant, _) = try await fixture.addConnected()
        let (attempt, state) = try await fixture.openAttempt(tenant, app)
        let fixture = fixture
        let backup = try await withThrowingTaskGroup { group in
            for number in 2...300 {
                // Each one transaction: a tenant, its tags and an audit line.
                group.addTask { try await fixture.store.tenants.add([Fixture.tenant(number)], by: .service) }
            }
            let backup = try await create()
            try await group.waitForAll()
            return backup
        }
        #expect(try mode(backup.path) == 0o600 && mode(backup.path + ".sha256") == 0o600)
        #expect(!FileManager.default.fileExists(atPath: backup.path + ".partial"))

        let file = BackupFile(path: backup.path)
        let report = try file.verify(key: key)
        #expect(report.sha256 == backup.sha256 && report.size == backup.size && report.isHashRecorded)
        #expect(report.keys == backup.keys && report.opening == 2 && report.broken == 0)
        let tenants = try #require(report.counts.first { $0.table == "tenant" }?.rows)
        #expect(report.counts.first { $0.table == "audit" }?.rows ?? 0 >= tenants, "no tenant without its audit line")

        let place = try place()
        _ = try file.restore(to: place, key: nil, by: .localUser(uid: 7), at: Fixture.start + 60)
        #expect(try mode(place + "/tenantry.db") == 0o600)
        let directory = try DataDirectory.open(at: place, key: nil)
        let store = directory.store
        #expect(try await store.tenants.tenants(after: nil, limit: 1_000).count == tenants)
        #expect(try await store.consent.attempt(provenBy: state)?.id == attempt.id)
        guard case .secret(let text) = try await store.credentials.open(credentialID("crmsecret000")) else {
            Issue.record("the secret is gone")
            return
        }
        #expect(text.exposed == "correct horse")
        try directory.close()
        #expect(
            try await fixture.store.audit.entries(after: 0, limit: 1_000).last { $0.action == "backup.create" } != nil)
    }

    @Test("Nothing secret is in it in the clear, nor the key")
    func nothingInTheClear() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        let state = try await fixture.openAttempt(tenant, app).state
        let webhookSecret = WebhookSecret(.system)
        try await fixture.store.webhooks.add(
            Webhook(
                id: try #require(WebhookID("0123456789ab")), url: try #require(WebhookURL("https://example.com/h")),
                types: [.all], addedAt: Fixture.start, cursor: 0), secret: webhookSecret, by: .service)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: try await create().path))
        let keyText = try String(contentsOfFile: key, encoding: .utf8).dropLast()
        let secrets: [Data] = [
            Data("correct horse".utf8), Data(state.exposed.utf8), Data(webhookSecret.bytes.exposed),
            Data(keyText.utf8), try #require(Data(base64Encoded: String(keyText))),
        ]
        for secret in secrets { #expect(bytes.range(of: secret) == nil) }
        #expect(bytes.range(of: Data("CRM Sync".utf8)) != nil, "what is no secret is found like that")
    }

    @Test("No file is replaced, a place that takes none is named, and nothing half-made is left")
    func refusals() async throws {
        _ = try await create()
        await #expect(throws: BackupError.exists(shelf + "/backup.db")) { _ = try await create() }
        let error = await #expect(throws: BackupError.self) {
            try await fixture.store.backups.create(at: .path("/proc/backup.db"), by: .service, at: Fixture.start)
        }
        guard case .notWritten("/proc/backup.db", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: shelf)) == ["backup.db", "backup.db.sha256"])
        // What an interrupted one left does not hinder the next.
        try Data("half".utf8).write(to: URL(fileURLWithPath: shelf + "/other.db.partial"))
        _ = try BackupFile(path: try await create("other.db").path).verify(key: key)
    }

    @Test("A mere name lies in the data directory's backups, for its owner only")
    func named() async throws {
        let backup = try await fixture.store.backups.create(at: .named("n.db"), by: .service, at: Fixture.start)
        #expect(backup.path == fixture.path + "/backups/n.db")
        #expect(try mode(fixture.path + "/backups") == 0o700)
    }

    @Test("What is no good backup is told apart, and each in its own words")
    func badFiles() async throws {
        _ = try await fixture.addTenants(1...500)
        let good = try await create().path
        func spoilt(_ change: (inout Data) throws -> Void) throws -> BackupFileError? {
            let path = shelf + "/spoilt.db"
            var bytes = try Data(contentsOf: URL(fileURLWithPath: good))
            try change(&bytes)
            try bytes.write(to: URL(fileURLWithPath: path))
            return #expect(throws: BackupFileError.self) { try BackupFile(path: path).verify(key: nil) }
        }
        let path = shelf + "/spoilt.db"
        #expect(try spoilt { $0 = Data("This is none.".utf8) } == .notABackup(path, "it is not an SQLite database"))
        #expect(try spoilt { $0[68] = 0 } == .notABackup(path, "it is an SQLite database of another program"))
        #expect(
            try spoilt { $0[19] = 2 }
                == .notABackup(path, "it is the file of a running service, not a backup"))
        #expect(try spoilt { $0[63] = 99 } == .newer(path, found: 99, known: Migration.newest))
        guard case .damaged = try spoilt({ $0.removeLast(4_096 * 3) }) else {
            Issue.record("a cut was not noticed")
            return
        }
        guard case .damaged = try spoilt({ $0.replaceSubrange(8_192..<8_292, with: Data(repeating: 255, count: 100)) })
        else {
            Issue.record("a page that was overwritten was not noticed")
            return
        }
        #expect(throws: BackupFileError.self) { try BackupFile(path: shelf + "/none.db").verify(key: nil) }
        // One byte in a text, which SQLite cannot notice.
        var bytes = try Data(contentsOf: URL(fileURLWithPath: good))
        let range = try #require(bytes.range(of: Data("Customer 17".utf8)))
        bytes[range.lowerBound] = 0x4b
        try bytes.write(to: URL(fileURLWithPath: good))
        #expect(throws: BackupFileError.hashDiffers(good)) { try BackupFile(path: good).verify(key: nil) }
    }

    @Test("Which key it needs is said: without one, with another, and with that of after a rotation")
    func keys() async throws {
        _ = try await fixture.addApp()
        let file = BackupFile(path: try await create().path)
        let unopened = try file.verify(key: nil)
        #expect(unopened.opening == nil && unopened.keys.count == 1)
        let other = try Fixture()
        #expect(throws: BackupFileError.wrongKey(file.path)) { try file.verify(key: other.path + "/key") }
        let empty = try place(withKey: false)
        #expect(throws: BackupFileError.keyNeeded(file.path, empty + "/key")) {
            try file.restore(to: empty, key: nil, by: .service, at: Fixture.start)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: empty).isEmpty)

        let old = shelf + "/old-key"
        try FileManager.default.copyItem(atPath: key, toPath: old)
        try await fixture.store.sealing.rotate(by: .service, at: Fixture.start)
        #expect(try file.verify(key: key).opening == 2, "the old line is still there")
        while try await fixture.store.sealing.proceed(at: Fixture.start) {}
        #expect(throws: BackupFileError.wrongKey(file.path)) { try file.verify(key: key) }
        #expect(try file.verify(key: old).opening == 2)
        _ = try file.restore(to: empty, key: old, by: .service, at: Fixture.start)
        try DataDirectory.open(at: empty, key: old).close()
    }

    @Test("A backup from the middle of a rotation opens with both lines, and its rotation goes on")
    func midRotation() async throws {
        _ = try await fixture.addApp()
        try await fixture.store.sealing.rotate(by: .service, at: Fixture.start)
        let file = BackupFile(path: try await create().path)
        let place = try place()
        while try await fixture.store.sealing.proceed(at: Fixture.start) {}
        #expect(throws: BackupFileError.wrongKey(file.path)) { try file.verify(key: key) }
        _ = try file.restore(to: place, key: nil, by: .service, at: Fixture.start)
        let directory = try DataDirectory.open(at: place, key: nil)
        while try await directory.store.sealing.proceed(at: Fixture.start) {}
        _ = try await directory.store.credentials.open(credentialID("crmsecret000"))
        #expect(try await !directory.store.sealing.status().isRotating)
        try directory.close()
    }

    @Test("A database that is there is never replaced, nor one that others may reach into made")
    func places() async throws {
        let file = BackupFile(path: try await create().path)
        let before = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/tenantry.db"))
        #expect(throws: BackupFileError.directory(.alreadyInitialised(fixture.path))) {
            try file.restore(to: fixture.path, key: nil, by: .service, at: Fixture.start)
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/tenantry.db")) == before)
        let open = try place()
        chmod(open, 0o755)
        #expect(throws: BackupFileError.directory(.insecurePermissions(path: open, chmod: "go-rwx"))) {
            try file.restore(to: open, key: nil, by: .service, at: Fixture.start)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: open) == ["key"])
    }

    @Test("A restore in the place of a lost database leaves none of the tokens that are still there")
    func leftTokens() async throws {
        let (app, tenant, connection) = try await fixture.addConnected()
        let file = BackupFile(path: try await create().path)
        let key = TokenKey(app, tenant)
        fixture.store.tokens.put(try key.stored(), for: key, epoch: connection.epoch)
        try fixture.directory.close()
        let place = try place()
        try FileManager.default.copyItem(atPath: fixture.path + "/tokens.db", toPath: place + "/tokens.db")
        _ = try file.restore(to: place, key: nil, by: .service, at: Fixture.start)
        let directory = try DataDirectory.open(at: place, key: nil)
        #expect(directory.store.tokens.token(key, epoch: connection.epoch) == nil)
        try directory.close()
    }

    @Test("After a restore every tenant is looked at soon, and numbers go on ahead of all that were told")
    func afterRestore() async throws {
        let (app, tenant, _) = try await fixture.addConnected()
        let file = BackupFile(path: try await create().path)
        let newest = try await fixture.store.events.newestEvent()
        let place = try place()
        _ = try file.restore(to: place, key: nil, by: .localUser(uid: 7), at: Fixture.start + 60)
        let directory = try DataDirectory.open(at: place, key: nil)
        let due = try await directory.store.consent.dueRechecks(at: Fixture.start, limit: 9)
        #expect(due.map(\.tenant) == [tenant.id] && due.map(\.app) == [app.name])
        let events = try await directory.store.events.events(after: newest, tenant: nil, limit: 9)
        #expect(events.map(\.type) == ["backup.restored"] && events[0].sequence > 1_000_000)
        let audit = try await directory.store.audit.entries(after: 1_000_000, limit: 9)
        #expect(audit.map(\.action) == ["backup.restore"] && audit.map(\.actor) == ["local:7"])
        try directory.close()
    }
}
