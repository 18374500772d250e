import ArgumentParser
import Tenancy

extension WebhookCommand {
    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send again, beginning with what has happened meanwhile.",
            discussion: "Examples:\n  tenantry webhook enable 3k9x2m7p4q8w")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id.") var webhook: String

        func run() async throws {
            let reply = try await connection.withService {
                try await $0.post(WebhookCommand.path(webhook, "/enable"), [:])
            }
            try output.print(reply, WebhookCommand.columns)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send nothing until it is enabled again.",
            discussion: "Examples:\n  tenantry webhook disable 3k9x2m7p4q8w")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id.") var webhook: String

        func run() async throws {
            let reply = try await connection.withService {
                try await $0.post(WebhookCommand.path(webhook, "/disable"), [:])
            }
            try output.print(reply, WebhookCommand.columns)
        }
    }

    struct RotateSecret: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a new secret. It is shown once.",
            discussion: """
                For 24 hours every message is signed with both, so that the receiver can change over in its own time.

                Examples:
                  tenantry webhook rotate-secret 3k9x2m7p4q8w
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The webhook's id.") var webhook: String

        func run() async throws {
            let reply = try await connection.withService {
                try await $0.post(WebhookCommand.path(webhook, "/rotate-secret"), [:])
            }
            guard output.format == .table else {
                return try output.print(
                    reply,
                    [Column("id", "id"), Column("secret", "secret"), Column("until", "previous_good_until")])
            }
            Terminal.print(reply["secret"].cell)
            Terminal.say("tenantry: the secret before is good until \(reply["previous_good_until"].cell)")
        }
    }
}
