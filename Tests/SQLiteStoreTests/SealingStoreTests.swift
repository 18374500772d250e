import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Rotation of the sealing key") struct SealingStoreTests {
    private static let later = Fixture.start + 60

    /// A data directory with something of every sealed kind, and what must stay true of it.
    private struct Household {
        let fixture: Fixture
        let attempt: ConsentAttempt
        let state: OneTimeState
        let webhook: WebhookID
        let secret: WebhookSecret
        let credentials: [CredentialID]
        let token: TokenKey

        /// - Parameter count: of credentials.
        init(credentials count: Int = 3) async throws {
            fixture = try Fixture()
            let app = try await fixture.addApp()
            let tenant = try await fixture.addTenants(1...1)[0]
            (attempt, state) = try await fixture.openAttempt(tenant, app)
            let others = (1..<count).map { String(format: "%012d", $0) }
            try await fixture.store.credentials.change(
                others.map { .add(Fixture.credential(.secret(Secret($0)), of: app.name, id: $0, state: .active)) },
                of: app.name, saving: nil, by: .service, at: Fixture.start)
            credentials = others.map { credentialID($0) }
            token = TokenKey(app, tenant)
            fixture.store.tokens.put(try token.stored(), for: token, epoch: 0)
            await fixture.store.tokens.flush()
            (webhook, secret) = (try #require(WebhookID("0123456789ab")), WebhookSecret(.system))
            try await fixture.store.webhooks.add(
                Webhook(
                    id: webhook, url: try #require(WebhookURL("https://example.com/h")), types: [.all],
                    addedAt: Fixture.start, cursor: 0), secret: secret, by: .service)
        }

        /// Everything sealed opens and is what it was.
        func isIntact(in store: Store) async throws -> Bool {
            for id in credentials {
                guard case .secret(let text) = try await store.credentials.open(id), text.exposed == id.description
                else { return false }
            }
            guard case .secret(let text) = try await store.credentials.open(credentialID("crmsecret000")) else {
                return false
            }
            let secrets = try await store.webhooks.secrets(of: webhook, at: Fixture.start)
            let proven = try await store.consent.attempt(provenBy: state)
            let (known, stored) = (try token.stored().value, store.tokens.token(token, epoch: 0)?.value)
            return text.exposed == "correct horse" && stored == known && proven?.id == attempt.id
                && secrets.map(\.text.exposed) == [secret.text.exposed]
        }

        func lines() throws -> [String] { try Household.lines(at: fixture.path) }

        static func lines(at path: String) throws -> [String] {
            try String(contentsOfFile: path + "/key", encoding: .utf8).split(separator: "\n").map(String.init)
        }
    }

    /// The files as a crash would leave them now, in a directory of their own.
    private func crashImage(of path: String) throws -> String {
        let image = try Fixture.temporaryDirectory()
        for name in ["tenantry.db", "tenantry.db-wal", "tokens.db", "tokens.db-wal", "key"] {
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: image + "/" + name)
        }
        return image
    }

    /// Opens what a crash has left, looks that all is there, finishes and looks again.
    private func checkImage(_ image: String, _ household: Household, _ comment: Comment) async throws {
        defer { do { try FileManager.default.removeItem(atPath: image) } catch { print("\(image): \(error)") } }
        let directory = try DataDirectory.open(at: image, key: nil)
        #expect(try await household.isIntact(in: directory.store), comment)
        while try await directory.store.sealing.proceed(at: Self.later) {}
        let status = try await directory.store.sealing.status()
        #expect(!status.isRotating && status.spareLines == 0 && status.rows.allSatisfy { $0.remaining == 0 }, comment)
        #expect(try await household.isIntact(in: directory.store), comment)
        try directory.close()
        #expect(try Household.lines(at: image).count == 1, comment)
        let again = try DataDirectory.open(at: image, key: nil)
        #expect(try await household.isIntact(in: again.store), comment)
        try again.close()
    }

    @Test("Everything opens before, during and after, and at the end under the new key alone")
    func course() async throws {
        let household = try await Household()
        let (store, sealing) = (household.fixture.store, household.fixture.store.sealing)
        let before = try household.lines()
        let first = try await sealing.status()
        #expect(!first.isRotating && first.keys.map(\.isInUse) == [true] && first.keys[0].beganAt == nil)

        try await sealing.rotate(by: .localUser(uid: 7), at: Fixture.start)
        #expect(try household.lines().count == 2 && household.lines()[1] == before[0])
        let during = try await sealing.status()
        #expect(during.isRotating && during.keys.map(\.isInUse) == [false, true])
        #expect(during.rows.map(\.remaining) == during.rows.map(\.total), "nothing is done yet")
        #expect(during.rows.map(\.table) == ["credential", "webhook_secret", "secret", "token"])
        #expect(try await household.isIntact(in: store))

        while try await sealing.proceed(at: Self.later) {
            #expect(try await household.isIntact(in: store))
        }
        let after = try await sealing.status()
        #expect(!after.isRotating && after.rows.allSatisfy { $0.remaining == 0 && $0.total > 0 })
        #expect(after.keys.map(\.endedAt) == [Self.later, nil])
        #expect(try household.lines().count == 1 && household.lines() != before)
        #expect(try await household.isIntact(in: store))

        let audit = try await store.audit.entries(after: 0, limit: 100).filter { $0.action.hasPrefix("sealing_key.") }
        #expect(audit.map(\.action) == ["sealing_key.rotate", "sealing_key.retire"])
        #expect(audit.map(\.actor) == ["local:7", "service"])
        #expect(audit.map(\.subject) == [after.keys[1].identifier, after.keys[0].identifier])
        let events = try await store.events.events(after: 0, tenant: nil, limit: 100).map(\.type)
        #expect(events.suffix(2) == ["sealing_key.rotation_started", "sealing_key.rotated"])
    }

    @Test("What is written while rows are sealed anew is sealed with the new key at once")
    func newRows() async throws {
        let household = try await Household()
        let store = household.fixture.store
        try await store.sealing.rotate(by: .service, at: Fixture.start)
        let before = try await store.sealing.status().rows
        try await store.credentials.change(
            [.add(Fixture.credential(.secret(Secret("new")), of: appName("crm"), id: "newcomer0000", state: .active))],
            of: appName("crm"), saving: nil, by: .service, at: Fixture.start)
        try await store.webhooks.rotate(
            household.webhook, to: WebhookSecret(.system), endingOthers: Self.later, by: .service, at: Fixture.start)
        let after = try await store.sealing.status().rows
        #expect(after.map(\.remaining) == before.map(\.remaining))
        #expect(after.map(\.total) == zip(before, [1, 1, 0, 0]).map { $0.total + $1 })
    }

    @Test("A crash after any step leaves a directory that opens and finishes")
    func crashes() async throws {
        // More than two transactions' worth of rows.
        let household = try await Household(credentials: 250)
        let (path, sealing) = (household.fixture.path, household.fixture.store.sealing)
        try await sealing.rotate(by: .service, at: Fixture.start)
        var steps = 0
        var remaining: [Int] = []
        repeat {
            try await checkImage(try crashImage(of: path), household, "after \(steps) steps")
            remaining.append(try await sealing.status().rows.reduce(0) { $0 + $1.remaining })
            steps += 1
        } while try await sealing.proceed(at: Self.later)
        try await checkImage(try crashImage(of: path), household, "at the end")
        #expect(steps > 5 && remaining.first == 253 && remaining.last == 0)
        #expect(remaining == remaining.sorted(by: >) && Set(remaining).count > 3, "\(remaining)")
    }

    @Test("A crash between the key file and the database is made up for, at the beginning and at the end")
    func crashesBetweenFiles() async throws {
        let household = try await Household()
        let (path, sealing) = (household.fixture.path, household.fixture.store.sealing)
        let early = try crashImage(of: path)
        try await sealing.rotate(by: .service, at: Fixture.start)
        let both = try Data(contentsOf: URL(fileURLWithPath: path + "/key"))
        try replaceKey(of: early, with: both)
        try await checkImage(early, household, "the file knows the new key, the database does not")

        while try await sealing.proceed(at: Self.later) {}
        let late = try crashImage(of: path)
        try replaceKey(of: late, with: both)
        let directory = try DataDirectory.open(at: late, key: nil)
        #expect(try await directory.store.sealing.status().spareLines == 1)
        try directory.close()
        try await checkImage(late, household, "the old key has ended, and its line is still there")
    }

    @Test("A first line written by hand is taken up: new key above, old key below")
    func byHand() async throws {
        let household = try await Household()
        try household.fixture.directory.close()
        let line = try SealingKey.random().withBytes { Data($0).base64EncodedString() }
        try replaceKey(
            of: household.fixture.path, with: Data(([line] + household.lines()).joined(separator: "\n").utf8))
        let directory = try DataDirectory.open(at: household.fixture.path, key: nil)
        let sealing = directory.store.sealing
        #expect(try await sealing.status().isKeyWaiting)
        #expect(try await household.isIntact(in: directory.store))
        await #expect(throws: SealingError.rotating) { try await sealing.rotate(by: .service, at: Fixture.start) }
        while try await sealing.proceed(at: Self.later) {}
        #expect(try await household.isIntact(in: directory.store))
        #expect(try household.lines() == [line])
        try directory.close()
    }

    @Test("Which lines the key file lacks is recognised, and nothing is opened with half of them")
    func wrongKeys() async throws {
        let household = try await Household()
        let path = household.fixture.path
        let old = try household.lines()
        try await household.fixture.store.sealing.rotate(by: .service, at: Fixture.start)
        let both = try household.lines()
        try household.fixture.directory.close()
        func refusal(_ lines: [String]) throws -> DataDirectoryError? {
            try replaceKey(of: path, with: Data(lines.joined(separator: "\n").utf8))
            return #expect(throws: DataDirectoryError.self) { try DataDirectory.open(at: path, key: nil) }
        }
        let other = try SealingKey.random().withBytes { Data($0).base64EncodedString() }
        #expect(try refusal(old) == .keyIncomplete)
        #expect(try refusal([both[0]]) == .keyIncomplete)
        #expect(try refusal([other]) == .wrongKey)
        try replaceKey(of: path, with: Data(both.joined(separator: "\n").utf8))
        let directory = try DataDirectory.open(at: path, key: nil)
        while try await directory.store.sealing.proceed(at: Self.later) {}
        try directory.close()
        #expect(try refusal(old) == .wrongKey)
    }

    @Test("A second rotation waits for the first, and may follow it")
    func twice() async throws {
        let household = try await Household()
        let sealing = household.fixture.store.sealing
        try await sealing.rotate(by: .service, at: Fixture.start)
        await #expect(throws: SealingError.rotating) { try await sealing.rotate(by: .service, at: Fixture.start) }
        #expect(try household.lines().count == 2)
        while try await sealing.proceed(at: Self.later) {}
        try await sealing.rotate(by: .service, at: Self.later)
        while try await sealing.proceed(at: Self.later + 1) {}
        #expect(try await sealing.status().keys.map(\.endedAt) == [Self.later, Self.later + 1, nil])
        try await checkImage(try crashImage(of: household.fixture.path), household, "after two rotations")
    }

    @Test("Many who ask at once get one rotation")
    func atOnce() async throws {
        let household = try await Household()
        let sealing = household.fixture.store.sealing
        let begun = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask { (try? await sealing.rotate(by: .service, at: Fixture.start)) != nil }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(begun == 1)
        #expect(try household.lines().count == 2)
    }

    @Test("A key file that cannot be replaced stops a rotation before anything has changed")
    func unwritableFile() async throws {
        let household = try await Household()
        let (path, sealing) = (household.fixture.path, household.fixture.store.sealing)
        let before = try household.lines()
        // Even root cannot make a file where a directory is.
        try FileManager.default.createDirectory(atPath: path + "/key.partial", withIntermediateDirectories: false)
        let error = await #expect(throws: SealingError.self) {
            try await sealing.rotate(by: .service, at: Fixture.start)
        }
        guard case .keyFile(path + "/key", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.description.contains("openssl rand -base64 32") == true)
        #expect(try household.lines() == before)
        #expect(try await !sealing.status().isRotating)
        #expect(try await household.isIntact(in: household.fixture.store))
        try FileManager.default.removeItem(atPath: path + "/key.partial")
        try await sealing.rotate(by: .service, at: Fixture.start)
    }

    @Test("Where only the old line cannot be taken out, the rotation ends and says what is left to do")
    func unwritableAtTheEnd() async throws {
        let household = try await Household()
        let (path, sealing) = (household.fixture.path, household.fixture.store.sealing)
        try await sealing.rotate(by: .service, at: Fixture.start)
        try FileManager.default.createDirectory(atPath: path + "/key.partial", withIntermediateDirectories: false)
        let error = await #expect(throws: SealingError.self) {
            while try await sealing.proceed(at: Self.later) {}
        }
        guard case .spareLines(path + "/key", _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        let status = try await sealing.status()
        #expect(!status.isRotating && status.spareLines == 1)
        try FileManager.default.removeItem(atPath: path + "/key.partial")
        #expect(try await !sealing.proceed(at: Self.later))
        #expect(try household.lines().count == 1)
    }

    @Test("A row that no key opens is left as it is, holds nothing up and is counted")
    func brokenRow() async throws {
        let household = try await Household()
        let store = household.fixture.store
        try await household.fixture.sql(
            "UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE id = 'crmsecret000') WHERE id = ?1",
            [household.credentials[0]])
        try await store.sealing.rotate(by: .service, at: Fixture.start)
        while try await store.sealing.proceed(at: Self.later) {}
        let status = try await store.sealing.status()
        #expect(!status.isRotating && status.rows.map(\.remaining) == [1, 0, 0, 0])
        await #expect(throws: StoreError.self) { try await store.credentials.open(household.credentials[0]) }
        guard case .secret = try await store.credentials.open(household.credentials[1]) else {
            Issue.record("its neighbour is gone")
            return
        }
        let audit = try await store.audit.entries(after: 0, limit: 100).last
        #expect(audit?.detail.contains("1 rows were left as they are") == true)
    }

    @Test("Stored tokens are sealed anew some at a time, a restart in between loses none, and then the old key may go")
    func tokens() async throws {
        let place = try TokenPlace()
        let key = try SealingKey.random()
        let first = try place.open(mostWaiting: 2_000)
        for number in 1...1_300 { try first.put("t\(number)", for: .sample(number)) }
        first.close()
        let second = try place.open(key: key, older: [place.key], mostWaiting: 2_000)
        #expect(await second.sealedRows() == SealingStatus.Rows(table: "token", total: 1_300, remaining: 1_300))
        #expect(await second.rewriteSome())
        let remaining = await second.sealedRows().remaining
        #expect((1...900).contains(remaining))
        // Sealed with the key in use at once; and one that nobody can open is of no use.
        try second.put("new", for: .sample(2_000))
        second.close()
        try place.sql("UPDATE token SET sealed = substr(sealed, 1, 40) WHERE epoch = 1 AND id = 1250")

        let third = try place.open(key: key, older: [place.key], mostWaiting: 2_000)
        while await third.rewriteSome() {}
        #expect(await third.sealedRows() == SealingStatus.Rows(table: "token", total: 1_300, remaining: 0))
        #expect(await !third.rewriteSome())
        third.close()
        let fourth = try place.open(key: key)
        for number in 1...1_300 where number != 1_250 {
            #expect(try fourth.finds("t\(number)", for: .sample(number)), "\(number)")
        }
        #expect(try fourth.finds("new", for: .sample(2_000)))
        #expect(place.reported.isEmpty)
        fourth.close()
    }

    @Test("A disk that lets no token through does not hold a rotation up")
    func tokensThatCannotBeWritten() async throws {
        let household = try await Household()
        let store = household.fixture.store
        try await store.sealing.rotate(by: .service, at: Fixture.start)
        try await TokenPlace.locking(household.fixture.path + "/tokens.db") {
            while try await store.sealing.proceed(at: Self.later) {}
        }
        #expect(try await !store.sealing.status().isRotating)
    }

    @Test("Those who write and read all the while see nothing of it")
    func underLoad() async throws {
        let household = try await Household(credentials: 150)
        let store = household.fixture.store
        try await withThrowingTaskGroup { group in
            for lane in 0..<4 {
                group.addTask {
                    for number in 0..<50 {
                        let id = String(format: "w%03d%08d", lane, number)
                        try await store.credentials.change(
                            [
                                .add(
                                    Fixture.credential(
                                        .secret(Secret(id)), of: appName("crm"), id: id, state: .active))
                            ], of: appName("crm"), saving: nil, by: .service, at: Fixture.start)
                        guard case .secret(let text) = try await store.credentials.open(credentialID(id)),
                            text.exposed == id
                        else { throw StoreError.sealBroken(id) }
                    }
                }
            }
            group.addTask {
                for _ in 0..<5 {
                    try await store.sealing.rotate(by: .service, at: Fixture.start)
                    while try await store.sealing.proceed(at: Self.later) {}
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.sealing.status().rows.map(\.remaining) == [0, 0, 0, 0])
        let image = try crashImage(of: household.fixture.path)
        let directory = try DataDirectory.open(at: image, key: nil)
        for lane in 0..<4 {
            for number in 0..<50 {
                _ = try await directory.store.credentials.open(
                    credentialID(String(format: "w%03d%08d", lane, number)))
            }
        }
        try directory.close()
        try FileManager.default.removeItem(atPath: image)
    }

    private func replaceKey(of path: String, with contents: Data) throws {
        try contents.write(to: URL(fileURLWithPath: path + "/key"))
    }
}
