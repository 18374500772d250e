import FoundationEssentials
import Glibc
import Subprocess
import Synchronization
import Tenancy

/// Fetches federated assertions from files and programs.
///
/// A file is read at each use, so one that was replaced is taken at once. Ten thousand tenants must not start a program
/// ten thousand times: one run of it is under way at a time, whoever waits, what it printed is kept until shortly before
/// that ends, and a failure for some seconds.
final class FederatedAssertions: AssertionProvider {
    private typealias Outcome = Result<Secret<String>, AssertionError>

    private enum Run {
        case underWay(Task<Outcome, Never>)
        case printed(Secret<String>, until: Date)
        /// - Parameter until: by the clock that never steps.
        case failed(AssertionError, until: TimeInterval)

        func isOver(at now: Moment) -> Bool {
            switch self {
            case .underWay: false
            case .printed(_, let until): now.date >= until
            case .failed(_, let until): now.steady >= until
            }
        }
    }

    private let runs = Mutex<[[String]: Run]>([:])
    private let clock: WallClock

    /// A JWT is a few KiB.
    private static let largest = 64 * 1_024
    private static let longestRun: Duration = .seconds(30)
    /// What is left of an assertion's life when another one is fetched, in seconds.
    private static let margin: TimeInterval = 60
    /// For how many seconds a program that failed is not started again.
    private static let pause: TimeInterval = 5

    init(clock: WallClock) { self.clock = clock }

    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String> {
        switch source {
        case .file(let path): return try Self.jwt(in: try Self.read(path), from: "in file '\(path)'")
        case .command(let words): return try await outcome(of: words).get()
        }
    }

    private func outcome(of words: [String]) async -> Outcome {
        let now = clock.moment()
        let run = runs.withLock { runs in
            if let run = runs[words], !run.isOver(at: now) { return run }
            // Owned by `runs` and awaited by everyone who finds it there; it ends within the longest run.
            let run = Run.underWay(Task { await self.start(words) })
            runs[words] = run
            return run
        }
        return switch run {
        case .underWay(let task): await task.value
        case .printed(let assertion, _): .success(assertion)
        case .failed(let error, _): .failure(error)
        }
    }

    private func start(_ words: [String]) async -> Outcome {
        do throws(AssertionError) {
            let assertion = try Self.jwt(in: try await Self.run(words), from: "that '\(words[0])' printed")
            let end = TokenClaims(jwt: assertion.exposed)?.expiresAt
            runs.withLock { $0[words] = end.map { .printed(assertion, until: $0 - Self.margin) } }
            return .success(assertion)
        } catch {
            let until = clock.steady() + Self.pause
            runs.withLock { $0[words] = .failed(error, until: until) }
            return .failure(error)
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
