import Foundation
import GRDB
import OpenSSLCrypto
import Synchronization
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("The file of tokens", .timeLimit(.minutes(1))) struct TokenFileTests {
    /// A place in which tokens were stored, closed.
    private func filled(_ count: Int = 1) async throws -> TokenPlace {
        let place = try TokenPlace()
        let store = try place.open()
        for tenant in 1...count { try store.put("mine", for: .sample(tenant)) }
        store.close()
        return place
    }

    /// Opens it, where nothing is found, and expects that it works as if it were new.
    private func expectAnew(_ place: TokenPlace, key: SealingKey? = nil, because reason: String) async throws {
        let store = try place.open(key: key)
        #expect(store.token(.sample(), epoch: 1) == nil)
        #expect(place.reported.count == 1 && place.reported[0].contains("(\(reason)); the file was made anew"))
        try store.put("new", for: .sample())
        store.close()
        let reopened = try place.open(key: key)
        #expect(try reopened.finds("new", for: .sample()))
        reopened.close()
        #expect(place.reported.count == 1)
        let mode = try FileManager.default.attributesOfItem(atPath: place.file)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
    }

    @Test(
        "One that is no database of ours is made anew",
        arguments: ["", "SQLite format 3\0 but short", String(repeating: "garbage!", count: 4_096)])
    func foreignFile(text: String) async throws {
        let place = try await filled()
        try Data(text.utf8).write(to: URL(fileURLWithPath: place.file))
        try await expectAnew(place, because: text.isEmpty ? "it is of another layout" : "file is not a database")
    }

    @Test("One of another sealing key is made anew")
    func otherKey() async throws {
        let place = try await filled()
        try await expectAnew(place, key: .random(), because: "it belongs to another sealing key")
    }

    @Test("One of another layout or program is made anew", arguments: ["user_version", "application_id"])
    func otherLayout(pragma: String) async throws {
        let place = try await filled()
        try place.sql("PRAGMA \(pragma) = 77")
        try await expectAnew(place, because: "it is of another layout")
    }

    @Test("One that others may read is made anew")
    func openToOthers() async throws {
        let place = try await filled()
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: place.file)
        try await expectAnew(place, because: "others could read it")
    }

    @Test("A link in its place is replaced, and what it points to stays as it is")
    func link() async throws {
        let (place, elsewhere) = (try await filled(), try await filled())
        let before = try Data(contentsOf: URL(fileURLWithPath: elsewhere.file))
        try FileManager.default.removeItem(atPath: place.file)
        try FileManager.default.createSymbolicLink(atPath: place.file, withDestinationPath: elsewhere.file)
        try await expectAnew(place, because: "Too many levels of symbolic links")
        #expect(try Data(contentsOf: URL(fileURLWithPath: elsewhere.file)) == before)
    }

    @Test("A log without its file, and a file without its log, hinder nothing")
    func halves() async throws {
        let place = try await filled()
        try FileManager.default.removeItem(atPath: place.file)
        try Data(repeating: 7, count: 40_000).write(to: URL(fileURLWithPath: place.file + "-wal"))
        let store = try place.open()
        try store.put("new", for: .sample())
        await store.flush()
        #expect(try store.finds("new", for: .sample()))
        store.close()
        #expect(place.reported.isEmpty)
    }

    @Test("Pages that turn out to be damaged while it is in use are an absent token, and it is made anew by itself")
    func damagedPages() async throws {
        let place = try await filled(500)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: place.file))
        // All but the first page, which holds the header and the schema.
        bytes.replaceSubrange(4_096..<bytes.count, with: Data(repeating: 0xff, count: bytes.count - 4_096))
        // The page of the table `meta` has to be whole for the file to be opened.
        let meta = try #require(try await metaPage(place))
        bytes.replaceSubrange(meta.offset..<meta.offset + 4_096, with: meta.bytes)
        try bytes.write(to: URL(fileURLWithPath: place.file))
        let store = try place.open()
        #expect(store.token(.sample(7), epoch: 1) == nil)
        await store.flush()
        #expect(place.reported.count == 1 && place.reported[0].contains("malformed"))
        for tenant in 1...500 { try store.put("new", for: .sample(tenant)) }
        await store.flush()
        #expect(try store.finds("new", for: .sample(7)))
        #expect(store.metrics.lost == 0 && store.metrics.written == 500)
        store.close()
    }

    private func metaPage(_ place: TokenPlace) async throws -> (offset: Int, bytes: Data)? {
        let queue = try DatabaseQueue(path: place.file)
        let root = try await queue.read {
            try Int.fetchOne($0, sql: "SELECT rootpage FROM sqlite_schema WHERE name = 'meta'")
        }
        try queue.close()
        guard let root else { return nil }
        let offset = (root - 1) * 4_096
        return (offset, try Data(contentsOf: URL(fileURLWithPath: place.file)).subdata(in: offset..<offset + 4_096))
    }

    @Test("Where none can be made, nothing is stored and nothing fails; once one can be, it is told and goes on")
    func obstacle() async throws {
        let place = try TokenPlace()
        try FileManager.default.createDirectory(atPath: place.file, withIntermediateDirectories: false)
        let store = try place.open(pause: .milliseconds(1))
        #expect(place.reported.count == 1 && place.reported[0].hasPrefix("Tokens cannot be stored in"))
        for tenant in 1...3 {
            try store.put("lost", for: .sample(tenant))
            await store.flush()
        }
        #expect(store.token(.sample(1), epoch: 1) == nil && store.metrics.lost == 3 && place.reported.count == 1)
        try FileManager.default.removeItem(atPath: place.file)
        try store.put("kept", for: .sample(4))
        await store.flush()
        #expect(try store.finds("kept", for: .sample(4)))
        try await wait { place.reported.count == 2 }
        #expect(place.reported[1].hasPrefix("Tokens are stored in"))
        store.close()
    }

    @Test("One that cannot be opened for now is left alone, and used once it can be")
    func passingTrouble() async throws {
        let place = try await filled()
        let log = place.file + "-shm"
        // SQLite follows no link to what its connections share, and says that it cannot open the file.
        try FileManager.default.createSymbolicLink(atPath: log, withDestinationPath: place.path + "/elsewhere")
        let store = try place.open()
        #expect(store.token(.sample(1), epoch: 1) == nil)
        #expect(place.reported.count == 1 && place.reported[0].contains("unable to open database file"))
        try FileManager.default.removeItem(atPath: log)
        try store.put("new", for: .sample(2))
        await store.flush()
        #expect(try store.finds("mine", for: .sample(1)) && store.finds("new", for: .sample(2)))
        store.close()
    }

    @Test("One without its tables is made anew")
    func withoutTables() async throws {
        let place = try await filled()
        try place.sql("DROP TABLE meta")
        try await expectAnew(place, because: "it is of another layout")
    }

    @Test("A full disk loses what is put meanwhile, keeps the rest, tells it once, and heals without a restart")
    func fullDisk() async throws {
        let place = try TokenPlace()
        let store = try place.open(mostWaiting: 5_000)
        func limitPages(_ count: Int) async throws {
            let file = try #require(store.file)
            _ = try await file.writer.writeWithoutTransaction {
                try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(count)")
            }
        }
        try store.put("kept", for: .sample(1))
        try store.put("kept", for: .sample(2))
        await store.flush()
        try await limitPages(1)
        for tenant in 3...3_000 { try store.put("lost", for: .sample(tenant)) }
        store.drop(TokenKey.sample(2).tenant, clientID: Fixture.app().clientID)
        await store.flush()
        #expect(store.metrics.lost > 2_000 && store.metrics.lost + store.metrics.written == 3_000)
        #expect(place.reported.count == 1 && place.reported[0].contains("database or disk is full"))
        #expect(store.token(.sample(3_000), epoch: 1) == nil && store.token(.sample(2), epoch: 1) == nil)
        #expect(try store.finds("kept", for: .sample(1)))
        try await limitPages(1_000_000)
        try store.put("new", for: .sample(3_000))
        await store.flush()
        #expect(try store.finds("new", for: .sample(3_000)) && store.finds("kept", for: .sample(1)))
        #expect(store.token(.sample(2), epoch: 1) == nil)
        store.close()
        #expect(place.reported.count == 1)
    }
}

@Suite("The size of the file of tokens", .timeLimit(.minutes(1))) struct TokenFileSizeTests {
    private let filling = String(repeating: "x", count: 1_000)

    @Test("It stays within its limit: the tokens that expire soonest make room")
    func bounded() async throws {
        let place = try TokenPlace()
        let limit = 2 << 20
        let store = try place.open(diskBytes: limit, mostWaiting: 5_000)
        for tenant in 1...4_000 {
            try store.put(filling, for: .sample(tenant), receivedAt: Fixture.start + Double(tenant))
        }
        await store.flush()
        let file = try #require(store.file)
        // Room is made after a batch of 512, which takes two megabytes and a little for its indexes.
        #expect(try file.size().used <= limit && file.size().bytes <= limit + (3 << 20))
        #expect(store.metrics.written == 4_000 && store.metrics.lost == 0)
        #expect(store.metrics.removed + (try place.rows() ?? 0) == 4_000 && store.metrics.removed > 2_000)
        #expect(store.token(.sample(1), epoch: 1) == nil)
        #expect(try store.finds(filling, for: .sample(4_000)))
        store.close()
    }

    @Test("A lower limit holds for a file that is there: it shrinks in the background")
    func lowered() async throws {
        let place = try TokenPlace()
        let store = try place.open(mostWaiting: 5_000)
        for tenant in 1...4_000 { try store.put(filling, for: .sample(tenant)) }
        await store.flush()
        let limit = 2 << 20
        #expect(try store.file?.size().bytes ?? 0 > 2 * limit)
        store.close()
        let reopened = try place.open(diskBytes: limit, pause: .milliseconds(1))
        try await wait { try reopened.file?.size().bytes ?? 0 <= limit }
        reopened.close()
        let size = try FileManager.default.attributesOfItem(atPath: place.file)[.size] as? NSNumber
        #expect(size?.intValue ?? .max <= limit)
    }

    @Test("What expired a day ago is removed by itself; a clock that is a day ahead removes nothing")
    func expired() async throws {
        let place = try TokenPlace()
        let store = try place.open(mostWaiting: 5_000, pause: .milliseconds(1))
        for tenant in 1...1_200 { try store.put("old", for: .sample(tenant)) }
        try store.put("young", for: .sample(1_201), receivedAt: Fixture.start + 1)
        await store.flush()
        place.now.withLock { $0 = Fixture.start + 3_600 + 86_399.999 }
        let before = place.looks.withLock { $0 }
        try await wait { place.looks.withLock { $0 } > before + 1 }
        #expect(store.metrics.removed == 0)
        place.now.withLock { $0 = Fixture.start + 3_600 + 86_400 }
        try await wait { store.metrics.removed >= 1_200 }
        await store.flush()
        #expect(store.metrics.removed == 1_200 && store.token(.sample(1), epoch: 1) == nil)
        #expect(try store.finds("young", for: .sample(1_201)))
        store.close()
    }
}
