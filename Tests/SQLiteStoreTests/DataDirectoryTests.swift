import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct DataDirectoryTests {
    /// A line of a key file.
    private static let line = Data(repeating: 7, count: 32).base64EncodedString()

    /// A place that exists while the test runs.
    private final class Place: Sendable {
        let path: String
        init() throws { path = try Fixture.temporaryDirectory() }
        deinit {
            do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) was not removed: \(error)") }
        }

        func mode(_ name: String) throws -> Int? {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + "/" + name)
            return (attributes[.posixPermissions] as? NSNumber)?.intValue
        }

        func contents(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: url(name))) }
        func write(_ bytes: [UInt8], to name: String) throws { try Data(bytes).write(to: url(name)) }
        func remove(_ name: String) throws { try FileManager.default.removeItem(at: url(name)) }
        private func url(_ name: String) -> URL { URL(fileURLWithPath: path + "/" + name) }
    }

    private func initialised() throws -> Place {
        let place = try Place()
        try DataDirectory.create(at: place.path, key: nil)
        return place
    }

    /// The error of opening, which must not have changed any file.
    private func refusal(_ place: Place, key: String? = nil) throws -> DataDirectoryError? {
        func snapshot() throws -> [String: [UInt8]] {
            let names = try FileManager.default.contentsOfDirectory(atPath: place.path)
            // Looking at a database makes an index of its log, `-shm`, and an empty log where there is none.
            return try names.filter { $0 != "lock" && $0 != "runs" && !$0.hasSuffix("-shm") }
                .reduce(into: [:]) { $0[$1] = try place.contents($1) }.filter { !$0.value.isEmpty }
        }
        let before = try snapshot()
        let error = #expect(throws: DataDirectoryError.self) { try DataDirectory.open(at: place.path, key: key) }
        #expect(try snapshot() == before)
        return error
    }

    @Test("A new directory, its missing parents and its files are for their owner only")
    func modes() throws {
        let place = try Place()
        try DataDirectory.create(at: place.path + "/a/b/", key: nil)
        #expect(try place.mode("a") == 0o700)
        #expect(try place.mode("a/b") == 0o700)
        let directory = try DataDirectory.open(at: place.path + "/a/b", key: nil)
        let databases = ["tenantry.db", "tokens.db"].flatMap { name in ["", "-wal", "-shm"].map { name + $0 } }
        for file in databases + ["key", "lock"] {
            #expect(try place.mode("a/b/" + file) == 0o600, "\(file)")
        }
        #expect(directory.socketPath == place.path + "/a/b/tenantry.sock")
        try directory.close()
    }

    @Test("The key file is 32 bytes in Base64 with a line feed, different each time")
    func keyFile() throws {
        let texts = try (0..<2).map { _ in String(decoding: try initialised().contents("key"), as: UTF8.self) }
        #expect(texts[0] != texts[1])
        #expect(texts.allSatisfy { $0.hasSuffix("\n") && Data(base64Encoded: String($0.dropLast()))?.count == 32 })
    }

    @Test("A key from elsewhere is written nowhere, and opens the database again")
    func givenKey() throws {
        let place = try Place()
        let elsewhere = try Place()
        let (key, other) = (elsewhere.path + "/key", try initialised())
        try DataDirectory.create(at: place.path, key: key)
        #expect(try elsewhere.mode("key") == 0o600)
        #expect(!FileManager.default.fileExists(atPath: place.path + "/key"))
        try DataDirectory.open(at: place.path, key: key).close()
        #expect(try refusal(place, key: other.path + "/key") == .wrongKey)
        #expect(try refusal(place) == .keyMissing(place.path + "/key"))
    }

    @Test("A directory that was initialised is refused, and nothing in it changes")
    func initTwice() throws {
        let place = try initialised()
        let before = (try place.contents("key"), try place.contents("tenantry.db"))
        #expect(throws: DataDirectoryError.alreadyInitialised(place.path)) {
            try DataDirectory.create(at: place.path, key: nil)
        }
        #expect(try place.contents("key") == before.0)
        #expect(try place.contents("tenantry.db") == before.1)
    }

    @Test("No new database is made beside a key or a log that is left of an old one")
    func remnants() throws {
        let place = try initialised()
        try place.remove("tenantry.db")
        #expect(try refusal(place) == .databaseMissing(place.path + "/tenantry.db"))
        #expect(throws: DataDirectoryError.keyExists(place.path + "/key")) {
            try DataDirectory.create(at: place.path, key: nil)
        }
        try place.remove("key")
        try place.write([1], to: "tenantry.db-wal")
        #expect(throws: DataDirectoryError.alreadyInitialised(place.path)) {
            try DataDirectory.create(at: place.path, key: nil)
        }
    }

    @Test("What an interrupted init left does not hinder the next one")
    func interruptedInit() throws {
        let place = try Place()
        for name in ["key.partial", "tenantry.db.partial", "tenantry.db.partial-journal"] {
            try place.write(Array("half".utf8), to: name)
        }
        #expect(try refusal(place) == .notInitialised(place.path))
        try DataDirectory.create(at: place.path, key: nil)
        try DataDirectory.open(at: place.path, key: nil).close()
    }

    @Test("A missing key is never replaced by a new one")
    func missingKey() throws {
        let place = try initialised()
        try place.remove("key")
        #expect(try refusal(place) == .keyMissing(place.path + "/key"))
        #expect(!FileManager.default.fileExists(atPath: place.path + "/key"))
    }

    @Test("Another directory's key is told apart from a damaged database")
    func wrongKey() throws {
        let (place, other) = (try initialised(), try initialised())
        try place.write(try other.contents("key"), to: "key")
        chmod(place.path + "/key", 0o600)
        #expect(try refusal(place) == .wrongKey)
    }

    @Test(
        "A key file with other contents is malformed",
        arguments: [
            "", "hello\n", "QUJD\n", "AAAA AAAA\n", "\(line)\nhello\n", "\(line)\n\n",
            String(repeating: "\(line)\n", count: 17),
        ])
    func malformedKey(text: String) throws {
        let place = try initialised()
        try place.write(Array(text.utf8), to: "key")
        chmod(place.path + "/key", 0o600)
        #expect(try refusal(place) == .keyMalformed(place.path + "/key"))
    }

    @Test("A key that others can read is refused with the command that mends it", arguments: [0o640, 0o604, 0o660])
    func insecureKey(mode: Int) throws {
        let place = try initialised()
        chmod(place.path + "/key", mode_t(mode))
        let error = try #require(try refusal(place))
        #expect(error == .insecurePermissions(path: place.path + "/key", chmod: "600"))
        #expect(error.description.contains("chmod 600 '\(place.path)/key'"))
    }

    @Test("A key file that is a link is not followed")
    func linkedKey() throws {
        let place = try initialised()
        try FileManager.default.moveItem(atPath: place.path + "/key", toPath: place.path + "/elsewhere")
        try FileManager.default.createSymbolicLink(
            atPath: place.path + "/key", withDestinationPath: place.path + "/elsewhere")
        guard case .notReadable(place.path + "/key", _) = try refusal(place) else {
            Issue.record("the link was followed")
            return
        }
    }

    @Test("A directory that others can write is refused, before anything is made in it")
    func insecureDirectory() throws {
        let place = try Place()
        chmod(place.path, 0o777)
        let refused = DataDirectoryError.insecurePermissions(path: place.path, chmod: "go-rwx")
        #expect(throws: refused) { try DataDirectory.create(at: place.path, key: nil) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.path).isEmpty)
    }

    @Test("A path that is missing, a file, or below a file is named as such")
    func wrongPaths() throws {
        let place = try Place()
        try place.write([], to: "file")
        let (missing, file, below) = (place.path + "/none", place.path + "/file", place.path + "/file/below")
        #expect(throws: DataDirectoryError.notInitialised(missing)) { try DataDirectory.open(at: missing, key: nil) }
        #expect(throws: DataDirectoryError.notInitialised(place.path)) {
            try DataDirectory.open(at: place.path, key: nil)
        }
        for path in [file, below] {
            #expect(throws: DataDirectoryError.notADirectory(path)) { try DataDirectory.open(at: path, key: nil) }
            #expect(throws: DataDirectoryError.notADirectory(path)) { try DataDirectory.create(at: path, key: nil) }
        }
    }

    @Test("A place that takes no directories is not writable, in the system's words")
    func unwritable() throws {
        let error = #expect(throws: DataDirectoryError.self) {
            try DataDirectory.create(at: "/proc/tenantry", key: nil)
        }
        guard case .notWritable("/proc/tenantry", let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
    }

    @Test("A second owner is refused while the first lives, and told who it is; afterwards it may")
    func owned() throws {
        let place = try initialised()
        let first = try DataDirectory.open(at: place.path, key: nil)
        let error = #expect(throws: DataDirectoryError.self) { try DataDirectory.open(at: place.path, key: nil) }
        guard case .owned(place.path, getpid(), let name) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(!name.isEmpty)
        try first.close()
        try first.close()
        try DataDirectory.open(at: place.path, key: nil).close()
    }

    @Test("The directory stays owned for as long as a store of it is held", .timeLimit(.minutes(1)))
    func storeHoldsLock() async throws {
        let place = try initialised()
        var store: Store? = try DataDirectory.open(at: place.path, key: nil).store
        #expect(store?.failure == nil)
        #expect(throws: DataDirectoryError.self) { try DataDirectory.open(at: place.path, key: nil) }
        store = nil
        // A sweep of stored tokens that has begun ends first.
        try await wait { (try? DataDirectory.open(at: place.path, key: nil).close()) != nil }
    }

    @Test("A refused opening gives the lock back")
    func refusedUnlocks() throws {
        let place = try initialised()
        _ = try refusal(place, key: try initialised().path + "/key")
        try DataDirectory.open(at: place.path, key: nil).close()
    }

    @Test("Another process's lock is respected, and it is named")
    func otherProcess() throws {
        let place = try initialised()
        let (process, answers, commands) = (Process(), Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c",
            """
            import fcntl, sys
            file = open(sys.argv[1], "r+")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.truncate(0); file.write("4711 tenantry-other\\n"); file.flush()
            print("locked", flush=True)
            sys.stdin.readline()
            """, place.path + "/lock",
        ]
        process.standardOutput = answers
        process.standardInput = commands
        try process.run()
        #expect(!answers.fileHandleForReading.availableData.isEmpty)
        #expect(throws: DataDirectoryError.owned(path: place.path, pid: 4711, by: "tenantry-other")) {
            try DataDirectory.open(at: place.path, key: nil)
        }
        try commands.fileHandleForWriting.close()
        process.waitUntilExit()
        try DataDirectory.open(at: place.path, key: nil).close()
    }

    @Test("Errors are sentences with a next step, and each has a code of its own")
    func explained() {
        let errors: [DataDirectoryError] = [
            .notInitialised("/d"), .notADirectory("/d"), .notReadable("/d", "why"), .notWritable("/d", "why"),
            .owned(path: "/d", pid: nil, by: "x"), .keyMissing("/d/key"), .keyMalformed("/d/key"), .wrongKey,
            .keyIncomplete,
            .insecurePermissions(path: "/d", chmod: "600"), .databaseMissing("/d/db"),
            .newerDatabase(found: 9, known: 1), .damaged("why"), .alreadyInitialised("/d"), .keyExists("/d/key"),
        ]
        #expect(Set(errors.map(\.problem.code)).count == errors.count)
        for error in errors {
            #expect(error.problem.detail.hasSuffix(".") && error.problem.nextStep.hasSuffix("."), "\(error)")
        }
    }
}
