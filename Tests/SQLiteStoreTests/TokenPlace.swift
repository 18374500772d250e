import Foundation
import GRDB
import OpenSSLCrypto
import Synchronization
import Tenancy
import Testing

@testable import SQLiteStore

/// A directory for one token store at a time, with a clock and what was reported. Removed with the test.
final class TokenPlace: Sendable {
    let path: String
    let key: SealingKey
    let now = Mutex(Fixture.start)
    /// How often the store has asked what time it is: once a sweep.
    let looks = Mutex(0)
    let reports = Mutex([String]())

    init(key: SealingKey? = nil) throws {
        path = try Fixture.temporaryDirectory()
        self.key = try key ?? .random()
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { print("\(path) was not removed: \(error)") }
    }

    var file: String { path + "/tokens.db" }
    var reported: [String] { reports.withLock { $0 } }

    func open(
        key: SealingKey? = nil, older: [SealingKey] = [], diskBytes: Int = 64 << 20, mostWaiting: Int = 1_000,
        pause: DispatchTimeInterval = .seconds(3_600)
    ) throws -> SQLiteTokenStore {
        let options = TokenFileOptions(
            diskBytes: diskBytes, clock: WallClock { self.told() },
            report: { text in self.reports.withLock { $0.append(text) } })
        return SQLiteTokenStore(
            in: path, keys: KeyRing(key ?? self.key, older), options: options, lock: try DirectoryLock(in: path),
            mostWaiting: mostWaiting, pause: pause)
    }

    private func told() -> Date {
        looks.withLock { $0 += 1 }
        return now.withLock { $0 }
    }

    /// Runs a statement as an intruder would, and tells how many rows it changed.
    @discardableResult
    func sql(_ text: String, _ arguments: StatementArguments = []) throws -> Int {
        try intruder { database in
            try database.execute(sql: text, arguments: arguments)
            return database.changesCount
        }
    }

    func rows() throws -> Int? {
        try intruder { try Int.fetchOne($0, sql: "SELECT count(*) FROM token") }
    }

    /// Locks that file for the time of the body: what the store wants to write fails after five seconds.
    static func locking<Value>(_ file: String, _ body: () async throws -> Value) async throws -> Value {
        let queue = try DatabaseQueue(path: file, configuration: lenient)
        try await queue.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let value = try await body()
        try await queue.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try queue.close()
        return value
    }

    private func intruder<Value>(_ body: (Database) throws -> Value) throws -> Value {
        let queue = try DatabaseQueue(path: file, configuration: Self.lenient)
        let value = try queue.writeWithoutTransaction(body)
        try queue.close()
        return value
    }

    private static var lenient: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.allowsUnsafeTransactions = true
        return configuration
    }
}

/// Lets others work until it is so.
///
/// - Throws: `CancellationError` when the test's time is over.
func wait(until condition: () throws -> Bool) async throws {
    while try !condition() {
        try Task.checkCancellation()
        await Task.yield()
    }
}

extension SQLiteTokenStore {
    /// Keeps the store from writing for the time of the body, however long.
    func holding<Value>(_ body: () async throws -> Value) async throws -> Value {
        let file = try #require(file)
        // Its first sweep would wait too, and everything else behind it.
        await flush()
        let end = DispatchSemaphore(value: 0)
        await withCheckedContinuation { continuation in
            file.writer.asyncWriteWithoutTransaction { _ in
                continuation.resume()
                end.wait()
            }
        }
        defer { end.signal() }
        return try await body()
    }

    func put(_ mark: String, for key: TokenKey, epoch: Int = 1, receivedAt: Date = Fixture.start) throws {
        put(try key.stored(mark, receivedAt: receivedAt), for: key, epoch: epoch)
    }

    /// Whether the token with that mark is what is found.
    func finds(_ mark: String, for key: TokenKey, epoch: Int = 1) throws -> Bool {
        token(key, epoch: epoch)?.value == (try key.stored(mark).value)
    }
}

extension TokenKey {
    /// The key of that tenant with the sample app for Microsoft Graph.
    static func sample(_ tenant: Int = 1, _ resource: Resource = graph, app: Int = 1, cloud: Cloud = .public) -> Self {
        TokenKey(Fixture.app(number: app, cloud: cloud), Fixture.tenant(tenant), resource)
    }
}
