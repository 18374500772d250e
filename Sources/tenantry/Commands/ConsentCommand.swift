import ArgumentParser
import FoundationEssentials
import Tenancy

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "Admin consent: links, proof, status.",
        subcommands: [Link.self, Links.self, Cancel.self, DismissConflict.self, Verify.self, Status.self])

    static let columns = [
        Column("tenant", "tenant"), Column("name", "name"), Column("app", "app"), Column("state", "state"),
        Column("since", "since"), Column("granted", "granted"), Column("missing", "missing"),
        Column("who must act", "who_must_act"), Column("note", "note.detail"),
    ]

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at the tenant's authority whether the consent is there.",
            discussion: """
                With --wait it waits until the administrator has answered and consent is proven or disproven, or the \
                time is over (exit code 124).

                Examples:
                  tenantry consent verify contoso.com
                  tenantry consent verify contoso.com --wait 2m
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or domain.") var tenant: String
        @Option(help: "The app, when there are several.") var app: String?
        @Option(help: "Wait that long for a final answer: 30s, 2m.") var wait: TimeSpan?

        func run() async throws {
            let body = ["app": app.json].compact
            let (path, query) = ("/v1/tenants/\(tenant.escaped)", app.query("app"))
            let deadline = ContinuousClock.now + .seconds(wait?.seconds ?? 0)
            let (status, isSettled) = try await connection.withService(working: wait == nil ? nil : .checks) {
                service in
                var status = try await service.post(path + "/verify", body)
                while wait != nil, !Self.isSettled(status), ContinuousClock.now < deadline {
                    Terminal.progress("waiting for \(tenant): \(status["state"].cell)")
                    try await Task.sleep(for: .milliseconds(250))
                    status = try await service.get(path + "/consent" + query)
                }
                return (status, Self.isSettled(status))
            }
            Terminal.progress("")
            try output.print(status, ConsentCommand.columns)
            if wait != nil, !isSettled { throw ExitCode(124) }
        }

        /// Whether no further look is due, and the administrator has answered at all.
        private static func isSettled(_ status: JSONValue) -> Bool {
            status["next_check_at"] == .null && !["none", "invited"].contains(status["state"].cell)
        }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who has consented to what, for one tenant or for all.",
            discussion: "Examples:\n  tenantry consent status\n  tenantry consent status contoso.com -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "The tenant's GUID or domain; all tenants when absent.") var tenant: String?
        @Option(help: "The app, when there are several.") var app: String?

        func run() async throws {
            let query = app.query("app")
            let status = try await connection.withService { service in
                guard let tenant else { return try await service.all("/v1/consent" + query) }
                return try await service.get("/v1/tenants/\(tenant.escaped)/consent" + query)
            }
            try output.print(status, ConsentCommand.columns)
        }
    }
}

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Reports over all tenants.", subcommands: [Consent.self])

    struct Consent: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Who has consented to what, and whose move it is.",
            discussion: "Examples:\n  tenantry report consent\n  tenantry report consent -o csv > consent.csv")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The app, when there are several.") var app: String?

        func run() async throws {
            let rows = try await connection.withService { try await $0.all("/v1/consent" + app.query("app")) }
            try output.print(rows, ConsentCommand.columns)
            let states = Dictionary(grouping: rows.rows) { $0["state"].cell }.mapValues(\.count)
            let summary = states.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
            Terminal.say("tenantry: \(rows.rows.count) tenants: \(summary.joined(separator: ", "))")
        }
    }
}
