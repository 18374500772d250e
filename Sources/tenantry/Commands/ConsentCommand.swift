import ArgumentParser
import FoundationEssentials
import Tenancy

struct ConsentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consent", abstract: "Admin consent: links, proof, status.",
        subcommands: [Link.self, Links.self, Cancel.self, DismissConflict.self, Verify.self, Status.self, Watch.self])

    static let columns = [
        Column("tenant", "tenant"), Column("name", "name"), Column("app", "app"), Column("state", "state"),
        Column("since", "since"), Column("granted", "granted"), Column("missing", "missing"),
        Column("who must act", "who_must_act"), Column("release", "release"), Column("evidence", "evidence_at"),
        Column("note", "note.detail"),
    ]

    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Look at the tenant's authority whether the consent is there.",
            discussion: """
                With --wait it waits until the administrator has answered and consent is proven or disproven, or the \
                time is over (exit code 124). Exit code 5 says that no whole release is proven.

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
            if !["granted", "behind"].contains(status["state"].cell) { throw ExitCode(5) }
        }

        /// Whether no further look is due, and the administrator has answered at all.
        private static func isSettled(_ status: JSONValue) -> Bool {
            status["next_check_at"] == .null && !["none", "invited"].contains(status["state"].cell)
        }
    }

    struct Watch: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Follow the changes of consent: `tenantry event watch --type 'consent.*'`.",
            discussion: """
                Examples:
                  tenantry consent watch
                  tenantry consent watch --tenant contoso.com --until consent.granted --timeout 15m
                """)
        @OptionGroup var watching: EventWatch

        func run() async throws { try await watching.run(type: EventPattern.ofConsent) }
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show who has consented to what, for one tenant, for some or for all.",
            discussion: """
                Examples:
                  tenantry consent status
                  tenantry consent status contoso.com -o json
                  tenantry consent status --selector ring=canary --state 'claimed|verifying'
                  tenantry consent status --who-must-act customer_admin -o csv
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var filter: StatusFilter
        @Argument(help: "The tenant's GUID or domain; all tenants when absent.") var tenant: String?

        func run() async throws {
            if tenant != nil, filter.isNarrowed {
                throw UsageError("Both a tenant and a selection are given.", "Use one of them.")
            }
            let filter = filter
            let status = try await connection.withService { service in
                guard let tenant else { return try await service.all("/v1/consent" + filter.query) }
                return try await service.get("/v1/tenants/\(tenant.escaped)/consent" + filter.app.query("app"))
            }
            try output.print(status, ConsentCommand.columns)
        }
    }
}

/// Which rows of the consent report are wanted.
struct StatusFilter: ParsableArguments {
    @Option(help: "The app, when there are several.") var app: String?
    @OptionGroup var selection: SelectorOption
    @Option(help: "Only these states, separated by bars: granted, 'claimed|verifying'.") var state: String?
    @Option(help: "Only where it is that person's move: you, customer_admin, microsoft or nobody_wait.")
    var whoMustAct: String?
    @Option(name: .customLong("search"), help: "Only names and domains that contain this.") var text: String?

    var isNarrowed: Bool { selection.selector != nil || state != nil || whoMustAct != nil || text != nil }

    var query: String {
        tenantry.query([
            ("app", app), ("selector", selection.selector), ("state", state), ("who_must_act", whoMustAct), ("q", text),
        ])
    }
}
