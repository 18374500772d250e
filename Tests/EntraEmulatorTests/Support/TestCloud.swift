import EntraEmulator
import Foundation
import Logging

/// A running emulator with one application and a few tenants, for one test.
struct TestCloud: Sendable {
    static let clientID = "11111111-2222-4333-8444-555555555555"
    static let secret = "s3cret~with+odd/&=characters"
    static let contoso = "aaaaaaaa-0000-4000-8000-000000000001"
    static let fabrikam = "aaaaaaaa-0000-4000-8000-000000000002"
    static let graphScope = "https://graph.microsoft.com/.default"
    static let redirect = "http://localhost/consent/callback"

    let wire: WireClient
    let clock: ManualClock

    var login: String { wire.addresses.login }
    var graph: String { wire.addresses.graph }

    /// Starts an emulator, runs `body`, and stops it.
    static func run(
        _ text: String = scenario, chaos: ChaosConfiguration? = nil, _ body: @Sendable (TestCloud) async throws -> Void
    ) async throws {
        let clock = ManualClock()
        let scenario = try Scenario(json: Array(Data(text.utf8)))
        let configuration = EmulatorConfiguration(
            scenario: scenario, clock: clock.wallClock, keys: try keys.get(), chaos: chaos,
            logger: silent)
        try await Emulator(configuration).run { addresses in
            try await body(TestCloud(wire: WireClient(addresses), clock: clock))
        }
    }

    /// Made once: what is tested here does not depend on fresh keys, and making them takes most of a start.
    private static let keys = Result { try SigningKeys(now: Date(timeIntervalSince1970: 1_800_000_000)) }

    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    // MARK: Tokens

    /// Asks for a token with these fields changed; `nil` leaves one out.
    func token(
        tenant: String = contoso, _ changes: [String: String?] = [:], v1: Bool = false,
        headers: [(String, String)] = []
    ) async throws -> Reply {
        var fields: [String: String?] = [
            "grant_type": "client_credentials", "client_id": Self.clientID, "client_secret": Self.secret,
        ]
        fields[v1 ? "resource" : "scope"] = v1 ? "https://graph.microsoft.com" : Self.graphScope
        fields.merge(changes) { $1 }
        let form = fields.compactMap { name, value in value.map { (name, $0) } }
        return try await wire.post(
            "\(login)/\(tenant)/oauth2/\(v1 ? "" : "v2.0/")token", form: form, headers: headers)
    }

    // MARK: Consent

    /// An admin-consent link with these parameters changed; `nil` leaves one out.
    func consentLink(tenant: String = contoso, v1: Bool = false, _ changes: [String: String?] = [:]) -> String {
        var fields: [String: String?] = [
            "client_id": Self.clientID, "redirect_uri": "http://localhost:5000/consent/callback", "state": "st-1",
        ]
        if !v1 { fields["scope"] = Self.graphScope }
        fields.merge(changes) { $1 }
        let query = fields.compactMap { name, value in
            value.map { "\(name)=\($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")" }
        }
        return "\(login)/\(tenant)/\(v1 ? "" : "v2.0/")adminconsent?\(query.joined(separator: "&"))"
    }

    /// Lets the tenant's administrator decide; `nil` as the scenario says.
    func consent(
        tenant: String = contoso, decision: String? = nil, link: String? = nil, account: String? = nil,
        callback: [String: Any]? = nil
    ) async throws -> [String: Any] {
        var body: [String: Any] = ["url": link ?? consentLink(tenant: tenant)]
        body["decision"] = decision
        body["account"] = account
        body["callback"] = callback
        return try await wire.control("POST", "/consent", body).json
    }

    /// Consents and gets a token with its roles.
    func grantedToken(tenant: String = contoso) async throws -> String {
        _ = try await consent(tenant: tenant, decision: "approve")
        return try await token(tenant: tenant).accessToken
    }

    static let scenario = """
        {"resources": [{"app_id": "cccccccc-0000-4000-8000-000000000001", "identifiers": ["api://orders"]}],
         "apps": [
          {"client_id": "\(clientID)", "display_name": "Fleet <b>Sync</b>", "home_tenant": "publisher.example",
           "redirect_uris": ["\(redirect)", "https://app.example", "https://app.example/back?x=1"],
           "secrets": [{"value": "\(secret)"}, {"value": "old", "expires": "2020-01-01T00:00:00Z"}],
           "permissions": [
            {"resource": "https://graph.microsoft.com", "roles": ["User.Read.All", "Organization.Read.All"]},
            {"resource": "api://orders", "roles": ["Orders.Read"]}]},
          {"client_id": "11111111-2222-4333-8444-666666666666", "audience": "AzureADMyOrg",
           "home_tenant": "fabrikam.example", "redirect_uris": ["\(redirect)"], "secrets": [{"value": "one"}],
           "permissions": [{"resource": "https://graph.microsoft.com", "roles": ["User.Read.All"]}]},
          {"client_id": "11111111-2222-4333-8444-777777777777", "redirect_uris": ["\(redirect)"]}],
         "tenants": [
          {"id": "\(contoso)", "domains": ["contoso.example", "www.contoso.example"], "display_name": "Contoso",
           "users": 12},
          {"id": "\(fabrikam)", "domains": ["fabrikam.example"], "users": [
            {"display_name": "Ada Admin", "user_principal_name": "Ada@fabrikam.example", "role": "global_administrator"},
            {"display_name": "Cleo Cloud", "user_principal_name": "cleo@fabrikam.example",
             "role": "cloud_application_administrator"},
            {"display_name": "Norm User", "user_principal_name": "norm@fabrikam.example"}]},
          {"domains": ["declines.example"], "administrator": "declines"},
          {"domains": ["ignores.example"], "administrator": "ignores"},
          {"domains": ["slow.example"], "roles_delay_seconds": 30, "service_principal_delay_seconds": 10},
          {"domains": ["blocked.example"], "blocked": true},
          {"domains": ["gov.example"], "cloud": "usgov"},
          {"domains": ["dod.example"], "cloud": "usgov_dod"},
          {"domains": ["china.example"], "cloud": "china"}]}
        """
}
