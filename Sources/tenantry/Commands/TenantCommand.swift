import ArgumentParser
import Tenancy

struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "The customers' tenants.",
        subcommands: [
            Add.self, Import.self, List.self, Show.self, Update.self, Tag.self, Pause.self, Resume.self,
            Quarantine.self, Timeline.self,
        ])

    static let columns = [
        Column("id", "id"), Column("name", "name"), Column("domain", "domain"), Column("cloud", "cloud"),
        Column("tags", "tags"), Column("state", "state"), Column("reason", "state_reason"),
    ]

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Onboard a tenant by GUID or domain.",
            discussion: """
                Examples:
                  tenantry tenant add contoso.com --name Contoso --tag ring=canary
                  tenantry tenant add 9188040d-6c67-4c5b-b112-36a304b66dad --cloud public
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or one of its domains.") var tenant: String
        @Option(help: "What to call the customer.") var name: String?
        @Option(name: .customLong("tag"), help: "key=value. Repeatable.") var tags: [String] = []
        @Option(help: "Ask this cloud only: public, usgov, dod or china.") var cloud: String?

        func run() async throws {
            guard let tags = Tags(parsing: tags.joined(separator: " ")) else {
                throw UsageError("The tags cannot be used.", "Write each once, as key=value.")
            }
            let body: [String: JSONValue] = [
                "tenant": .string(tenant), "name": name.json, "cloud": cloud.json,
                "tags": .object(tags.values.mapValues { .string($0) }),
            ].compact
            let added = try await connection.withService { try await $0.post("/v1/tenants", body) }
            try output.print(added, TenantCommand.columns)
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Onboard the tenants of a CSV file, with a verdict for each row.",
            discussion: """
                The first line names the columns: tenant, and optionally name and tags. Commas, semicolons and tabs \
                separate. A bad row stops no other; exit code 5 says that there was one. A tenant that is onboarded \
                already is `known` and stays as it is; with --update it takes over the row's name and tags, and keeps \
                the tags that the row does not name.

                Examples:
                  tenantry tenant import customers.csv --dry-run
                  tenantry tenant import customers.csv --update
                  tenantry tenant import - < customers.csv
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The file; - for standard input.") var file: String
        @Flag(help: "Judge every row and change nothing.") var dryRun = false
        @Flag(help: "Also change the name and tags of tenants that are known already.") var update = false

        func run() async throws {
            let bytes = try Input.bytes(file)
            let path =
                "/v1/tenants/import"
                + query([("dry_run", dryRun ? "true" : nil), ("update", update ? "true" : nil)])
            let reply = try await connection.withService { try await $0.post(path, csv: bytes) }
            try output.print(
                reply["rows"],
                [
                    Column("line", "line"), Column("tenant", "tenant"), Column("verdict", "verdict"),
                    Column("detail", "detail"),
                ])
            let (accepted, rejected) = (reply["accepted"].int ?? 0, reply["rejected"].int ?? 0)
            let known = [(reply["updated"].int ?? 0, "updated"), (reply["known"].int ?? 0, "known")]
                .filter { $0.0 > 0 }.map { "\($0.0) \($0.1), " }.joined()
            Terminal.say("tenantry: \(accepted) \(dryRun ? "would be added" : "added"), \(known)\(rejected) rejected")
            if rejected > 0 { throw ExitCode(5) }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tenants, all or those that a selector means.",
            discussion: """
                \(SelectorOption.grammar)

                Examples:
                  tenantry tenant list
                  tenantry tenant list -l 'ring=canary,plan!=trial' -o csv
                  tenantry tenant list -l 'state=granted,tenant.state=active' --app fleet
                  tenantry tenant list -l 'group=canaries,name~contoso'
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var selection: SelectorOption
        @Option(help: "The app whose connections the selector asks about, when there are several.") var app: String?

        func run() async throws {
            let path = "/v1/tenants" + query([("selector", selection.selector), ("app", app)])
            try output.print(try await connection.withService { try await $0.all(path) }, TenantCommand.columns)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one tenant.", discussion: "Examples:\n  tenantry tenant show contoso.com -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its GUID, or the domain it was added by.") var tenant: String

        func run() async throws {
            let found = try await connection.withService { try await $0.get("/v1/tenants/\(tenant.escaped)") }
            try output.print(found, TenantCommand.columns)
        }
    }
}
