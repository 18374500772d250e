import Foundation
import Testing

@Suite("Service principals in a customer's tenant")
struct PrincipalLifeTests {
    @discardableResult
    private func act(_ action: String, _ cloud: TestCloud) async throws -> Reply {
        try await cloud.wire.control(
            "POST", "/tenants/contoso.example/service-principals",
            ["client_id": TestCloud.clientID, "action": action])
    }

    private func change(_ members: [String: Any], _ cloud: TestCloud) async throws {
        let reply = try await cloud.wire.control("PATCH", "/tenants/contoso.example", members)
        try #require(reply.status == 200, "\(reply.text)")
    }

    @Test("A deleted one comes back as it was")
    func restore() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let before = try await cloud.token().claims
            try await act("delete", cloud)
            #expect(try await cloud.token().code == 7_000_229)
            let restored = try await act("restore", cloud)
            #expect(restored.status == 200)
            let after = try await cloud.token().claims
            #expect(after["oid"] as? String == before["oid"] as? String)
            #expect(after["roles"] as? [String] == before["roles"] as? [String])
        }
    }

    @Test("Consenting after a deletion makes another one, and the old one cannot come back beside it")
    func reconsent() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let before = try await cloud.token().claims
            try await act("delete", cloud)
            _ = try await cloud.consent(decision: "approve")
            let after = try await cloud.token().claims
            #expect(after["oid"] as? String != before["oid"] as? String)
            #expect(after["roles"] as? [String] == before["roles"] as? [String])
            #expect(try await act("restore", cloud).status == 409)
        }
    }

    @Test("The bin is emptied after thirty days", arguments: [(-1.0, 200), (0.0, 404), (1.0, 404)])
    func bin(seconds: Double, status: Int) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            try await act("delete", cloud)
            cloud.clock.advance(seconds: 30 * 86_400 + seconds)
            #expect(try await act("restore", cloud).status == status)
        }
    }

    @Test("One deleted for good never comes back", arguments: [["purge"], ["delete", "purge"]])
    func purge(actions: [String]) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            for action in actions { #expect(try await act(action, cloud).status == 200) }
            #expect(try await act("restore", cloud).status == 404)
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("A disabled one gets no token until it is enabled")
    func disable() async throws {
        try await TestCloud.run { cloud in
            #expect(try await act("disable", cloud).status == 404)
            _ = try await cloud.consent(decision: "approve")
            try await act("disable", cloud)
            let refused = try await cloud.token()
            #expect(refused.code == 7_000_112)
            #expect(refused.json["error"] as? String == "unauthorized_client")
            try await act("enable", cloud)
            #expect(try await cloud.token().status == 200)
        }
    }

    @Test("One that Graph deletes is in the same bin")
    func graph() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            let path = "/servicePrincipals(appId='\(Publisher.App.plain.rawValue)')"
            #expect(try await graph.send("DELETE", path).status == 204)
            #expect(try await graph.get(path).status == 404)
            let restored = try await publisher.cloud.wire.control(
                "POST", "/tenants/\(Publisher.tenant)/service-principals",
                ["client_id": Publisher.App.plain.rawValue, "action": "restore"])
            #expect(restored.status == 200)
            #expect(try await graph.get(path).status == 200)
        }
    }

    @Test("A missing one is told in either of two ways")
    func missing() async throws {
        try await TestCloud.run { cloud in
            try await change(["missing_service_principal_code": 700_016], cloud)
            let other = try await cloud.token()
            #expect(other.status == 400)
            #expect(other.code == 700_016)
            #expect(other.json["error"] as? String == "unauthorized_client")
            try await change(["missing_service_principal_code": 7_000_229], cloud)
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("Taking back one role leaves the others, and the token")
    func oneRole() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            _ = try await cloud.wire.control(
                "POST", "/tenants/contoso.example/revoke",
                ["client_id": TestCloud.clientID, "roles": ["User.Read.All"]])
            let token = try await cloud.token()
            #expect(token.status == 200)
            #expect(token.claims["roles"] as? [String] == ["Organization.Read.All"])
        }
    }

    @Test("Consent grants what this link asks for, and takes back the rest")
    func shrinks() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve", link: cloud.consentLink(v1: true))
            let orders: [String: String?] = ["scope": "api://orders/.default"]
            #expect(try await cloud.token(orders).claims["roles"] as? [String] == ["Orders.Read"])
            _ = try await cloud.consent(decision: "approve")
            #expect(try await cloud.token(orders).claims["roles"] == nil)
            #expect((try await cloud.token().claims["roles"] as? [String])?.count == 2)
        }
    }

    @Test("A tenant that is gone is unknown, one that moved is elsewhere")
    func tenantGone() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            try await change(["cloud": "usgov"], cloud)
            #expect(try await cloud.token().code == 90038)
            #expect(try await cloud.token(tenant: "gov.example").code == 900_382)
            #expect((try await cloud.consent()["error"] as? [String: Any])?["code"] as? Int == 90038)
            let document = try await cloud.wire.get(
                "\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration")
            #expect((document.json["token_endpoint"] as? String)?.contains("microsoftonline.us") == true)
            try await change(["cloud": "public"], cloud)
            #expect(try await cloud.token().status == 200)
            _ = try await cloud.wire.control("DELETE", "/tenants/contoso.example")
            #expect(try await cloud.token().code == 90002)
        }
    }

    @Test(
        "A resource the tenant lacks or switched off brings no token",
        arguments: [("disabled", 500_014), ("missing", 500_011)])
    func resource(state: String, code: Int) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            try await change(["resources": [["resource": "https://graph.microsoft.com/", "state": state]]], cloud)
            let refused = try await cloud.token()
            #expect(refused.code == code)
            #expect(refused.json["error"] as? String == "invalid_resource")
            #expect(try await cloud.token(["scope": "api://orders/.default"]).status == 200)
            let again = try await cloud.consent(decision: "approve")
            #expect((again["error"] as? [String: Any])?["code"] as? Int == (state == "missing" ? 650_052 : nil))
            try await change(["resources": [Any]()], cloud)
            #expect(try await cloud.token().status == 200)
        }
    }

    @Test("A resource that requires assignment serves only applications with a role")
    func assignment() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let state = "assignment_required"
            try await change(["resources": [["resource": "api://orders", "state": state]]], cloud)
            let refused = try await cloud.token(["scope": "api://orders/.default"])
            #expect(refused.code == 501_051)
            #expect(refused.json["error"] as? String == "invalid_grant")
            _ = try await cloud.consent(decision: "approve", link: cloud.consentLink(v1: true))
            #expect(try await cloud.token(["scope": "api://orders/.default"]).status == 200)
        }
    }
}
