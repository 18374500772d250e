import ArgumentParser
import FoundationEssentials
import OpenSSLCrypto
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

                Without --min-valid it lives five minutes more, or is, while the authority is out, what there is. With \
                it, it lives that much longer, or is as new as can be, or the command fails.

                Examples:
                  curl -H "Authorization: Bearer $(tenantry token get --tenant contoso.com)" \\
                    https://graph.microsoft.com/v1.0/users
                  tenantry token get --tenant contoso.com --resource api://my-api -o json
                  tenantry token get --tenant contoso.com --decode
                  tenantry token get --tenant contoso.com --not - < refused-token.txt
                """)
        @OptionGroup var connection: ConnectionOptions
        @OptionGroup var output: OutputOptions
        @Option(help: "The tenant's GUID or domain.") var tenant: String
        @Option(help: "The API's application ID URI. (default: Microsoft Graph of the app's cloud)") var resource:
            String?
        @Option(help: "The app, when there are several.") var app: String?
        @Option(help: "The token must live that much longer: 5m; up to 24h.") var minValid: TimeSpan?
        @Option(
            help: ArgumentHelp(
                "Another token than the one that was refused, named by its SHA-256; - reads it from standard input.",
                valueName: "sha256:…|-"))
        var not: String?
        @Option(
            help: ArgumentHelp(
                "What the API demands beyond: the claims of its WWW-Authenticate header, as they are there or as JSON.",
                valueName: "claims"))
        var claims: String?
        @Flag(help: "Print the claims of the token, not the token.") var decode = false

        func run() async throws {
            let body: [String: JSONValue] = [
                "tenant": .string(tenant), "resource": resource.json, "app": app.json,
                "min_valid_s": minValid.map { .number(Decimal($0.seconds)) } ?? .null,
                "not": try rejected().json, "claims": try challenge().json,
            ].compact
            let token = try await connection.withService { try await $0.post("/v1/tokens", body) }
            if decode { return try printClaims(of: token["access_token"].cell) }
            guard output.format == .table else {
                let columns = ["tenant", "resource", "expires_at", "access_token"].map { Column($0, $0) }
                return try output.print(token, columns)
            }
            Terminal.print(token["access_token"].cell)
        }

        private func rejected() throws(UsageError) -> String? {
            guard let not else { return nil }
            if not == "-" {
                let bytes = Array(try Input.secret("-").exposed.utf8)
                return TokenDigest(Digest.sha256(bytes))?.description
            }
            guard let digest = TokenDigest(not) else {
                throw UsageError(
                    "What follows --not names no token.",
                    "Give sha256: and 64 hexadecimal digits, or - and the token on standard input. If you typed the "
                        + "token itself, consider it exposed.")
            }
            return digest.description
        }

        private func challenge() throws(UsageError) -> String? {
            guard let claims else { return nil }
            guard let challenge = ClaimsChallenge(claims) else {
                throw UsageError(
                    "What follows --claims is neither a JSON object nor the Base64 of one.",
                    "Copy the claims of the WWW-Authenticate header as they are; 8 KiB at most.")
            }
            return challenge.json
        }

        private func printClaims(of token: String) throws {
            guard let claims = JWT.payload([String: JSONValue].self, of: token) else {
                throw UsageError("The token has no claims that could be read.", "Leave --decode away.")
            }
            if output.format == .json { return Terminal.print(try JSONValue.object(claims).prettyText()) }
            let rows = claims.sorted { $0.key < $1.key }.map { name, value in
                JSONValue.object(["claim": .string(name), "value": Self.shown(name, value)])
            }
            try output.print(.array(rows), [Column("claim", "claim"), Column("value", "value")])
        }

        /// Times as people read them.
        private static func shown(_ name: String, _ value: JSONValue) -> JSONValue {
            guard ["exp", "iat", "nbf"].contains(name), let seconds = value.int else { return value }
            return .string(Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601))
        }
    }
}
