import ArgumentParser
import Foundation
import Synchronization
import Tenancy

/// Many tasks ask for tokens with a short life; counts the requests that reach the authority.
struct LivesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "lives")

    @Option var data: String
    @Option var tenants = 1_000
    @Option var tasks = 64
    @Option(help: "Seconds.") var life = 2.0

    private struct Ready: Encodable {
        let tenants: Int
    }

    private struct Block: Encodable {
        let asked: Int
        let calls: Int
        let lives: Int
    }

    func run() async throws {
        let engine = try await Engine(data)
        let authority = ShortLivedAuthority(engine: engine, life: life)
        let broker = engine.broker(authority)
        let resource = try Engine.resource(Engine.graph)
        let ids = try (0..<tenants).map { try Engine.tenant($0) }
        try await Blocks.serve(ready: Ready(tenants: tenants)) { seconds, _ in
            let end = ContinuousClock.now + .seconds(seconds)
            let asked = try await withThrowingTaskGroup(of: Int.self) { group in
                for task in 0..<tasks {
                    group.addTask {
                        var random = SplitMix(state: UInt64(task))
                        var asked = 0
                        while ContinuousClock.now < end {
                            let tenant = ids[Int.random(in: 0..<ids.count, using: &random)]
                            let request = TokenRequest(
                                app: engine.app, tenant: tenant, resource: resource, minimumLife: 0)
                            let token = try await broker.token(request)
                            guard token.life(at: engine.clock.steady()) > -0.5 else {
                                throw BenchError("A token of \(tenant) that had ended was handed out.")
                            }
                            asked += 1
                        }
                        return asked
                    }
                }
                return try await group.reduce(0, +)
            }
            return authority.count(asked: asked)
        }
    }

    /// Issues tokens after 20 ms, and notices when it is asked although a token of the key still lives, or is on its
    /// way.
    private final class ShortLivedAuthority: TokenEndpoint {
        private struct State {
            var ends: [TokenKey: TimeInterval] = [:]
            var calls = 0
            var lives = 0
        }

        private let state = Mutex(State())
        private let engine: Engine
        private let life: TimeInterval

        init(engine: Engine, life: TimeInterval) {
            self.engine = engine
            self.life = life
        }

        func prepare(
            _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
        ) async throws(TokenError) -> PreparedTokenRequest {
            { () async throws(TokenError) in try await self.issue(key) }
        }

        private func issue(_ key: TokenKey) async throws(TokenError) -> AccessToken {
            let now = engine.clock.steady()
            let serial = state.withLock { state in
                state.calls += 1
                if now >= state.ends[key, default: 0] { state.lives += 1 }
                state.ends[key] = .infinity
                return state.calls
            }
            do {
                try await Task.sleep(for: .milliseconds(20))
                let token = try engine.token(key, lifetime: life, serial: UInt64(serial)).checked(for: key)
                let end = engine.clock.steady() + life
                state.withLock { $0.ends[key] = end }
                return token
            } catch {
                throw TokenError(key, .unavailable("\(error)"))
            }
        }

        func count(asked: Int) -> Block {
            state.withLock { Block(asked: asked, calls: $0.calls, lives: $0.lives) }
        }
    }
}
