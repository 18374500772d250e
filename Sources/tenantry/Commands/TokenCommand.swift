import ArgumentParser
import FoundationEssentials
import Tenancy

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Access tokens, tenant by tenant.", subcommands: [Get.self])

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the app's token for a tenant.",
            discussion: """
                Only a tenant with proven consent gets one. It comes from memory, else from the store, else from the \
                tenant's authority. A pause or quarantine stops jobs, not this: who asks by name gets it.

                Examples:
                  curl -H "Authorization: Bearer $(tenantry token get --tenant contoso.com)" \\
                    https://graph.microsoft.com/v1.0/users
                  tenantry token get --tenant contoso.com --resource api://my-api -o json
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The tenant's GUID or domain.") var tenant: String
        @Option(help: "The API's application ID URI. (default: Microsoft Graph of the app's cloud)") var resource:
            String?
        @Option(help: "The app, when there are several.") var app: String?
        @Option(help: "The token must live that much longer: 5m.") var minValid: TimeSpan?

        func run() async throws {
            let body: [String: JSONValue] = [
                "tenant": .string(tenant), "resource": resource.json, "app": app.json,
                "min_valid_s": minValid.map { .number(Decimal($0.seconds)) } ?? .null,
            ].compact
            let token = try await connection.withService { try await $0.post("/v1/tokens", body) }
            guard output.format == .table else {
                let columns = ["tenant", "resource", "expires_at", "access_token"].map { Column($0, $0) }
                return try output.print(token, columns)
            }
            Terminal.print(token["access_token"].cell)
        }
    }
}
