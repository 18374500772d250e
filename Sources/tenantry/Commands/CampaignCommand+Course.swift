import ArgumentParser
import Tenancy

/// Changing the course of a campaign.
extension CampaignCommand {
    struct Pause: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Stop waves and reminders; links that were sent stay valid.",
            discussion: "Examples:\n  tenantry campaign pause ID")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its id.") var campaign: String

        func run() async throws { try await CampaignCommand.post("pause", campaign, connection, output) }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Go on with a paused campaign.", discussion: "Examples:\n  tenantry campaign resume ID")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its id.") var campaign: String

        func run() async throws { try await CampaignCommand.post("resume", campaign, connection, output) }
    }

    struct Advance: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Open the next wave now.", discussion: "Examples:\n  tenantry campaign advance ID")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its id.") var campaign: String

        func run() async throws { try await CampaignCommand.post("advance", campaign, connection, output) }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a campaign and take its open links back. What was granted stays.",
            discussion: "Examples:\n  tenantry campaign cancel ID --yes")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its id.") var campaign: String
        @Flag(help: "Do not ask.") var yes = false

        func run() async throws {
            guard yes || Terminal.agrees("Take back every open link of campaign \(campaign)? Type yes: ", to: "yes")
            else {
                throw UsageError("Nothing was changed.", "Use --yes where nobody can be asked.")
            }
            try await CampaignCommand.post("cancel", campaign, connection, output)
        }
    }

    private static func post(
        _ verb: String, _ campaign: String, _ connection: ConnectionOptions, _ output: OutputOptions
    ) async throws {
        let changed = try await connection.withService(working: .campaigns) {
            try await $0.post("/v1/campaigns/\(campaign.escaped)/\(verb)", [String: JSONValue]())
        }
        try output.print(changed, columns)
    }
}
