import ArgumentParser
import Glibc

/// The command line. Noun, then verb; it speaks the REST API and nothing else.
@main
struct Tenantry: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenantry",
        abstract: "Runs an ISV's daemon app in its customers' Entra ID tenants: consent, tokens, jobs, reports.",
        discussion: """
            A first journey:
              tenantry init
              tenantry serve &
              tenantry app apply -f app.yaml --sign-in
              tenantry credential add myapp --make certificate --sign-in
              tenantry tenant add contoso.com
              tenantry consent link contoso.com
              tenantry report consent

            Exit codes: 0 ok, 1 error, 2 usage, 3 not found, 4 forbidden, 5 finished with failed tenants, 7 findings \
            or drift, 124 wait timed out, 130 interrupted.
            """,
        version: "tenantry 0.1.0",
        subcommands: [
            InitCommand.self, ServeCommand.self, AppCommand.self, CredentialCommand.self, ReleaseCommand.self,
            DoctorCommand.self, FindingCommand.self, TenantCommand.self, GroupCommand.self, ConsentCommand.self,
            CampaignCommand.self, TokenCommand.self, MetricsCommand.self, JobCommand.self, RunCommand.self,
            ReportCommand.self, KeyCommand.self, SealingKeyCommand.self, BackupCommand.self, EventCommand.self,
            WebhookCommand.self, AuditCommand.self, ExplainCommand.self,
        ])

    static func main() async {
        ProcessGuard.protect()
        do {
            try TypedSecret.refuse(in: CommandLine.arguments.dropFirst())
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
        } catch {
            leave(with: error)
        }
    }

    /// Ends the process with the exit code that belongs to the error, its words on standard error.
    private static func leave(with error: any Error) -> Never {
        let failure = CommandFailure(error)
        if let text = failure.message {
            failure.code == 0 ? Terminal.print(text) : Terminal.say(text)
        }
        Glibc.exit(failure.code)
    }
}
