import ArgumentParser
import EntraEmulator

/// The command line of the emulator.
@main
struct EntraEmulatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entra-emulator",
        abstract: "A stand-in for Microsoft Entra ID and Microsoft Graph, for tests. Not for production.",
        discussion:
            "Keeps everything in memory and makes new keys each start. Prints one line of JSON when it listens. "
            + "Replies vary within what the protocol allows, to find clients that depend on more."
    )

    @Option(help: "Applications and tenants to begin with, a JSON file.")
    var scenario: String?

    @Option(help: "Where the login authority listens.")
    var login = "localhost:8443"

    @Option(help: "Where Microsoft Graph listens.")
    var graph = "localhost:8444"

    @Option(help: "Where the control plane listens, on a loopback address.")
    var control = "127.0.0.1:8445"

    @Option(help: "Where to write the certificate of the emulator's authority, for clients to trust.")
    var caFile: String?

    @Option(help: "Where to write the line of JSON too.")
    var readyFile: String?

    @Option(
        help: ArgumentHelp(
            "What the variation of replies follows from; drawn and printed if not given.", valueName: "n"))
    var chaosSeed: UInt32?

    @Flag(help: "Answer the same request the same way each time.")
    var noChaos = false

    @Option(help: "The share of token and Graph requests that fail, from 0 to 1.")
    var trouble: Double?

    @Option(help: "The share of consent and sign-in pages that fail, from 0 to 1.")
    var consentTrouble: Double?

    @Flag(help: "Say nothing on standard error.")
    var quiet = false

    func run() async throws {
        let launch = EmulatorLaunch(
            scenarioFile: scenario, login: login, graph: graph, control: control, caFile: caFile, readyFile: readyFile,
            chaosSeed: chaosSeed, isVarying: !noChaos, trouble: trouble, consentTrouble: consentTrouble,
            isQuiet: quiet)
        throw ExitCode(await launch.run())
    }
}
