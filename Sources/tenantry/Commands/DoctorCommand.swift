import ArgumentParser
import Tenancy

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look the registrations over: are they ready for customers' tenants?",
        discussion: """
            Audience, redirect URI (fitting and answered), credentials and their end, whether the authority is one of \
            Microsoft Entra ID, this machine's clock against the authority's, permissions without a reason. Exit code 7 \
            when there is something to act on.

            Examples:
              tenantry doctor
              tenantry doctor --app fleet -o json
            """)
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: OutputOptions
    @Option(help: "The app; all of them when absent.") var app: String?

    func run() async throws {
        let path = "/v1/doctor" + app.query("app")
        let checks = try await connection.withService { try await $0.get(path) }["items"]
        try output.print(
            checks,
            [
                Column("app", "app"), Column("check", "check"), Column("verdict", "verdict"),
                Column("detail", "detail"),
                Column("next", "next_step"),
            ])
        if checks.rows.isEmpty { Terminal.say("tenantry: no app is known here yet") }
        if checks.rows.contains(where: { $0["verdict"].string == "finding" }) { throw ExitCode(7) }
    }
}

struct FindingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "finding", abstract: "Explained problems: what is wrong, since when, who must act.",
        subcommands: [List.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List what is wrong now. Exit code 7 when anything is.",
            discussion: "Examples:\n  tenantry finding list\n  tenantry finding list -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let items = try await connection.withService { try await $0.get("/v1/findings") }["items"]
            try output.print(
                items,
                [
                    Column("code", "code"), Column("app", "app"), Column("since", "since"),
                    Column("who must act", "who_must_act"), Column("detail", "detail"), Column("next", "next_step"),
                ])
            if !items.rows.isEmpty { throw ExitCode(7) }
        }
    }
}
