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

        func run() async throws {
            let entries = try await connection.withService { service in
                var (entries, last): ([JSONValue], Int) = ([], after)
                while true {
                    let page = try await service.get("/v1/audit?after=\(last)&limit=1000")["items"].rows
                    entries += page
                    guard page.count == 1_000, let next = page.last?["sequence"].int else { return entries }
                    last = next
                }
            }
            try output.print(
                .array(entries),
                [
                    Column("seq", "sequence"), Column("at", "at"), Column("actor", "actor"), Column("action", "action"),
                    Column("subject", "subject"), Column("detail", "detail"),
                ])
        }
    }
}
