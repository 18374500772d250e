import ArgumentParser
import Foundation
import SQLiteStore
import Tenancy

/// Asks for tokens that are in memory, in a random order of keys.
struct HitsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hits",
        discussion: """
            Modes of a block: `one` and `two` are the broker on as many threads; `bare` is a Dictionary that holds the \
            same tokens under the same keys, on one.
            """)

    @Option var data: String
    @Option var tenants = 1
    @Option var resources = 1

    private struct Wish {
        let tenant: TenantID
        let resource: Resource
    }

    private struct Ready: Encodable {
        let tokens: Int
        let bytesPerToken: Double
        let estimatedBytes: Int
    }

    private struct Block: Encodable {
        /// Nanoseconds for one hit, the mean of a batch each.
        var batches: [Double] = []
        var seconds = 0.0
    }

    /// Hits that are timed together, so that reading the clock costs nothing.
    private static let batch = 1_000

    func run() async throws {
        let engine = try await Engine(data)
        let before = try Self.residentBytes()
        let broker = engine.broker(NoAuthority(), store: NoTokenStore(), cacheBytes: 64 << 30)
        try await fill(broker, engine)
        let resident = try Self.residentBytes() - before
        let count = tenants * resources
        let wishes = try (0..<2).map { try order(thread: $0) }
        var bare: [TokenKey: AccessToken] = [:]
        let graph = try Engine.resource(Engine.graph)
        for number in 0..<count {
            let wish = try wish(number, graph)
            let request = TokenRequest(app: engine.app, tenant: wish.tenant, resource: wish.resource)
            guard let token = broker.cached(request) else { throw BenchError("A token is missing.") }
            bare[request.key] = token
        }
        let (table, app) = (bare, engine.app)
        var cursor = 0
        let ready = Ready(
            tokens: broker.metrics.cachedTokens, bytesPerToken: Double(resident) / Double(count),
            estimatedBytes: broker.metrics.cachedBytes / count)
        try await Blocks.serve(ready: ready) { hits, mode in
            defer { cursor = (cursor + hits) % count }
            switch mode {
            case "bare":
                return try await Self.time(hits, wishes[..<1], from: cursor) { wish in
                    table[TokenRequest(app: app, tenant: wish.tenant, resource: wish.resource).key] != nil
                }
            default:
                return try await Self.time(hits, wishes[..<(mode == "two" ? 2 : 1)], from: cursor) { wish in
                    broker.cached(TokenRequest(app: app, tenant: wish.tenant, resource: wish.resource)) != nil
                }
            }
        }
    }

    /// As the verifier hands its tokens in: read, held against their keys, put into the cache.
    private func fill(_ broker: TokenBroker, _ engine: Engine) async throws {
        // The broker keeps one copy of an API's name; who asks has another.
        let graph = try Engine.resource(Engine.graph)
        try await withThrowingTaskGroup { group in
            for half in 0..<2 {
                group.addTask {
                    for number in stride(from: half, to: tenants * resources, by: 2) {
                        let wish = try wish(number, graph)
                        let request = TokenRequest(app: engine.app, tenant: wish.tenant, resource: wish.resource)
                        let token = try engine.token(request.key, serial: UInt64(number)).checked(for: request.key)
                        try await broker.adopt(
                            [(key: request.key, token: token)],
                            under: try await engine.directory.store.consent.connection(wish.tenant, engine.app.name))
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    private func wish(_ number: Int, _ graph: Resource) throws -> Wish {
        let name = "api://fleet.example/\(number % resources)"
        return Wish(
            tenant: try Engine.tenant(number / resources),
            resource: resources == 1 ? graph : try Engine.resource(name))
    }

    /// Each thread asks in an order of its own, and shares no text of a resource with the other. The texts lie in that
    /// order too: who asks has just read the name.
    private func order(thread: Int) throws -> [Wish] {
        let graph = try Engine.resource(Engine.graph)
        var random = SplitMix(state: UInt64(thread) + 1)
        return try (0..<tenants * resources).shuffled(using: &random).map { try wish($0, graph) }
    }

    /// - Parameter wishes: one list for each thread.
    private static func time(
        _ hits: Int, _ wishes: ArraySlice<[Wish]>, from start: Int, _ look: @escaping @Sendable (Wish) -> Bool
    ) async throws -> Block {
        let clock = ContinuousClock()
        var block = Block()
        let begin = clock.now
        block.batches = try await withThrowingTaskGroup(of: [Double].self) { group in
            for list in wishes {
                group.addTask { try batches(hits, list, from: start, look) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        block.seconds = (clock.now - begin).seconds
        return block
    }

    private static func batches(
        _ hits: Int, _ wishes: [Wish], from start: Int, _ look: (Wish) -> Bool
    ) throws -> [Double] {
        let clock = ContinuousClock()
        var place = start % wishes.count
        var found = 0
        var times: [Double] = []
        for _ in 0..<hits / batch {
            let begin = clock.now
            for _ in 0..<batch {
                if look(wishes[place]) { found += 1 }
                place += 1
                if place == wishes.count { place = 0 }
            }
            times.append((clock.now - begin).seconds * 1e9 / Double(batch))
        }
        guard found == times.count * batch else { throw BenchError("\(found) hits of \(times.count * batch).") }
        return times
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").compactMap({ Int($0) }).first
        else { throw BenchError("/proc/self/status has no VmRSS.") }
        return kilobytes * 1_024
    }
}

/// For where no request may leave.
struct NoAuthority: TokenEndpoint {
    func prepare(
        _ key: TokenKey, claims: ClaimsChallenge?, with credential: ClientCredential
    ) async throws(TokenError) -> PreparedTokenRequest {
        throw TokenError(key, .unavailable("there is none in this measurement"))
    }
}
