import ArgumentParser
import FoundationEssentials
import Tenancy

struct AppCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app", abstract: "The app registrations that are known here.",
        subcommands: [Add.self, List.self, Show.self])

    fileprivate static let columns = [
        Column("name", "name"), Column("client id", "client_id"), Column("cloud", "cloud"),
        Column("release", "release"), Column("credential", "credential.kind"),
        Column("expires", "credential.expires_at"), Column("redirect uri", "redirect_uri"),
    ]

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an existing Entra registration known.",
            discussion: """
                The credential comes from standard input (-) or a file, never as an argument. It is sealed at once and
                never shown again. Certificates: PEM with certificate and key, or PKCS#12.

                Examples:
                  tenantry app add sync --client-id GUID --secret-file - \\
                    --display-name 'Contoso Sync' --permission 'User.Read.All=lists the people in your directory'
                  tenantry app add sync --client-id GUID --certificate-file app.pem --permission User.Read.All
                  tenantry app add sync --client-id GUID --pkcs12-file app.p12 --passphrase-file pass.txt ...
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "A short name: a-z, 0-9 and '-'.") var name: String
        @Option(name: .customLong("client-id"), help: "The application (client) id of the registration.") var clientID:
            String
        @Option(help: "What customers read; the short name when absent.") var displayName: String?
        @Option(help: "public, usgov, dod or china.") var cloud: String = "public"
        @Option(
            name: .customLong("redirect-uri"),
            help: "The registered consent callback. (default: <public-url>/consent/callback)")
        var redirectURI: String?
        @Option(name: .customLong("permission"), help: "ROLE or ROLE=REASON; an application permission. Repeatable.")
        var permissions: [String] = []
        @Option(help: "The API that issues the permissions. (default: Microsoft Graph of the cloud)") var resource:
            String?
        @Option(help: "File with the client secret; - for standard input.") var secretFile: String?
        @Option(help: "PEM file with certificate and private key; - for standard input.") var certificateFile: String?
        @Option(name: .customLong("pkcs12-file"), help: "PKCS#12 file; - for standard input.") var pkcs12File: String?
        @Option(help: "File with the passphrase of the key or PKCS#12 file.") var passphraseFile: String?
        func run() async throws {
            let body: [String: JSONValue] = [
                "name": .string(name), "client_id": .string(clientID), "cloud": .string(cloud),
                "display_name": displayName.json, "redirect_uri": redirectURI.json,
                "permissions": .array(permissions.map(permission)), "credential": .object(try credential()),
            ].compact
            let app = try await connection.withService { try await $0.post("/v1/apps", body) }
            try output.print(app, AppCommand.columns)
        }

        private func permission(_ text: String) -> JSONValue {
            let parts = text.split(separator: "=", maxSplits: 1)
            let fields: [String: JSONValue] = [
                "role": .string(String(parts.first ?? "")),
                "reason": parts.count > 1 ? .string(String(parts[1])) : .null,
                "resource": resource.json,
            ]
            return .object(fields.compact)
        }

        private func credential() throws -> [String: JSONValue] {
            let passphrase: JSONValue = try passphraseFile.map { .string(try Input.secret($0).exposed) } ?? .null
            switch (secretFile, certificateFile, pkcs12File) {
            case (let file?, nil, nil): return ["secret": .string(try Input.secret(file).exposed)]
            case (nil, let file?, nil):
                let pem = String(decoding: try Input.bytes(file, limit: 1_048_576), as: UTF8.self)
                return ["pem": .string(pem), "passphrase": passphrase].compact
            case (nil, nil, let file?):
                let bytes = Data(try Input.bytes(file, limit: 1_048_576))
                return ["pkcs12": .string(bytes.base64EncodedString()), "passphrase": passphrase].compact
            default:
                throw UsageError(
                    "An app needs exactly one credential.",
                    "Give one of --secret-file, --certificate-file and --pkcs12-file.")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the apps.", discussion: "Examples:\n  tenantry app list\n  tenantry app list -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions

        func run() async throws {
            let reply = try await connection.withService { try await $0.get("/v1/apps") }
            try output.print(reply["items"], AppCommand.columns)
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one app.", discussion: "Examples:\n  tenantry app show sync -o json")
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its name.") var name: String

        func run() async throws {
            let app = try await connection.withService { try await $0.get("/v1/apps/\(name.escaped)") }
            try output.print(app, AppCommand.columns)
        }
    }
}
