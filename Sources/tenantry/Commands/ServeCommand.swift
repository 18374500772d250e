import ArgumentParser
import FoundationEssentials
import Logging
import SQLiteStore
import Tenancy

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run the service: the consent pages, the operators' API, verification and jobs.",
        discussion: """
            When it is ready it prints one line of JSON with its addresses. Put a TLS-terminating proxy before the \
            public door, and set --public-url to what browsers see.

            Examples:
              tenantry serve
              tenantry serve --public 0.0.0.0:8080 \\
                --public-url https://connect.example.com
            """)

    @OptionGroup var connection: ConnectionOptions
    @Option(name: .customLong("public"), help: "Address of the consent pages. (default: 127.0.0.1:8080)")
    var publicAddress: HostPort?
    @Option(name: .customLong("api"), help: "Address of the operators' API; loopback only. (default: 127.0.0.1:8081)")
    var apiAddress: HostPort?
    @Option(help: "The public door's base URL as browsers reach it. (default: http://localhost:PORT)")
    var publicURL: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let path = connection.directory(environment)
        let settings = try await Settings.read(from: path, environment: environment)
        let logger = try Logger.service(level: settings.logLevel)
        let directory = try DataDirectory.open(
            at: path, key: connection.keyFile(settings), tokens: settings.tokens.file(logger))
        defer { do { try directory.close() } catch { Terminal.say("tenantry: \(error)") } }
        let pages = try (publicAddress ?? HostPort(setting: "listen.public", settings.publicAddress) ?? .defaultPages)
        let api = try (apiAddress ?? HostPort(setting: "listen.api", settings.apiAddress) ?? .defaultAPI)
        guard api.isLoopback else {
            throw UsageError(
                "The operators' API speaks plain HTTP and opens on loopback only.", "Put a TLS proxy before it.")
        }
        let (openPages, openAPI) = (try pages.reserved(), try api.reserved())
        defer { withExtendedLifetime((openPages, openAPI)) {} }
        try await FullService(
            directory: directory, settings: settings,
            publicURL: try PublicURL(publicURL ?? settings.publicURL ?? "http://localhost:\(openPages.address.port)")
                .description,
            pages: openPages.address, api: openAPI.address, logger: logger
        ).run()
    }
}
