import Foundation
import Synchronization
import Tenancy
import Testing

@testable import tenantry

/// The programs that print federated assertions, as real children of this process.
@Suite("A program that prints federated assertions", .timeLimit(.minutes(2)))
struct FederatedAssertionTests {
    /// A directory of its own for the program, which leaves a line for each of its starts there.
    private final class Place: Sendable {
        let path = FileManager.default.temporaryDirectory.path + "/tenantry-assertion-\(UUID().uuidString)"
        private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var clock: WallClock { WallClock { self.time.withLock { $0 } } }

        var starts: Int { (try? String(contentsOfFile: path + "/starts", encoding: .utf8).count) ?? 0 }

        func advance(_ seconds: TimeInterval) { time.withLock { $0 += seconds } }

        func put(_ text: String, at name: String) throws {
            try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"), options: .atomic)
        }

        /// Whatever it does, it first waits until the file `go` is there.
        func program(_ deed: String) -> AssertionSource {
            .command(["sh", "-c", "cd '\(path)'; printf x >> starts; until [ -e go ]; do sleep 0.02; done; \(deed)"])
        }

        /// Lives for 1,000 s.
        func mint(_ subject: String) throws -> String {
            let end = clock.now().timeIntervalSince1970 + 1_000
            let claims = Data(#"{"sub":"\#(subject)","exp":\#(Int(end))}"#.utf8).base64EncodedString()
            let jwt = "e30.\(claims.replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")).c2ln"
            try put(jwt, at: "jwt")
            return jwt
        }
    }

    /// What fifty get who ask at once; the program goes on when it has been started.
    private func fifty(
        _ assertions: FederatedAssertions, _ source: AssertionSource, _ place: Place
    ) async throws -> [Result<String, AssertionError>] {
        try await withThrowingTaskGroup(of: Result<String, AssertionError>.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do throws(AssertionError) {
                        return .success(try await assertions.assertion(from: source).exposed)
                    } catch {
                        return .failure(error)
                    }
                }
            }
            _ = try await eventually("the program has been started") { place.starts > 0 ? true : nil }
            try place.put("", at: "go")
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test("runs once for all who ask at once, and again a minute before what it printed ends")
    func once() async throws {
        let place = try Place()
        let assertions = FederatedAssertions(clock: place.clock)
        let source = place.program("cat jwt")
        let first = try place.mint("first")
        #expect(try await fifty(assertions, source, place) == Array(repeating: .success(first), count: 50))
        #expect(place.starts == 1)
        let second = try place.mint("second")
        place.advance(939)
        #expect(try await assertions.assertion(from: source).exposed == first)
        place.advance(1)
        #expect(try await assertions.assertion(from: source).exposed == second)
        #expect(place.starts == 2)
    }

    @Test(
        "that fails is told to all who ask within five seconds, without another start", arguments: ["exit 1", "echo x"])
    func failing(_ deed: String) async throws {
        let place = try Place()
        let assertions = FederatedAssertions(clock: place.clock)
        let source = place.program("[ -e cured ] && cat jwt || { \(deed); }")
        let failure = AssertionError(
            deed == "exit 1" ? "could not be had: 'sh' failed" : "that 'sh' printed is no JWT")
        #expect(try await fifty(assertions, source, place) == Array(repeating: .failure(failure), count: 50))
        #expect(place.starts == 1)
        let cured = try place.mint("cured")
        try place.put("", at: "cured")
        place.advance(4)
        await #expect(throws: failure) { try await assertions.assertion(from: source) }
        #expect(place.starts == 1)
        place.advance(1)
        #expect(try await assertions.assertion(from: source).exposed == cured)
        #expect(place.starts == 2)
    }

    @Test("does not hold up another one")
    func others() async throws {
        let place = try Place()
        let assertions = FederatedAssertions(clock: place.clock)
        let jwt = try place.mint("both")
        async let slow = assertions.assertion(from: place.program("cat jwt"))
        let other = try await assertions.assertion(from: .command(["cat", place.path + "/jwt"]))
        #expect(other.exposed == jwt)
        try place.put("", at: "go")
        #expect(try await slow.exposed == jwt)
    }
}
