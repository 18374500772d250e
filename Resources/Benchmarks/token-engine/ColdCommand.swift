import ArgumentParser
import CurlHTTP
import EntraClient
import Foundation
import SQLiteStore
import Tenancy

/// Gets tokens that nobody has yet, from an authority over TLS, by the app's own credential.
struct ColdCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "cold")

    @Option var data: String
    @Option(help: "The origin of the authority.") var authority: String
    @Option(help: "The certificate it is trusted by, a PEM file.") var ca: String
    @Option(help: "Tenants that are asked for at a time.") var tasks = 64

    private struct Ready: Encodable {
        let tasks: Int
    }

    private struct Block: Encodable {
        let seconds: Double
    }

    func run() async throws {
        let engine = try await Engine(data)
        guard let table = CloudTable(authority: authority, graph: authority) else {
            throw BenchError("\(authority) is no origin.")
        }
        let endpoint = ClientCredentialsEndpoint(
            transport: try CurlClient(CurlClient.Configuration(extraCAFile: ca)), table: table,
            authentication: ClientAuthentication(
                federation: NoAssertions(), signingThreads: ProcessInfo.processInfo.activeProcessorCount,
                clock: engine.clock, randomness: engine.randomness),
            clock: engine.clock)
        let broker = engine.broker(endpoint)
        let resource = try Engine.resource(Engine.graph)
        var next = 0
        try await Blocks.serve(ready: Ready(tasks: tasks)) { count, _ in
            let first = next
            next += count
            let begin = ContinuousClock.now
            try await withThrowingTaskGroup { group in
                for task in 0..<tasks {
                    group.addTask {
                        for number in stride(from: first + task, to: first + count, by: tasks) {
                            let request = TokenRequest(
                                app: engine.app, tenant: try Engine.tenant(number), resource: resource)
                            _ = try await broker.token(request)
                        }
                    }
                }
                try await group.waitForAll()
            }
            return Block(seconds: (ContinuousClock.now - begin).seconds)
        }
        await engine.directory.store.tokens.flush()
    }
}

private struct NoAssertions: AssertionProvider {
    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String> {
        throw AssertionError("is not used in this measurement")
    }
}
