import FoundationEssentials
import Glibc
import Subprocess
import Synchronization
import Tenancy

/// Fetches federated assertions from files and programs.
///
/// A file is read at each use, so one that was replaced is taken at once. What a program printed is kept until shortly
/// before it ends, because ten thousand tenants must not start it ten thousand times.
final class FederatedAssertions: AssertionProvider {
    private let printed = Mutex<[[String]: (assertion: Secret<String>, until: Date)]>([:])
    private let clock: WallClock

    /// A JWT is a few KiB.
    private static let largest = 64 * 1_024
    private static let longestRun: Duration = .seconds(30)
    /// What is left of an assertion's life when another one is fetched, in seconds.
    private static let margin: TimeInterval = 60

    init(clock: WallClock) { self.clock = clock }

    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String> {
        switch source {
        case .file(let path): return try Self.jwt(in: try Self.read(path), from: "in file '\(path)'")
        case .command(let words):
            let now = clock.now()
            if let kept = printed.withLock({ $0[words] }), now < kept.until { return kept.assertion }
            let assertion = try Self.jwt(in: try await Self.run(words), from: "that '\(words[0])' printed")
            if let end = TokenClaims(jwt: assertion.exposed)?.expiresAt {
                printed.withLock { $0[words] = (assertion, end - Self.margin) }
            }
            return assertion
        }
    }

    private static func read(_ path: String) throws(AssertionError) -> [UInt8] {
        do { return try Input.bytes(path, limit: largest) } catch {
            throw AssertionError("cannot be read from '\(path)'")
        }
    }

    private static func run(_ words: [String]) async throws(AssertionError) -> [UInt8] {
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TENANTRY_") }
        let finished: (code: Bool, output: String)?
        do {
            finished = try await withThrowingTaskGroup(of: (Bool, String)?.self) { group in
                group.addTask {
                    // Through `env`, which becomes the program: a path as a value wants a type from one more package.
                    let result = try await Subprocess.run(
                        .name("env"), arguments: Arguments(words),
                        environment: .custom(
                            Dictionary(
                                environment.compactMap { name, value in
                                    Environment.Key(rawValue: name).map { ($0, value) }
                                }, uniquingKeysWith: { first, _ in first })),
                        input: .none, output: .string(limit: largest), error: .discarded)
                    return (result.terminationStatus.isSuccess, result.standardOutput)
                }
                group.addTask {
                    try await Task.sleep(for: longestRun)
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
        } catch {
            throw AssertionError("could not be had: '\(words[0])' cannot be run, or prints too much")
        }
        guard let finished else { throw AssertionError("could not be had: '\(words[0])' did not end in 30 s") }
        guard finished.code else { throw AssertionError("could not be had: '\(words[0])' failed") }
        return Array(finished.output.utf8)
    }

    /// Refuses what is no JWT before it is sent anywhere: a path that was mistyped must not leak another file.
    private static func jwt(in bytes: [UInt8], from place: String) throws(AssertionError) -> Secret<String> {
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard TokenClaims(jwt: text) != nil else { throw AssertionError("\(place) is no JWT") }
        return Secret(text)
    }
}
