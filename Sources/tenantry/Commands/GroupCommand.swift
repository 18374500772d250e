import ArgumentParser
import Tenancy

struct GroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Names for selectors.",
        subcommands: [Create.self, List.self, Show.self, Delete.self])

    private static let columns = [
        Column("name", "name"), Column("selector", "selector"), Column("created", "created_at"),
    ]

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a selector a name.",
            discussion: """
                Who is in the group is asked anew each time. Use it as group=NAME, in the selector of another group too.

                Examples:
                  tenantry group create canaries --selector 'ring=canary,tenant.state=active'
                  tenantry tenant list -l 'group=canaries,state!=granted'
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "1 to 40 characters of a-z, 0-9 and '-'.") var name: String
        @Option(name: [.customShort("l"), .long], help: "See `tenantry tenant list --help`.") var selector: String

        func run() async throws {
            let body: [String: JSONValue] = ["name": .string(name), "selector": .string(selector)]
            let group = try await connection.withService { try await $0.post("/v1/groups", body) }
            try output.print(group, GroupCommand.columns)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the groups.", discussion: "Examples:\n  tenantry group list")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let groups = try await connection.withService { try await $0.get("/v1/groups") }
            try output.print(groups["items"], GroupCommand.columns)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one group.", discussion: "Examples:\n  tenantry group show canaries -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            let group = try await connection.withService { try await $0.get("/v1/groups/\(name.escaped)") }
            try output.print(group, GroupCommand.columns)
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a group, unless another one names it. Its tenants stay as they are.",
            discussion: "Examples:\n  tenantry group delete canaries")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            try await connection.withService { try await $0.delete("/v1/groups/\(name.escaped)") }
            Terminal.say("tenantry: group '\(name)' is deleted")
        }
    }
}
