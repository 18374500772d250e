import ArgumentParser
import Foundation
import SQLiteStore
import Tenancy

/// Writes tokens to the store, those of the next tenants with each block.
struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "store")

    @Option var data: String

    private struct Ready: Encodable {
        let directory: String
    }

    private struct Block: Encodable {
        /// Until all of them are written.
        let seconds: Double
        let written: Int
        let lost: Int
    }

    /// So many are handed over before they are waited for: what the store takes at once.
    private static let batch = 1_000

    func run() async throws {
        let engine = try await Engine(data)
        let store = engine.directory.store.tokens
        let resource = try Engine.resource(Engine.graph)
        var next = 0
        try await Blocks.serve(ready: Ready(directory: data)) { count, _ in
            let tokens = try (next..<next + count).map { number in
                let key = TokenRequest(app: engine.app, tenant: try Engine.tenant(number), resource: resource).key
                return (key, try stored(key, engine, serial: UInt64(number)))
            }
            next += count
            let begin = ContinuousClock.now
            for start in stride(from: 0, to: count, by: Self.batch) {
                for (key, token) in tokens[start..<min(start + Self.batch, count)] {
                    store.put(token, for: key, epoch: 1)
                }
                await store.flush()
            }
            let seconds = (ContinuousClock.now - begin).seconds
            return Block(seconds: seconds, written: store.metrics.written, lost: store.metrics.lost)
        }
        try engine.directory.close()
    }

    private func stored(_ key: TokenKey, _ engine: Engine, serial: UInt64) throws -> StoredToken {
        let now = engine.clock.now()
        let lifetime: TimeInterval = 86_399
        let text = SampleToken.text(
            tenant: key.tenant.description, clientID: key.clientID.description, audience: key.resource.description,
            issued: now, lifetime: lifetime, serial: serial)
        return StoredToken(
            value: Secret(text), digest: try Engine.digest(text), acquiredAt: now, expiresAt: now + lifetime,
            refreshAt: now + lifetime / 2)
    }
}
