import ArgumentParser
import Tenancy

struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "What the running service counts: tokens by source, the authorities' answers.",
        discussion: """
            As Prometheus reads it from /metrics, or as JSON. No tenant is named.

            Examples:
              tenantry metrics
              tenantry metrics -o json
              tenantry metrics -o csv
            """)
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let service = try await connection.followedService(
            orElse: "Start `tenantry serve`: what is counted is counted since then.")
        switch output.format {
        case .table: Terminal.printVerbatim(Terminal.clean(try await service.text("/metrics")))
        case .json: try output.print(try await service.get("/metrics"), [])
        case .csv:
            let samples = try await service.get("/metrics")["items"].rows.flatMap { $0["samples"].rows }
            try output.print(.array(samples), ["name", "labels", "value"].map { Column($0, $0) })
        }
    }
}
