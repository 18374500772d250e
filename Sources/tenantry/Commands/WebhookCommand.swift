import ArgumentParser
import Tenancy

struct WebhookCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "webhook", abstract: "Receivers that events are sent to, by the Standard Webhooks specification.",
        subcommands: [
            Add.self, List.self, Show.self, Remove.self, Enable.self, Disable.self, RotateSecret.self, Deliveries.self,
            Replay.self, Test.self,
        ])

    static let columns = [
        Column("id", "id"), Column("url", "url"), Column("types", "types"), Column("state", "state"),
        Column("reason", "disabled_reason"), Column("failing since", "failing_since"),
        Column("last success", "last_success_at"),
    ]

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send events to a URL from now on. The secret is shown once.",
            discussion: """
                https only, and only to addresses of the public Internet unless webhooks.allow_private is set. The \
                receiver checks each message with the secret and any library of standardwebhooks.com.

                Examples:
                  tenantry webhook add https://example.com/hooks
                  tenantry webhook add https://example.com/hooks --type 'consent.*' --type webhook.disabled
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Where the events are sent.") var url: String
        @Option(name: .customLong("type"), help: "Only this type: consent.granted or 'consent.*'. Repeatable.")
        var types: [String] = []
        @Option(help: "File with a secret that the receiver has already; - for standard input.") var secretFile: String?

        func run() async throws {
            let secret = try secretFile.map { try Input.secret($0).exposed }
            let body: [String: JSONValue] = [
                "url": .string(url), "types": types.isEmpty ? .null : .array(types.map { .string($0) }),
                "secret": secret.json,
            ].compact
            let webhook = try await connection.withService { try await $0.post("/v1/webhooks", body) }
            guard output.format == .table else {
                return try output.print(webhook, WebhookCommand.columns + [Column("secret", "secret")])
            }
            Terminal.print(webhook["secret"].cell)
            Terminal.say(
                "tenantry: webhook \(webhook["id"].cell) is added; its secret is shown this once. "
                    + "Try it with `tenantry webhook test \(webhook["id"].cell)`")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the webhooks.", discussion: "Examples:\n  tenantry webhook list")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let reply = try await connection.withService { try await $0.get("/v1/webhooks") }
            try output.print(reply["items"], WebhookCommand.columns)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a webhook and how it has been going.",
            discussion: "Examples:\n  tenantry webhook show 3k9x2m7p4q8w -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id.") var webhook: String

        func run() async throws {
            let reply = try await connection.withService { try await $0.get(WebhookCommand.path(webhook)) }
            try output.print(reply, WebhookCommand.columns + [Column("failures", "failures")])
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a webhook, its secrets and its deliveries.",
            discussion: "Examples:\n  tenantry webhook remove 3k9x2m7p4q8w")
        @OptionGroup var connection: ConnectionOptions
        @Argument(help: "The webhook's id.") var webhook: String

        func run() async throws {
            try await connection.withService { try await $0.delete(WebhookCommand.path(webhook)) }
            Terminal.say("tenantry: webhook \(webhook) is removed")
        }
    }

    static func path(_ webhook: String, _ rest: String = "") -> String { "/v1/webhooks/\(webhook.escaped)\(rest)" }
}
