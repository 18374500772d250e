import ArgumentParser
import Tenancy

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "The record of who did what.", subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the record, oldest first.",
            discussion: "Examples:\n  tenantry audit list\n  tenantry audit list --after 1200 -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only what comes after this sequence number.") var after: Int = 0
        @Option(help: "At most that many, 1 to 1000.") var limit: Int = 1_000

        func run() async throws {
            let reply = try await connection.withService { try await $0.get("/v1/audit?after=\(after)&limit=\(limit)") }
            try output.print(
                reply["items"],
                [
                    Column("seq", "sequence"), Column("at", "at"), Column("actor", "actor"), Column("action", "action"),
                    Column("subject", "subject"), Column("detail", "detail"),
                ])
        }
    }
}
