import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Stored tokens", .timeLimit(.minutes(1))) struct TokenStoreTests {
    @Test("A token comes back with its text and times: while it waits, from disk, and after a restart")
    func roundTrip() async throws {
        let place = try TokenPlace()
        let key = TokenKey.sample()
        let token = try key.stored(receivedAt: Fixture.start + 0.25)
        func expectFound(_ store: SQLiteTokenStore) throws {
            let found = try #require(store.token(key, epoch: 1))
            #expect(found.value == token.value && found.digest == token.digest)
            #expect(found.acquiredAt == token.acquiredAt && found.expiresAt == token.expiresAt)
            #expect(found.refreshAt == token.refreshAt)
        }
        let store = try place.open()
        store.put(token, for: key, epoch: 1)
        try expectFound(store)
        await store.flush()
        #expect(store.metrics.waiting == 0 && store.metrics.written == 1 && store.metrics.lost == 0)
        try expectFound(store)
        store.close()
        let reopened = try place.open()
        try expectFound(reopened)
        reopened.close()
        #expect(place.reported.isEmpty)
    }

    @Test("There is nothing under another epoch, resource, tenant, app or cloud", arguments: [false, true])
    func exactKey(isFlushed: Bool) async throws {
        let place = try TokenPlace()
        let store = try place.open()
        try store.put("mine", for: .sample())
        if isFlushed { await store.flush() }
        #expect(store.token(.sample(), epoch: 0) == nil)
        #expect(store.token(.sample(), epoch: 2) == nil)
        let others = [
            TokenKey.sample(1, resource("api://other")), .sample(2), .sample(app: 2), .sample(cloud: .usGov),
        ]
        for other in others { #expect(store.token(other, epoch: 1) == nil) }
        #expect(try store.finds("mine", for: .sample()))
        store.close()
    }

    @Test("A newer token replaces the older one, whatever its epoch")
    func replaced() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        for (epoch, mark) in [(1, "old"), (1, "new"), (2, "newest")] {
            try store.put(mark, for: .sample(), epoch: epoch)
            #expect(try store.finds(mark, for: .sample(), epoch: epoch))
            await store.flush()
            #expect(try store.finds(mark, for: .sample(), epoch: epoch))
        }
        #expect(store.token(.sample(), epoch: 1) == nil)
        #expect(try place.rows() == 1)
        store.close()
    }

    @Test(
        "A row that was moved to another tenant, app, resource, cloud or epoch does not open",
        arguments: ["tenant", "client_id", "resource", "cloud", "epoch"])
    func movedRow(column: String) async throws {
        let place = try TokenPlace()
        let store = try place.open()
        try store.put("mine", for: .sample())
        await store.flush()
        let target: (key: TokenKey, value: String, epoch: Int) =
            switch column {
            case "tenant": (.sample(2), "x'\(guid(2).description.filter { $0 != "-" })'", 1)
            case "client_id": (.sample(app: 2), "x'\(guid(9_000_002).description.filter { $0 != "-" })'", 1)
            case "resource": (.sample(1, resource("api://other")), "'api://other'", 1)
            case "cloud": (.sample(cloud: .usGov), "'usgov'", 1)
            default: (.sample(), "41", 41)
            }
        #expect(try place.sql("UPDATE token SET \(column) = \(target.value)") == 1)
        #expect(try store.file?.row(of: target.key, epoch: target.epoch) != nil)
        #expect(store.token(target.key, epoch: target.epoch) == nil)
        store.close()
    }

    @Test("Two rows that were swapped do not open")
    func swappedRows() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        try store.put("one", for: .sample(1))
        try store.put("two", for: .sample(2))
        await store.flush()
        try place.sql(
            """
            CREATE TEMP TABLE former AS SELECT * FROM token;
            UPDATE token SET sealed = (SELECT sealed FROM former WHERE former.id <> token.id)
            """)
        #expect(store.token(.sample(1), epoch: 1) == nil)
        #expect(store.token(.sample(2), epoch: 1) == nil)
        store.close()
    }

    @Test(
        "A row whose times or bytes were altered is as good as none, and the next put mends it",
        arguments: [
            "expires_at = expires_at + 86400000", "refresh_at = refresh_at + 1", "acquired_at = acquired_at + 1",
            "sealed = x'0102'", "sealed = zeroblob(64)", "sealed = x''",
        ])
    func alteredRow(change: String) async throws {
        let place = try TokenPlace()
        let store = try place.open()
        try store.put("mine", for: .sample())
        await store.flush()
        #expect(try place.sql("UPDATE token SET \(change)") == 1)
        for count in 1...2 {
            #expect(store.token(.sample(), epoch: 1) == nil)
            #expect(store.metrics.unopened == count && store.metrics.unread == 0)
        }
        #expect(place.reported.count == 1 && place.reported[0].contains("did not open"))
        try store.put("mine", for: .sample())
        await store.flush()
        #expect(try store.finds("mine", for: .sample()))
        store.close()
    }

    @Test("Looks that fail are counted and told once, and so is that they go well again")
    func unread() async throws {
        let place = try TokenPlace()
        let store = try place.open(pause: .milliseconds(1))
        try store.put("mine", for: .sample())
        await store.flush()
        #expect(store.token(.sample(2), epoch: 1) == nil && store.metrics.unread == 0)
        func told(_ start: String) -> Int { place.reported.count { $0.hasPrefix(start) } }
        try place.sql("ALTER TABLE token RENAME TO hidden")
        for count in 1...2 {
            #expect(store.token(.sample(), epoch: 1) == nil)
            #expect(store.metrics.unread == count && store.metrics.unopened == 0)
        }
        #expect(told("A stored token could not be read from") == 1)
        try place.sql("ALTER TABLE hidden RENAME TO token")
        #expect(try store.finds("mine", for: .sample()))
        try await wait { told("Stored tokens are read from") == 1 }
        store.close()
    }

    @Test("What was flushed is there after the process was killed")
    func killed() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        for tenant in 1...600 { try store.put("kept", for: .sample(tenant)) }
        await store.flush()
        // The files as they are at this moment, with the log that nobody has moved.
        let after = try TokenPlace(key: place.key)
        for name in ["tokens.db", "tokens.db-wal"] {
            try FileManager.default.copyItem(atPath: place.path + "/" + name, toPath: after.path + "/" + name)
        }
        store.close()
        let survivor = try after.open()
        for tenant in 1...600 { #expect(try survivor.finds("kept", for: .sample(tenant))) }
        survivor.close()
        #expect(after.reported.isEmpty)
    }

    @Test("Closing writes what waits; later nothing is taken or found, and closing again does nothing")
    func closing() async throws {
        let place = try TokenPlace()
        let store = try place.open()
        for tenant in 1...700 { try store.put("last", for: .sample(tenant)) }
        store.close()
        try store.put("late", for: .sample(701))
        await store.flush()
        store.close()
        #expect(store.metrics.lost == 1 && store.metrics.written == 700)
        #expect(store.token(.sample(1), epoch: 1) == nil)
        let reopened = try place.open()
        #expect(try reopened.finds("last", for: .sample(700)))
        #expect(reopened.token(.sample(701), epoch: 1) == nil)
        reopened.close()
    }

    @Test("A disk that does not keep up loses the oldest of what waits, delays nobody and is counted")
    func overflow() async throws {
        let place = try TokenPlace()
        let store = try place.open(mostWaiting: 100)
        try await store.holding {
            try store.put("first", for: .sample(1))
            try await wait { store.isWriting }
            for tenant in 2...151 { try store.put("later", for: .sample(tenant)) }
            #expect(store.metrics.waiting == 101 && store.metrics.lost == 50)
            #expect(try store.finds("first", for: .sample(1)))
            #expect(store.token(.sample(51), epoch: 1) == nil)
            #expect(try store.finds("later", for: .sample(52)))
        }
        await store.flush()
        #expect(try store.finds("first", for: .sample(1)))
        for tenant in 52...151 { #expect(try store.finds("later", for: .sample(tenant))) }
        #expect(try place.rows() == 101)
        store.close()
    }

    @Test("Tokens that cannot be written delay no durable fact")
    func ownWriter() async throws {
        let fixture = try Fixture()
        try await fixture.store.tokenStore.holding {
            fixture.store.tokens.put(try TokenKey.sample().stored(), for: .sample(), epoch: 1)
            try await wait { fixture.store.tokenStore.isWriting }
            _ = try await fixture.addTenants(1...10)
            #expect(fixture.store.tokenStore.isWriting)
        }
    }
}
