import EntraEmulator
import Foundation
import Testing

/// A running emulator with the tenant of a publisher, and applications of several rights in it.
struct Publisher: Sendable {
    /// An application of the publisher's tenant, with a secret of the same name.
    enum App: String, CaseIterable, Sendable {
        /// Application.ReadWrite.OwnedBy
        case owner = "11111111-2222-4333-8444-000000000001"
        /// Application.ReadWrite.All, AppRoleAssignment.ReadWrite.All
        case admin = "11111111-2222-4333-8444-000000000002"
        /// Application.Read.All
        case reader = "11111111-2222-4333-8444-000000000003"
        /// No permission at all; it holds a certificate.
        case plain = "11111111-2222-4333-8444-000000000004"
    }

    static let tenant = "bbbbbbbb-0000-4000-8000-000000000001"
    static let customer = "bbbbbbbb-0000-4000-8000-000000000002"
    /// A public client that ``App/owner`` owns from the start.
    static let ownedID = "11111111-2222-4333-8444-000000000008"
    static let graphAppID = "00000003-0000-0000-c000-000000000000"
    static let userReadAll = "df021288-bdef-4463-88db-98f22de89214"

    let cloud: TestCloud

    /// - Parameter knobs: further members of the scenario, such as `"replication_delay_seconds": 0`.
    static func run(
        _ knobs: String = #""replication_delay_seconds": 0, "secret_propagation_scale": 0"#,
        _ body: @Sendable (Publisher) async throws -> Void
    ) async throws {
        try await TestCloud.run(scenario(knobs)) { try await body(Publisher(cloud: $0)) }
    }

    /// Graph as that application sees it.
    func graph(as app: App, tenant: String = tenant) async throws -> GraphClient {
        let reply = try await cloud.token(
            tenant: tenant, ["client_id": app.rawValue, "client_secret": "secret of \(app)"])
        try #require(reply.status == 200, "\(reply.text)")
        return GraphClient(wire: cloud.wire, token: reply.accessToken)
    }

    /// Registers an application with a service principal, and waits until all of Graph knows both.
    func registered(
        _ graph: GraphClient, _ changes: [String: Any] = [:]
    ) async throws -> (id: String, appID: String) {
        var body: [String: Any] = ["displayName": "Fleet", "signInAudience": "AzureADMultipleOrgs"]
        body.merge(changes) { $1 }
        let made = try await graph.send("POST", "/applications", body)
        let id = try #require(made.json["id"] as? String, "\(made.text)")
        let appID = try #require(made.json["appId"] as? String)
        cloud.clock.advance(seconds: 5)
        let principal = try await graph.send("POST", "/servicePrincipals", ["appId": appID])
        try #require(principal.status == 201, "\(principal.text)")
        cloud.clock.advance(seconds: 5)
        return (id, appID)
    }

    /// A token for that application with that secret.
    func token(_ appID: String, secret: String, tenant: String = tenant) async throws -> Reply {
        try await cloud.token(tenant: tenant, ["client_id": appID, "client_secret": secret])
    }

    private static func scenario(_ knobs: String) -> String {
        let roles: [App: String] = [
            .owner: #""Application.ReadWrite.OwnedBy""#,
            .admin: #""Application.ReadWrite.All", "AppRoleAssignment.ReadWrite.All""#,
            .reader: #""Application.Read.All""#, .plain: "",
        ]
        let apps = App.allCases.map { app in
            """
            {"client_id": "\(app.rawValue)", "display_name": "\(app)", "home_tenant": "publisher.example",
             "audience": "AzureADMyOrg", "secrets": [{"value": "secret of \(app)"}],
             "permissions": [{"resource": "https://graph.microsoft.com", "roles": [\(roles[app] ?? "")]}]}
            """
        }
        let consented = App.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return """
            {\(knobs), "apps": [\(apps.joined(separator: ",\n")),
              {"client_id": "11111111-2222-4333-8444-000000000009", "display_name": "Foreign",
               "home_tenant": "customer.example", "redirect_uris": ["http://localhost/back"]},
              {"client_id": "\(ownedID)", "home_tenant": "publisher.example", "audience": "AzureADMyOrg",
               "public_client": true, "owners": ["\(App.owner.rawValue)"]}],
             "tenants": [
              {"id": "\(tenant)", "domains": ["publisher.example"], "display_name": "Publisher",
               "consented": [\(consented)], "users": [
                {"display_name": "Ada Admin", "user_principal_name": "ada@publisher.example",
                 "role": "global_administrator"},
                {"display_name": "Appy", "user_principal_name": "appy@publisher.example",
                 "role": "application_administrator"},
                {"display_name": "Norm", "user_principal_name": "norm@publisher.example"}]},
              {"id": "\(customer)", "domains": ["customer.example"], "roles_delay_seconds": 30}]}
            """
    }
}
