import ArgumentParser
import EntraClient
import FoundationEssentials
import Glibc
import SQLiteStore
import Tenancy

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make the data directory: database, sealing key, settings.",
        discussion: """
            The key file opens the stored credentials and tokens. Back it up apart from the database.

            Examples:
              tenantry init
              tenantry init --data /var/lib/tenantry \\
                --public-url https://connect.example.com
              tenantry init --authority https://localhost:8443 \\
                --graph https://localhost:8444 --authority-ca ca.pem
            """)

    @OptionGroup var connection: ConnectionOptions
    @Option(help: "The public door's base URL as browsers reach it.")
    var publicURL: String?
    @Option(help: "A login authority of your own in the place of Microsoft's public cloud, such as the emulator.")
    var authority: String?
    @Option(help: "The Graph root that belongs to --authority.")
    var graph: String?
    @Option(help: "PEM file with a further certificate authority to trust for --authority and --graph.")
    var authorityCA: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let path = connection.directory(environment)
        try check()
        try SocketPath.checkLength(of: path + "/tenantry.sock")
        // An empty directory that somebody made for this is closed to others; one with contents is not ours to change.
        if (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty == true { chmod(path, 0o700) }
        let keyFile = (connection.keyFile ?? environment["TENANTRY_KEY_FILE"]).map(Self.absolute)
        try DataDirectory.create(at: path, key: keyFile)
        let file = path + "/tenantry.yaml"
        if FileManager.default.fileExists(atPath: file) {
            Terminal.say("tenantry: kept the settings that were there: \(file)")
        } else {
            try Data(settings(keyFile: keyFile).utf8).write(to: URL(filePath: file), options: .atomic)
        }
        Terminal.say("tenantry: made \(path). Next: tenantry app apply, or tenantry app add")
    }

    /// Refuses what every later command would refuse.
    private func check() throws {
        if let publicURL { _ = try PublicURL(publicURL) }
        guard (authority == nil) == (graph == nil) else {
            throw UsageError("A custom authority and a custom Graph root belong together.", "Give both, or neither.")
        }
        if let authorityCA {
            let pem = String(decoding: try Input.bytes(authorityCA, limit: 1_048_576), as: UTF8.self)
            guard pem.contains("-----BEGIN CERTIFICATE-----") else {
                throw UsageError("'\(authorityCA)' holds no certificate.", "Give --authority-ca a PEM file.")
            }
        }
        if let authority, let graph { _ = try CloudTable(custom: authority, graph: graph) }
    }

    private func settings(keyFile: String?) -> String {
        func line(_ key: String, _ value: String?, _ example: String) -> String {
            value.map { "\(key): \(Self.quoted($0))" } ?? "# \(key): \(example)"
        }
        let entra = authority == nil && graph == nil && authorityCA == nil
        return """
            # Settings of this data directory. Flags and TENANTRY_* go before them.
            \(line("public_url", publicURL, "https://connect.example.com"))
            \(line("key_file", keyFile, "/elsewhere/tenantry.key"))
            # listen:
            #   public: 127.0.0.1:8080
            #   api: 127.0.0.1:8081
            \(entra ? "# " : "")entra:
              \(line("authority", authority, "https://localhost:8443"))
              \(line("graph", graph, "https://localhost:8444"))
              \(line("ca_file", authorityCA.map(Self.absolute), "/path/ca.pem"))

            """
    }

    private static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }

    /// A double-quoted YAML scalar.
    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").filter { !$0.isNewline } + "\""
    }
}
