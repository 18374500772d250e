import EntraEmulator
import Foundation
import Testing

@Suite("Scenario")
struct ScenarioTests {
    @Test(
        "A malformed scenario is refused with the place that is wrong",
        arguments: [
            ("[]", ""), ("{", ""), (#"{"tenant": []}"#, "tenant"), (#"{"tenants": {}}"#, "tenants"),
            (#"{"tenants": [{}]}"#, "tenants[0].domains"),
            (#"{"tenants": [{"domains": ["a.example"]}, {"domains": ["no spaces"]}]}"#, "tenants[1].domains[0]"),
            (
                #"{"tenants": [{"domains": ["a.example"], "id": "00000000-0000-0000-0000-000000000000"}]}"#,
                "tenants[0].id"
            ),
            (#"{"tenants": [{"domains": ["a.example"], "users": -1}]}"#, "tenants[0].users"),
            (#"{"tenants": [{"domains": ["a.example"], "administrator": "naps"}]}"#, "tenants[0].administrator"),
            (#"{"tenants": [{"domains": ["a.example"], "roles_dely_seconds": 1}]}"#, "tenants[0].roles_dely_seconds"),
            (
                #"{"tenants": [{"domains": ["a.example"], "users": [{"display_name": "x"}]}]}"#,
                "tenants[0].users[0].user_principal_name"
            ),
            (#"{"apps": [{}]}"#, "apps[0].client_id"),
            (
                #"{"apps": [{"client_id": "11111111-2222-4333-8444-555555555555", "group_membership_claims": "wids"}]}"#,
                "apps[0].group_membership_claims"
            ),
            (
                #"{"tenants": [{"domains": ["a.example"], "users": [{"user_principal_name": "x@y", "user_type": "x"}]}]}"#,
                "tenants[0].users[0].user_type"
            ),
            (#"{"tenants": [{"domains": ["a.example"], "callback": "shrug"}]}"#, "tenants[0].callback.answer"),
            (#"{"tenants": [{"domains": ["a.example"], "callback": {"shape": ["x"]}}]}"#, "tenants[0].callback.shape"),
            (
                #"{"tenants": [{"domains": ["a.example"], "missing_service_principal_code": 1}]}"#,
                "tenants[0].missing_service_principal_code"
            ),
            (
                #"{"tenants": [{"domains": ["a.example"], "resources": [{"state": "broken"}]}]}"#,
                "tenants[0].resources[0].state"
            ),
            (#"{"trouble": 1.5}"#, "trouble"), (#"{"consent_trouble": "often"}"#, "consent_trouble"),
            (#"{"generated_tenants": {}}"#, "generated_tenants.count"),
            (#"{"generated_tenants": {"count": 2, "prefix": "no spaces"}}"#, "generated_tenants.prefix"),
            (
                #"{"generated_tenants": [{"count": 2, "behaviours": [{"share": 0.6}, {"share": 0.5}]}]}"#,
                "generated_tenants[0].behaviours"
            ),
            (#"{"replication_delay_seconds": -1}"#, "replication_delay_seconds"),
            (#"{"secret_propagation_scale": "slow"}"#, "secret_propagation_scale"),
            (#"{"device_code_interval_seconds": 0}"#, "device_code_interval_seconds"),
            (
                #"{"resources": [{"app_id": "11111111-2222-4333-8444-555555555555", "roles": "x"}]}"#,
                "resources[0].roles"
            ),
            (
                #"{"apps": [{"client_id": "11111111-2222-4333-8444-555555555555", "redirect_uris": ["http://app.example"]}]}"#,
                "apps[0].redirect_uris[0]"
            ),
            (
                #"{"apps": [{"client_id": "11111111-2222-4333-8444-555555555555", "secrets": [{"value": "x", "expires": "soon"}]}]}"#,
                "apps[0].secrets[0].expires"
            ),
            (
                #"{"apps": [{"client_id": "11111111-2222-4333-8444-555555555555", "certificates": ["x"]}]}"#,
                "apps[0].certificates[0]"
            ),
            (
                #"{"apps": [{"client_id": "11111111-2222-4333-8444-555555555555", "permissions": [{"resource": "api://none"}]}]}"#,
                "apps[0].permissions[0].resource"
            ),
        ])
    func malformed(text: String, path: String) throws {
        let error = #expect(throws: ShapeError.self) { try Scenario(json: Array(text.utf8)) }
        #expect(error?.path == path)
    }

    @Test("A tenant can begin with the consents of several applications")
    func severalConsents() async throws {
        try await Publisher.run { publisher in
            for app in Publisher.App.allCases { _ = try await publisher.graph(as: app) }
        }
    }

    @Test("Two tenants of one domain contradict each other")
    func contradiction() throws {
        let text = #"{"tenants": [{"domains": ["a.example"]}, {"domains": ["A.example"]}]}"#
        let scenario = try Scenario(json: Array(text.utf8))
        let error = #expect(throws: EmulatorStartError.self) {
            try Emulator(EmulatorConfiguration(scenario: scenario, logger: TestCloud.silent))
        }
        #expect(error?.description.contains("a.example") == true)
    }

    @Test("The demo's scenario loads, and its customers are in it but for the odd rows")
    func demo() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Resources/Scenarios")
        let json = try Data(contentsOf: folder.appending(path: "demo.json"))
        _ = try Emulator(EmulatorConfiguration(scenario: Scenario(json: Array(json)), logger: TestCloud.silent))
        let csv = try String(contentsOf: folder.appending(path: "demo-customers.csv"), encoding: .utf8)
        let rows = csv.split(separator: "\n").dropFirst().map { $0.split(separator: ",")[0].lowercased() }
        let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
        let tenants = try #require(object["tenants"] as? [[String: Any]])
        let names = tenants.flatMap { [$0["id"] as? String ?? ""] + ($0["domains"] as? [String] ?? []) }
        #expect(tenants.count == 26, "25 customers, and the ISV's own")
        #expect(rows.count == 28)
        #expect(rows.filter { !names.contains($0) } == ["no-such-tenant.example", "not a tenant"])
        #expect(rows.count - Set(rows).count == 1)
    }
}
