import ArgumentParser
import Tenancy

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "API keys of the operators' door.",
        subcommands: [Create.self, List.self, Revoke.self])

    private static let columns = [
        Column("id", "id"), Column("name", "name"), Column("role", "role"), Column("created", "created_at"),
        Column("revoked", "revoked_at"),
    ]

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key. It is shown once.",
            discussion: """
                Roles: viewer reads; operator also onboards, links, verifies and runs jobs; admin also registers apps, \
                makes keys and takes tokens out.

                Examples:
                  tenantry key create support --role viewer
                  export TENANTRY_API_KEY=$(tenantry key create ci --role operator)
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Who will hold it.") var name: String
        @Option(help: "viewer, operator or admin.") var role: String = "viewer"

        func run() async throws {
            let body: [String: JSONValue] = ["name": .string(name), "role": .string(role)]
            let key = try await connection.withService { try await $0.post("/v1/keys", body) }
            guard output.format == .table else {
                return try output.print(key, KeyCommand.columns + [Column("key", "key")])
            }
            Terminal.print(key["key"].cell)
            Terminal.say("tenantry: key \(key["id"].cell) is shown this once; only a hash of it is kept")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys.", discussion: "Examples:\n  tenantry key list")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let reply = try await connection.withService { try await $0.get("/v1/keys") }
            try output.print(reply["items"], KeyCommand.columns)
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a key at once.", discussion: "Examples:\n  tenantry key revoke 3k9x2m7p4q8w")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The key's id, as `tenantry key list` shows it.") var id: String

        func run() async throws {
            try await connection.withService { try await $0.delete("/v1/keys/\(id.escaped)") }
            Terminal.say("tenantry: key \(id) is revoked")
        }
    }
}
