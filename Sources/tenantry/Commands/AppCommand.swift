import ArgumentParser
import Tenancy

struct AppCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app", abstract: "App registrations: kept by a spec, or brought as they are.",
        subcommands: [
            Plan.self, Apply.self, Drift.self, Export.self, Delete.self, Permissions.self, Add.self, List.self,
            Show.self, Set.self,
        ])

    static let columns = [
        Column("name", "name"), Column("client id", "client_id"), Column("cloud", "cloud"),
        Column("audience", "audience"), Column("release", "release"), Column("credential", "credential.kind"),
        Column("expires", "credential.expires_at"), Column("redirect uri", "redirect_uri"),
    ]

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an existing Entra registration known.",
            discussion: """
                To have it created and kept, see `tenantry app apply`. The credential comes from standard input (-) or \
                a file, never as an argument. It is sealed at once and never shown again.

                Examples:
                  tenantry app add sync --client-id GUID --secret-file - \\
                    --display-name 'Contoso Sync' \\
                    --permission 'User.Read.All=lists the people in your directory'
                  tenantry app add sync --client-id GUID --certificate-file app.pem \\
                    --permission User.Read.All
                  tenantry app add registrar --client-id GUID --secret-file - \\
                    --audience AzureADMyOrg --home-tenant isv.example \\
                    --permission Application.ReadWrite.OwnedBy
                """)

        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @OptionGroup var brought: BroughtCredentialOptions
        @Argument(help: "A short name: a-z, 0-9 and '-'.") var name: String
        @Option(name: .customLong("client-id"), help: "The application (client) id of the registration.") var clientID:
            String
        @Option(help: "What customers read; the short name when absent.") var displayName: String?
        @Option(help: "public, usgov, dod or china.") var cloud: String = "public"
        @Option(help: "AzureADMultipleOrgs for customers' tenants, AzureADMyOrg for its own alone.")
        var audience: String = "AzureADMultipleOrgs"
        @Option(help: "Where it is registered: GUID or domain. Needed to rotate its credentials.")
        var homeTenant: String?
        @Option(
            name: .customLong("redirect-uri"),
            help: "The registered consent callback. (default: <public-url>/consent/callback)")
        var redirectURI: String?
        @Option(name: .customLong("permission"), help: "ROLE or ROLE=REASON; an application permission. Repeatable.")
        var permissions: [String] = []
        @Option(help: "The API that issues the permissions. (default: Microsoft Graph of the cloud)") var resource:
            String?

        func run() async throws {
            let body: [String: JSONValue] = [
                "name": .string(name), "client_id": .string(clientID), "cloud": .string(cloud),
                "audience": .string(audience), "home_tenant": homeTenant.json,
                "display_name": displayName.json, "redirect_uri": redirectURI.json,
                "permissions": .array(permissions.map(permission)),
            ].compact
            let credential = try brought.json()
            let app = try await connection.withService { service in
                try await brought.sending(credential) { credential in
                    try await service.post("/v1/apps", body.merging(["credential": .object(credential)]) { $1 })
                }
            }
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

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change how consent to an app is proven.",
            discussion: """
                With 'required', the customer's administrator signs in after saying yes, and the consent counts only \
                then: a Global Administrator or Privileged Role Administrator of that very tenant. Entra tells the \
                roles when the registration's groupMembershipClaims is DirectoryRole; else any account of the tenant \
                counts, and the evidence says so. Tenants that are granted already stay so.

                Examples:
                  tenantry app set sync --administrator-sign-in required
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Argument(help: "Its name.") var name: String
        @Option(help: "off or required.") var administratorSignIn: String

        func run() async throws {
            let app = try await connection.withService {
                try await $0.patch(
                    "/v1/apps/\(name.escaped)", ["administrator_sign_in": .string(administratorSignIn)])
            }
            try output.print(app, AppCommand.columns + [Column("sign-in", "administrator_sign_in")])
        }
    }

    struct Permissions: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "permissions",
            abstract: "Look application permissions of Microsoft Graph up in the built-in catalogue.",
            discussion: """
                Needs no data directory and no network. The directory knows more: `tenantry app plan` asks it.

                Examples:
                  tenantry app permissions
                  tenantry app permissions user.read -o json
                """)
        @OptionGroup var output: OutputOptions
        @Argument(help: "Part of a name.") var text: String = ""

        func run() async throws {
            let rows = PermissionCatalogue.graphRoles.filter {
                text.isEmpty || $0.value.lowercased().contains(text.lowercased())
            }.map { role in
                JSONValue.object(
                    [
                        "api": .string("Microsoft Graph"), "role": .string(role.value),
                        "id": .string(role.id.description),
                        "warning": PermissionCatalogue.selfEscalating[role.value].json,
                    ].compact)
            }
            try output.print(
                .array(rows), [Column("role", "role"), Column("id", "id"), Column("warning", "warning")])
        }
    }
}
