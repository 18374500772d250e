import ArgumentParser
import FoundationEssentials
import Tenancy

struct CampaignCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "campaign", abstract: "Ask many tenants for a release: in waves, with reminders and a deadline.",
        subcommands: [
            Start.self, List.self, Show.self, Members.self, Pause.self, Resume.self, Advance.self, Cancel.self,
        ])

    static let columns = [
        Column("id", "id"), Column("name", "name"), Column("release", "release"), Column("state", "state"),
        Column("waves open", "open_waves"), Column("next wave", "next_wave_at"), Column("deadline", "deadline_at"),
        Column("tenants", "tenants"), Column("granted", "counts.granted"), Column("sent", "counts.sent"),
        Column("declined", "counts.declined"), Column("waiting", "counts.waiting"),
    ]

    struct Start: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a campaign over the tenants that a selector means now.",
            discussion: """
                Tenants that have granted the release already are left out. Each wave's links are made when it opens; \
                `campaign members` lists them. A reminder is an event, `campaign.reminder`, for the program that \
                writes to your customers: see `tenantry webhook`. Links live until the deadline. The work goes on \
                under `tenantry serve`.

                Examples:
                  tenantry campaign start 'Release 4' --selector 'ring=canary' --dry-run
                  tenantry campaign start 'Release 4' --selector 'plan!=trial' \
                    --waves 1,5%,25%,rest --wave-every 2d --remind 3d,7d --deadline 30d
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var selection: SelectorOption
        @Argument(help: "What to call it.") var name: String
        @Option(help: "The app, when there are several.") var app: String?
        @Option(help: "The release to ask for; it must be the newest. (default: the newest)") var release: Int?
        @Option(help: "Sizes of the waves: counts, percentages, rest. (default: rest)") var waves: String?
        @Option(help: "From one wave to the next: 12h, 2d. (default: 1d)") var waveEvery: TimeSpan?
        @Option(help: "Reminders, by the age of the link: 3d,7d.") var remind: String?
        @Option(help: "When it ends: up to 30d. (default: 30d)") var deadline: TimeSpan?
        @Flag(help: "Say whom it would ask, and change nothing.") var dryRun = false
        @Option(
            name: .customLong("plan"), help: "Start only if the tenants are those that --dry-run named by this hash.")
        var plan: String?
        @Flag(help: "Do not ask.") var yes = false

        func run() async throws {
            guard let selector = selection.selector else {
                throw UsageError("No tenant is selected.", "Give --selector; for every tenant, give --selector ''.")
            }
            let wish = try wish(selector)
            let (plan, yes, dryRun) = (plan, yes, dryRun)
            let reply = try await connection.withService(working: .campaigns) { service in
                let preview = try await service.post("/v1/campaigns", wish.merging(["dry_run": .bool(true)]) { $1 })
                if dryRun { return preview }
                if plan == nil, !yes { try Self.ask(about: preview) }
                let hash = plan.json == .null ? preview["tenants_hash"] : plan.json
                var campaign = try await service.post("/v1/campaigns", wish.merging(["tenants_hash": hash]) { $1 })
                // A service that lives as long as this command makes the first wave's links before it ends.
                let path = "/v1/campaigns/\(campaign["id"].cell.escaped)"
                while campaign["open_waves"].int == 0, campaign["state"].string == "running" {
                    try await Task.sleep(for: .milliseconds(100))
                    campaign = try await service.get(path)
                }
                return campaign
            }
            if dryRun {
                try output.print(
                    reply,
                    [
                        Column("release", "release"), Column("selected", "selected"),
                        Column("already granted", "already_granted"), Column("asked", "tenants"),
                        Column("waves", "waves"), Column("plan", "tenants_hash"),
                    ])
            } else {
                try output.print(reply, CampaignCommand.columns)
            }
        }

        private func wish(_ selector: String) throws(UsageError) -> [String: JSONValue] {
            let reminders = try remind?.split(separator: ",").map { (word) throws(UsageError) -> JSONValue in
                guard let span = TimeSpan(argument: String(word)) else {
                    throw UsageError("The reminders cannot be read.", "Write them as 3d,7d.")
                }
                return .number(Decimal(span.seconds))
            }
            return [
                "name": .string(name), "app": app.json, "release": release.map { .number(Decimal($0)) } ?? .null,
                "selector": .string(selector), "waves": waves.json,
                "wave_every_s": waveEvery.map { .number(Decimal($0.seconds)) } ?? .null,
                "reminders_s": reminders.map { .array($0) } ?? .null,
                "deadline_s": deadline.map { .number(Decimal($0.seconds)) } ?? .null,
            ].compact
        }

        private static func ask(about preview: JSONValue) throws(UsageError) {
            let sentence =
                "\(preview["tenants"].cell) tenants would be asked for release \(preview["release"].cell), in waves of "
                + "\(preview["waves"].cell); \(preview["already_granted"].cell) have granted it already."
            if Terminal.isAttended { Terminal.say(sentence) }
            guard Terminal.agrees("Start it? Type yes: ", to: "yes") else {
                throw UsageError(
                    "Nothing was changed; \(preview["tenants"].cell) tenants are meant.",
                    "Look with --dry-run, then use --yes or --plan \(preview["tenants_hash"].cell).")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the campaigns, newest first.", discussion: "Examples:\n  tenantry campaign list")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let campaigns = try await connection.withService { try await $0.get("/v1/campaigns") }
            try output.print(campaigns["items"], CampaignCommand.columns)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show how far a campaign has come, wave by wave.",
            discussion: "Examples:\n  tenantry campaign show ID\n  tenantry campaign show ID -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its id.") var campaign: String

        func run() async throws {
            let found = try await connection.withService {
                try await $0.get("/v1/campaigns/\(campaign.escaped)")
            }
            guard output.format == .table else { return try output.print(found, CampaignCommand.columns) }
            try output.print(
                found["waves"],
                [Column("wave", "wave"), Column("open", "is_open"), Column("tenants", "tenants")]
                    + MemberState.allCases.map { Column($0.rawValue, "counts.\($0.rawValue)") })
            let deadline = found["deadline_at"].cell
            Terminal.say(
                "tenantry: '\(found["name"].cell)' is \(found["state"].cell); release \(found["release"].cell), "
                    + "\(found["counts"]["granted"].int ?? 0) of \(found["tenants"].cell) granted, until \(deadline)")
        }
    }

    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the tenants of a campaign, with their links.",
            discussion: "Examples:\n  tenantry campaign members ID -o csv > links.csv")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its id.") var campaign: String

        func run() async throws {
            let members = try await connection.withService {
                try await $0.all("/v1/campaigns/\(campaign.escaped)/members")
            }
            try output.print(
                members,
                [
                    Column("tenant", "tenant"), Column("name", "name"), Column("wave", "wave"),
                    Column("state", "state"), Column("reminders", "reminders"), Column("link", "link"),
                    Column("expires", "expires_at"), Column("detail", "detail"),
                ])
        }
    }
}
