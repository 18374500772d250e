import ArgumentParser
import Tenancy

struct EventCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "event", abstract: "What has changed, for programs that follow.",
        subcommands: [List.self, Watch.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List events, oldest first.",
            discussion: """
                Examples:
                  tenantry event list --after 1200 -o json
                  tenantry event list --tenant contoso.com --type 'consent.*'
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "Only what comes after this sequence number.") var after: Int = 0
        @Option(help: "Only this tenant, by GUID or domain.") var tenant: String?
        @Option(help: "Only this type: consent.granted, or all of a noun: 'consent.*'.") var type: EventPattern?

        func run() async throws {
            let filter = EventWatch.query(["tenant": tenant, "type": type?.description])
            let events = try await connection.withService { service in
                var (events, last): ([JSONValue], Int) = ([], after)
                while true {
                    let window = "\(filter.isEmpty ? "?" : filter + "&")after=\(last)&limit=1000"
                    let page = try await service.get("/v1/events" + window)["items"].rows
                    events += page
                    guard page.count == 1_000, let next = page.last?["sequence"].int else { return events }
                    last = next
                }
            }
            try output.print(
                .array(events),
                [
                    Column("seq", "sequence"), Column("at", "at"), Column("type", "type"), Column("tenant", "tenant"),
                    Column("app", "app"), Column("actor", "actor"), Column("data", "data"),
                ])
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow events as they happen, a line each.",
            discussion: """
                Follows the service across restarts and misses nothing. With --until it ends with 0 at the first \
                event of that type; exit code 124: --timeout was over before. Ctrl-C ends it with 130.

                Examples:
                  tenantry event watch
                  tenantry event watch --type 'webhook.*' --after 0 -o json
                  tenantry event watch --tenant contoso.com --until consent.granted --timeout 15m
                """)
        @OptionGroup var watching: EventWatch
        @Option(help: "Only this type: consent.granted, or all of a noun: 'consent.*'.") var type: EventPattern?

        func run() async throws { try await watching.run(type: type) }
    }
}

extension EventPattern: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }

    /// All that happens to consent.
    static var ofConsent: EventPattern? { EventPattern("consent.*") }
}
