import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@testable import SQLiteStore

@Suite struct DatabaseTests {
    /// The files as a crash would leave them now, in a directory of their own.
    private func crashImage(of path: String) throws -> String {
        let image = try Fixture.temporaryDirectory()
        for name in ["tenantry.db", "tenantry.db-wal", "key"] {
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: image + "/" + name)
        }
        return image
    }

    @Test("Every commit is flushed: synchronous is FULL on the connection that writes")
    func fullSync() async throws {
        let fixture = try Fixture()
        let settings = try await fixture.store.database.write { (db) throws(StoreError) in
            try ["synchronous", "foreign_keys", "secure_delete", "mmap_size", "wal_autocheckpoint"].map {
                (name) throws(StoreError) in
                try db.first("PRAGMA \(name)") { (row) throws(StoreError) in try row.integer(name) }
            }
        }
        #expect(settings == [2, 1, 1, 0, 1_000])
        let mode = try await fixture.store.database.write { (db) throws(StoreError) in
            try db.first("PRAGMA journal_mode") { (row) throws(StoreError) in try row.text("journal_mode") }
        }
        #expect(mode == "wal")
    }

    @Test("Connections that read cannot write")
    func readOnlyReaders() async throws {
        let fixture = try Fixture()
        #expect(throws: StoreError.self) {
            try fixture.store.database.read { (db) throws(StoreError) in
                _ = try db.execute("INSERT INTO meta (name, value) VALUES ('x', x'00')")
            }
        }
    }

    @Test("What was acknowledged is there after a crash without checkpoint")
    func crash() async throws {
        let fixture = try Fixture()
        try await withThrowingTaskGroup { group in
            for number in 1...200 {
                group.addTask { try await fixture.store.tenants.add([Fixture.tenant(number)], by: .service) }
            }
            try await group.waitForAll()
        }
        let image = try crashImage(of: fixture.path)
        defer { try? FileManager.default.removeItem(atPath: image) }
        let reopened = try DataDirectory.open(at: image, key: nil)
        let tenants = try await reopened.store.tenants.tenants(after: nil, limit: 1_000)
        #expect(tenants == (1...200).map { Fixture.tenant($0) })
        #expect(try await reopened.store.audit.entries(after: 0, limit: 1_000).count == 200)
        try reopened.close()
    }

    @Test("An orderly close leaves nothing in the log, and everything is there again")
    func orderlyClose() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...3)
        let state = try await fixture.openAttempt(tenants[0], app).state
        try fixture.directory.close()
        #expect(try fixture.contents("tenantry.db-wal")?.isEmpty ?? true)
        let reopened = try DataDirectory.open(at: fixture.path, key: nil)
        #expect(try await reopened.store.tenants.tenants(after: nil, limit: 9) == tenants)
        #expect(try await reopened.store.consent.attempt(provenBy: state)?.tenant == tenants[0].id)
        _ = try await reopened.store.credentials.open(credentialID("crmsecret000"))
        #expect(try await reopened.store.apps.app(app.name) == app)
        try reopened.close()
    }

    @Test("A closed database takes no more work and says so")
    func closed() async throws {
        let fixture = try Fixture()
        try fixture.directory.close()
        await #expect(throws: StoreError.unavailable("the database is closed")) {
            _ = try await fixture.addTenants(1...1)
        }
        await #expect(throws: StoreError.self) { try await fixture.store.apps.apps() }
    }

    @Test("One write that fails takes none of those with it that were committed together")
    func groupMembersFailAlone() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(50...50)
        let refused = await withTaskGroup(of: Int?.self) { group in
            for number in 1...100 {
                group.addTask {
                    do {
                        try await fixture.store.tenants.add(
                            [Fixture.tenant(1_000 + number), Fixture.tenant(number)], by: .service)
                        return nil
                    } catch { return number }
                }
            }
            return await group.reduce(into: [Int]()) { refused, number in if let number { refused.append(number) } }
        }
        #expect(refused == [50])
        let tenants = try await fixture.store.tenants.tenants(after: nil, limit: 1_000)
        #expect(tenants.count == 1 + 99 * 2)
        #expect(!tenants.contains { $0.id.guid == guid(1_050) })
    }

    @Test("A full disk is an error without consequences, and heals without a restart")
    func fullDisk() async throws {
        let fixture = try Fixture()
        let pages = try #require(try await fixture.integer("SELECT page_count AS value FROM pragma_page_count"))
        try await fixture.limitPages(to: pages)
        let error = await #expect(throws: StoreError.self) { _ = try await fixture.addTenants(1...5_000) }
        #expect(error == .unavailable("database or disk is full (SQLite 13)"))
        #expect(try await fixture.store.tenants.tenants(after: nil, limit: 9).isEmpty)
        try await fixture.limitPages(to: 1_000_000)
        #expect(try await fixture.addTenants(1...5_000).count == 5_000)
        #expect(fixture.store.failure == nil)
    }

    @Test("A value that was altered into nonsense is an error of its row, not a crash")
    func nonsense() async throws {
        let fixture = try Fixture()
        let tenant = try await fixture.addTenants(1...2)[0]
        try await fixture.sql("UPDATE tenant SET tags = 'a b c' WHERE id = ?1", [tenant.id])
        await #expect(throws: StoreError.self) { try await fixture.store.tenants.tenant(.id(tenant.id)) }
        #expect(try await fixture.store.tenants.tenant(.id(TenantID(guid(2)))) != nil)
    }

    @Test("A database of a newer program is refused and left as it is")
    func newer() async throws {
        let fixture = try Fixture()
        try await fixture.sql("PRAGMA user_version = 99")
        try fixture.directory.close()
        let expected = DataDirectoryError.newerDatabase(found: 99, known: Migration.newest)
        #expect(throws: expected) { try DataDirectory.open(at: fixture.path, key: nil) }
    }

    @Test(
        "What is not our database is damaged, and stays as it is",
        arguments: ["", "SQLite format 3\0 but short", String(repeating: "garbage!", count: 4_096)])
    func foreignFile(text: String) throws {
        let fixture = try Fixture()
        try fixture.directory.close()
        let file = URL(fileURLWithPath: fixture.path + "/tenantry.db")
        try Data(text.utf8).write(to: file)
        let error = #expect(throws: DataDirectoryError.self) { try DataDirectory.open(at: fixture.path, key: nil) }
        #expect(error == .damaged("it is not an SQLite database"))
        #expect(try Data(contentsOf: file) == Data(text.utf8))
    }

    @Test("Another program's SQLite database is not touched")
    func otherProgram() async throws {
        let fixture = try Fixture()
        try fixture.directory.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "/tenantry.db"))
        bytes[68] = 0
        try bytes.write(to: URL(fileURLWithPath: fixture.path + "/tenantry.db"))
        #expect(throws: DataDirectoryError.damaged("it is an SQLite database of another program")) {
            try DataDirectory.open(at: fixture.path, key: nil)
        }
    }

    @Test("A page that was overwritten is noticed at start", arguments: [1, 3, 8])
    func damagedPage(page: Int) async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...2_000)
        try fixture.directory.close()
        let file = URL(fileURLWithPath: fixture.path + "/tenantry.db")
        var bytes = try Data(contentsOf: file)
        bytes.replaceSubrange(4_096 * page..<4_096 * page + 64, with: [UInt8](repeating: 0xff, count: 64))
        try bytes.write(to: file)
        let error = #expect(throws: DataDirectoryError.self) { try DataDirectory.open(at: fixture.path, key: nil) }
        guard case .damaged = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(try Data(contentsOf: file) == bytes)
    }

    @Test("Secrets, tokens, states and API keys are in no file in the clear")
    func nothingInTheClear() async throws {
        let fixture = try Fixture()
        let (app, tenant, connection) = try await fixture.addConnected()
        let certified = Fixture.app("certified", number: 2)
        let privateKey = Array("CANARY-PRIVATE-KEY-0123456789".utf8)
        try await fixture.store.apps.add(
            certified, release: Fixture.release(of: certified.name),
            credential: Fixture.credential(.certificate(der: [1], privateKey: Secret(privateKey)), of: certified.name),
            by: .service)
        let key = TokenKey(app, tenant)
        let token = try key.stored("CANARY-TOKEN")
        fixture.store.tokens.put(token, for: key, epoch: connection.epoch)
        await fixture.store.tokens.flush()
        let state = try await fixture.openAttempt(tenant, app).state
        let text = APIKeyText(role: .admin, randomness: .system)
        try await fixture.store.keys.add(
            APIKey(id: text.id, name: "CI", role: .admin, createdAt: Fixture.start), secret: text.secret, by: .service)
        let canaries = [
            Data("correct horse".utf8), Data(privateKey), Data(token.value.exposed.utf8), Data(state.exposed.utf8),
            Data(text.secret.exposed.utf8), Data("CANARY-TOKEN".utf8),
        ]
        func scan() throws {
            for name in ["tenantry.db", "tenantry.db-wal", "tokens.db", "tokens.db-wal", "lock"] {
                guard let bytes = try fixture.contents(name) else { continue }
                for (index, canary) in canaries.enumerated() {
                    #expect(bytes.range(of: canary) == nil, "canary \(index) in \(name)")
                }
                // The scan itself finds what is there.
                if name == "tenantry.db-wal", !bytes.isEmpty { #expect(bytes.range(of: Data("CRM Sync".utf8)) != nil) }
            }
        }
        try scan()
        try fixture.directory.close()
        try scan()
    }

    @Test("Fifty thousand tenants are walked through page by page, each once")
    func manyTenants() async throws {
        let fixture = try Fixture()
        let app = try await fixture.addApp()
        try await fixture.sql(
            """
            WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT 50000)
            INSERT INTO tenant (id, cloud, name, tags, added_at)
            SELECT printf('00000000-0000-4000-8000-%012x', number), 'public', 'Customer', '', 0 FROM numbers
            """)
        var seen: [TenantID] = []
        while case let page = try await fixture.store.consent.statuses(of: app.name, after: seen.last, limit: 1_000),
            !page.isEmpty
        {
            seen += page.map(\.tenant.id)
        }
        #expect(seen == (1...50_000).map { TenantID(guid($0)) })
    }
}

extension Fixture {
    /// `nil` when there is no such file.
    func contents(_ name: String) throws -> Data? {
        let file = path + "/" + name
        return FileManager.default.fileExists(atPath: file) ? try Data(contentsOf: URL(fileURLWithPath: file)) : nil
    }

    func limitPages(to count: Int) async throws {
        _ = try await store.database.write { (db) throws(StoreError) in
            try db.first("PRAGMA max_page_count = \(count)") { (row) throws(StoreError) in
                try row.integer("max_page_count")
            }
        }
    }
}

@Suite("A large database", .timeLimit(.minutes(1)))
struct LargeDatabaseTests {
    /// Opens the file of a fixture that was closed, as one too large to be looked through first.
    private func open(_ fixture: Fixture) throws -> SQLiteDatabase {
        let ring = try KeyFile(path: fixture.path + "/key").ring()
        return try SQLiteDatabase.open(
            at: fixture.path + "/tenantry.db", keys: ring, lock: try DirectoryLock(in: fixture.path), examinedFirst: 0)
    }

    @Test("is used at once, and looked through meanwhile: damage ends all writing")
    func damaged() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...2_000)
        try fixture.directory.close()
        let file = fixture.path + "/tenantry.db"
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        // In the middle, where the tenants lie; nobody reads there to begin with.
        try handle.seek(toOffset: UInt64(try handle.seekToEnd() / 2 / 4_096 * 4_096))
        try handle.write(contentsOf: Data(repeating: 0x5a, count: 4_096))
        try handle.close()
        let database = try open(fixture)
        while database.failure == nil { await Task.yield() }
        #expect(database.failure?.problem.detail.contains("damaged") == true)
        await #expect(throws: StoreError.self) { try await database.write { _ in } }
        try database.close()
    }

    @Test("that is sound goes on to be written, and can be closed at any moment")
    func sound() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...2_000)
        try fixture.directory.close()
        for _ in 0..<20 {
            let database = try open(fixture)
            try await database.write { (db) throws(StoreError) in
                try db.audit("test", "x", "y", by: .service, at: Fixture.start)
            }
            try database.close()
        }
    }
}
