import FoundationEssentials
import Glibc
import Synchronization
import Testing

/// One ISV's way with its customers: an emulated world, a data directory, and the programs run on them.
///
/// Everything lies in a directory of its own with a short path, because a Unix socket's path has 107 bytes at most.
final class Journey: Sendable {
    let directory: String
    let world: World
    /// Every command of `tenantry` so far.
    private let history = Mutex<[Finished]>([])
    private let processes: Mutex<[BackgroundProcess]>

    private init(directory: String, world: World) {
        self.directory = directory
        self.world = world
        processes = Mutex([world.process])
    }

    /// Gives `body` a fresh journey in that world. Whatever it started is killed and its files are removed afterwards,
    /// also when it failed.
    static func begin(_ scenario: Scenario = Scenario(), _ body: (Journey) async throws -> Void) async throws {
        await Slots.journeys.take()
        let directory = "/tmp/tt-" + String(UInt64.random(in: .min ... .max), radix: 36)
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
            let world = try await World.start(scenario, in: directory)
            let journey = Journey(directory: directory, world: world)
            let outcome: (any Error)?
            do {
                try await body(journey)
                outcome = nil
            } catch {
                outcome = error
            }
            await journey.end()
            if let outcome { throw outcome }
        } catch {
            try? FileManager.default.removeItem(atPath: directory)
            await Slots.journeys.giveBack()
            throw error
        }
        try? FileManager.default.removeItem(atPath: directory)
        await Slots.journeys.giveBack()
    }

    private func end() async {
        for process in processes.withLock({ $0 }) {
            process.signal(SIGKILL)
            _ = try? await process.wait()
        }
    }

    /// The data directory.
    var data: String { directory + "/d" }

    /// What was run so far.
    var commands: [Finished] { history.withLock { $0 } }

    // MARK: Commands

    /// Runs `tenantry` and expects it to end with that code.
    ///
    /// - Parameter environment: variables besides those that name the data directory.
    @discardableResult
    func tenantry(
        _ words: String..., exit code: Int32 = 0, input: String = "", environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Finished {
        try await tenantry(
            words, exit: code, input: Array(input.utf8), environment: environment, sourceLocation: sourceLocation)
    }

    @discardableResult
    func tenantry(
        _ words: [String], exit code: Int32 = 0, input: [UInt8] = [], environment: [String: String] = [:],
        limit: Duration = .seconds(60), sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Finished {
        let finished = try await Command.run(
            Binaries.tenantry, words, environment: self.environment.merging(environment) { $1 }, input: input,
            limit: limit)
        history.withLock { $0.append(finished) }
        #expect(
            finished.code == code, "\(finished.line.prefix(200))\n\(finished.output)\(finished.errors)",
            sourceLocation: sourceLocation)
        return finished
    }

    /// Expects the command to be refused with that code and one sentence on standard error that holds these words,
    /// and nothing on standard output.
    @discardableResult
    func refused(
        _ code: Int32, _ words: [String], saying fragments: String..., input: [UInt8] = [],
        environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Finished {
        let finished = try await tenantry(
            words, exit: code, input: input, environment: environment, limit: .seconds(15),
            sourceLocation: sourceLocation)
        let shown = "\(finished.line.prefix(200))\n\(finished.errors)"
        #expect(finished.output.isEmpty, "\(finished.output)", sourceLocation: sourceLocation)
        for fragment in fragments {
            #expect(finished.errors.contains(fragment), "\(shown)", sourceLocation: sourceLocation)
        }
        #expect(finished.errors.hasPrefix("tenantry: "), "\(shown)", sourceLocation: sourceLocation)
        #expect((1...700).contains(finished.errors.utf8.count), "\(shown)", sourceLocation: sourceLocation)
        for leak in ["Swift", "Optional(", "Fatal error", "0x0"] {
            #expect(!finished.errors.contains(leak), "\(shown)", sourceLocation: sourceLocation)
        }
        return finished
    }

    var environment: [String: String] {
        Command.environment.merging(["HOME": directory, "TENANTRY_DATA": data]) { $1 }
    }

    // MARK: The service

    /// Makes the data directory for this journey's world.
    func initialise() async throws {
        try await tenantry("init", "--authority", world.login, "--graph", world.graph, "--authority-ca", world.caFile)
    }

    /// Makes the registration known, with its secret.
    func addApp() async throws {
        try await tenantry(
            "app", "add", "fleet", "--client-id", Scenario.clientID, "--secret-file", "-", "--display-name",
            "Tallyport Fleet Sync", "--permission", "User.Read.All=Lists the people", "--permission",
            "Organization.Read.All=Reads the company's name", "--redirect-uri", "http://localhost/consent/callback",
            input: Scenario.secret)
    }

    /// From nothing to a running service with the app and these tenants.
    func open(_ customers: Customer...) async throws -> Service { try await open(customers) }

    func open(_ customers: [Customer]) async throws -> Service {
        try await initialise()
        let service = try await serve()
        try await addApp()
        for customer in customers { try await tenantry("tenant", "add", customer.domain) }
        return service
    }

    /// Starts `tenantry serve` and waits until it says that it is ready.
    func serve(umask: String = "022", environment extra: [String: String] = [:]) async throws -> Service {
        let process = try await BackgroundProcess.start(
            Binaries.tenantry, ["serve", "--public", "127.0.0.1:0", "--api", "127.0.0.1:0"],
            environment: environment.merging(extra) { $1 }, umask: umask, log: directory + "/serve.log")
        processes.withLock { $0.append(process) }
        let addresses = try JSON(parsing: process.announcement)
        return Service(
            process: process, pages: addresses["pages"].text, api: addresses["api"].text,
            socket: addresses["socket"].text)
    }

    /// Ends the process with the journey.
    func own(_ process: BackgroundProcess) { processes.withLock { $0.append(process) } }

    /// All that a command could have changed: tenants, apps, consent and the record of who did what.
    func everything() async throws -> [String] {
        var texts: [String] = []
        for words in [["tenant", "list"], ["app", "list"], ["audit", "list"], ["run", "list"], ["key", "list"]] {
            texts.append(try await tenantry(words + ["-o", "json"]).output)
        }
        return texts
    }

    // MARK: Files

    /// Writes the text to a file of that name beside the data directory.
    func file(_ name: String, _ content: String) throws -> String {
        let path = "\(directory)/\(name)"
        try Data(content.utf8).write(to: URL(filePath: path))
        return path
    }

    /// Overwrites the file, which keeps its permissions; a new one is the owner's alone.
    func put(_ content: String, at path: String) async throws {
        let script = "umask 077; cat > \"$0\""
        _ = try await Command.run("sh", ["-c", script, path], input: Array(content.utf8))
    }

    func read(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

    func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

    /// Runs the `openssl` command in this journey's directory.
    func openssl(_ words: String...) async throws {
        let finished = try await Command.run("env", ["-C", directory, "openssl"] + words)
        try #require(finished.code == 0, "\(finished.line)\n\(finished.errors)")
    }
}

extension Journey {
    /// Runs SQL on the database of a service that is not running: what a restored backup or a hostile hand could do.
    func alterDatabase(_ sql: String) async throws {
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1])
            connection.executescript(sys.argv[2])
            connection.commit()
            connection.close()
            """
        let finished = try await Command.run("python3", ["-c", script, data + "/tenantry.db", sql])
        try #require(finished.code == 0, "\(finished.errors)")
    }

    /// What the database of a service that is not running says: a row an array.
    func query(_ sql: String) async throws -> [[JSON]] {
        let script = """
            import json, sqlite3, sys
            print(json.dumps(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchall()))
            """
        let finished = try await Command.run("python3", ["-c", script, data + "/tenantry.db", sql])
        try #require(finished.code == 0, "\(finished.errors)")
        return try finished.json.items.map(\.items)
    }
}

extension Journey {
    /// Every file of the data directory that holds the text, and the logs of the service.
    func find(_ text: String) async throws -> [String] {
        let finished = try await Command.run(
            "grep", ["-rlaF", "-D", "skip", "-e", text, data, directory + "/serve.log"])
        try #require(finished.code <= 1, "\(finished.errors)")
        return finished.lines.map(String.init)
    }
}
