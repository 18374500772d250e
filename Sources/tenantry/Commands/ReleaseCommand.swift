import ArgumentParser
import Tenancy

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Numbered lists of what customers are asked for.",
        subcommands: [Create.self, List.self, Diff.self, Publish.self])

    fileprivate static let columns = [
        Column("number", "number"), Column("state", "state"), Column("created", "created_at"),
        Column("published", "published_at"), Column("permissions", "roles"),
    ]

    /// With the roles as one column.
    fileprivate static func row(_ release: JSONValue) -> JSONValue {
        guard case .object(var members) = release else { return release }
        members["roles"] = .array(release["permissions"].rows.map { $0["role"] })
        return .object(members)
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make the permissions of a spec the draft of the next release.",
            discussion: """
                `tenantry app apply` does so by itself. A draft replaces an earlier draft; what was published never \
                changes.

                Examples:
                  tenantry release create -f app.yaml
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Option(name: .shortAndLong, help: "The spec, YAML; - for standard input.") var file: String

        func run() async throws {
            let spec = try SpecFile(file)
            let app = spec.json["name"].cell
            let release = try await connection.withService { service in
                try await spec.explaining {
                    try await service.post("/v1/apps/\(app.escaped)/releases", ["spec": spec.json])
                }
            }
            try output.print(output.format == .json ? release : ReleaseCommand.row(release), ReleaseCommand.columns)
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List an app's releases.", discussion: "Examples:\n  tenantry release list fleet")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The app's name.") var app: String

        func run() async throws {
            let path = "/v1/apps/\(app.escaped)/releases"
            let items = try await connection.withService { try await $0.get(path) }["items"]
            try output.print(
                output.format == .json ? items : .array(items.rows.map(ReleaseCommand.row)), ReleaseCommand.columns)
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a customer will newly be asked, and why.",
            discussion: """
                From the newest published release to the draft, unless said otherwise.

                Examples:
                  tenantry release diff fleet
                  tenantry release diff fleet --from 1 --to 3 -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The app's name.") var app: String
        @Option(help: "The number of a release.") var from: Int?
        @Option(help: "The number of a release.") var to: Int?

        func run() async throws {
            let query = [from.map { "from=\($0)" }, to.map { "to=\($0)" }].compactMap { $0 }.joined(separator: "&")
            let path = "/v1/apps/\(app.escaped)/release-difference" + (query.isEmpty ? "" : "?" + query)
            let difference = try await connection.withService { try await $0.get(path) }
            if output.format == .json { return try output.print(difference, []) }
            let rows = [("asked anew", "added"), ("no longer asked", "removed"), ("another reason", "reworded")].flatMap
            {
                change, member in
                difference[member].rows.map { permission in
                    JSONValue.object([
                        "change": .string(change), "role": permission["role"], "reason": permission["reason"],
                        "resource": permission["resource"],
                    ])
                }
            }
            Terminal.say("tenantry: release \(difference["from"].cell) to \(difference["to"].cell)")
            if rows.isEmpty { return Terminal.say("tenantry: they ask for the same") }
            try output.print(
                .array(rows),
                [
                    Column("change", "change"), Column("role", "role"), Column("reason", "reason"),
                    Column("resource", "resource"),
                ])
        }
    }

    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish the draft: from now on customers are asked for it.",
            discussion: """
                Those who granted less are `behind`; what they granted goes on working. The registration must ask for \
                everything in it: apply the spec first.

                Examples:
                  tenantry release diff fleet
                  tenantry release publish fleet 2
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The app's name.") var app: String
        @Argument(help: "The draft's number; whatever draft there is when absent.") var number: Int?

        func run() async throws {
            let path = "/v1/apps/\(app.escaped)/releases/\(number.map(String.init) ?? "draft")/publish"
            let release = try await connection.withService { try await $0.post(path, [:]) }
            try output.print(output.format == .json ? release : ReleaseCommand.row(release), ReleaseCommand.columns)
        }
    }
}
