import EntraEmulator
import Foundation
import Testing

@Suite("Control plane")
struct ControlPlaneTests {
    @Test(
        "The administrator decides as the scenario says, and the callback is told",
        arguments: [
            ("contoso.example", "approved"), ("declines.example", "declined"), ("ignores.example", "ignored"),
        ])
    func habits(tenant: String, outcome: String) async throws {
        try await TestCloud.run { cloud in
            let result = try await cloud.consent(tenant: tenant)
            #expect(result["outcome"] as? String == outcome)
            #expect((result["callback"] is String) == (outcome != "ignored"))
            #expect(result["error"] is NSNull)
            #expect(try await cloud.token(tenant: tenant).status == (outcome == "approved" ? 200 : 401))
        }
    }

    @Test("A link that is wrong is an error with its code and without a callback")
    func consentError() async throws {
        try await TestCloud.run { cloud in
            let result = try await cloud.consent(link: cloud.consentLink(["redirect_uri": "https://evil.example/"]))
            #expect(result["outcome"] as? String == "error")
            #expect(result["callback"] is NSNull)
            #expect((result["error"] as? [String: Any])?["code"] as? Int == 50011)
        }
    }

    @Test("An account that may not decide, or belongs elsewhere, is an error")
    func consentAccounts() async throws {
        try await TestCloud.run { cloud in
            let role = try await cloud.consent(
                tenant: "fabrikam.example", decision: "approve", account: "norm@fabrikam.example")
            #expect((role["error"] as? [String: Any])?["code"] as? Int == 90094)
            let foreign = try await cloud.consent(decision: "approve", account: "ada@fabrikam.example")
            #expect((foreign["error"] as? [String: Any])?["code"] as? Int == 50020)
            #expect(callbackFields(foreign["callback"] as? String ?? "")["error"] == "access_denied")
        }
    }

    @Test(
        "A consent request that is no link to this emulator is refused",
        arguments: [
            "https://login.microsoftonline.com/x/v2.0/adminconsent?client_id=1",
            "LOGIN/contoso.example/oauth2/v2.0/token", "nonsense",
        ])
    func foreignLink(url: String) async throws {
        try await TestCloud.run { cloud in
            let link = url.replacing("LOGIN", with: cloud.login)
            let reply = try await cloud.wire.control("POST", "/consent", ["url": link])
            #expect(reply.status == 400)
            #expect(reply.json["error"] is String)
        }
    }

    @Test("A new tenant is known at once, by identifier and domain, with its users")
    func newTenant() async throws {
        try await TestCloud.run { cloud in
            let made = try await cloud.wire.control(
                "POST", "/tenants", ["domains": ["new.example"], "users": 2, "administrator": "declines"])
            #expect(made.status == 201)
            let id = try #require(made.json["id"] as? String)
            #expect(try await cloud.token(tenant: id).code == 7_000_229)
            let more = try await cloud.wire.control("POST", "/tenants/new.example/users", ["users": 3])
            #expect(more.json["users"] as? Int == 5)
            let twice = try await cloud.wire.control("POST", "/tenants", ["domains": ["NEW.example"]])
            #expect(twice.status == 409)
            _ = try await cloud.wire.control("DELETE", "/tenants/\(id)")
            #expect(try await cloud.token(tenant: id).code == 90002)
        }
    }

    @Test("Several tenants are added together or not at all")
    func manyTenants() async throws {
        try await TestCloud.run { cloud in
            let good: [String: Any] = ["domains": ["one.example"]]
            let clash: [String: Any] = ["domains": ["contoso.example"]]
            let refused = try await cloud.wire.control("POST", "/tenants", ["tenants": [good, clash]])
            #expect(refused.status == 409)
            #expect(try await cloud.token(tenant: "one.example").code == 90002)
            #expect(try await cloud.wire.control("POST", "/tenants", ["tenants": [good]]).status == 201)
            #expect(try await cloud.token(tenant: "one.example").code == 7_000_229)
        }
    }

    @Test("State shows everything but secrets")
    func state() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(tenant: "slow.example")
            let reply = try await cloud.wire.control("GET", "/state")
            #expect(reply.status == 200)
            #expect(!reply.text.contains(TestCloud.secret))
            let tenants = reply.json["tenants"] as? [[String: Any]] ?? []
            #expect(tenants.count == 9)
            let slow = tenants.first { ($0["domains"] as? [String]) == ["slow.example"] }
            let principal = (slow?["service_principals"] as? [[String: Any]])?.first
            #expect(principal?["usable"] as? Bool == false)
            let grant = (principal?["grants"] as? [[String: Any]])?.first
            #expect((grant?["roles"] as? [String])?.count == 2)
            #expect((grant?["roles_in_tokens"] as? [String])?.isEmpty == true)
        }
    }

    @Test("Changing a tenant changes what happens next")
    func patch() async throws {
        try await TestCloud.run { cloud in
            let patched = try await cloud.wire.control(
                "PATCH", "/tenants/contoso.example",
                ["administrator": "declines", "blocked": true, "roles_delay_seconds": 5])
            #expect(patched.json["administrator"] as? String == "declines")
            #expect(try await cloud.consent()["outcome"] as? String == "declined")
            _ = try await cloud.consent(decision: "approve")
            #expect(try await cloud.token().code == 53003)
        }
    }

    @Test(
        "What the control plane cannot do it says in a sentence",
        arguments: [
            ("GET", "/tenants/nobody.example", 404), ("PATCH", "/tenants/nobody.example", 404),
            ("GET", "/nothing", 404),
            ("POST", "/tenants", 400), ("POST", "/tenants/contoso.example/revoke", 400), ("POST", "/clock", 400),
            ("GET", "/requests?endpoint=moon", 400), ("GET", "/requests?since=x", 400),
            ("GET", "/requests?tenant=nobody.example", 404),
        ])
    func refusals(method: String, path: String, status: Int) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.control(method, path, method == "GET" ? nil : [:])
            #expect(reply.status == status)
            #expect((reply.json["error"] as? String)?.hasSuffix(".") == true)
        }
    }

    @Test("A web page cannot use the control plane")
    func webPage() async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.send(
                "GET", "\(cloud.wire.addresses.control)/control/state", headers: [("Origin", "https://evil.example")])
            #expect(reply?.status == 403)
            let rebound = try await cloud.wire.send(
                "GET", "\(cloud.wire.addresses.control)/control/state", headers: [("Host", "evil.example")])
            #expect(rebound?.status == 403)
        }
    }

    @Test("The history tells what came, in order, without secrets, and can be narrowed and cleared")
    func history() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.token()
            _ = try await cloud.token(tenant: "fabrikam.example", ["client_secret": "wrong"])
            _ = try await cloud.consent(decision: "approve")
            _ = try await cloud.wire.get("\(cloud.graph)/v1.0/users")
            let all = try await cloud.wire.control("GET", "/requests")
            #expect(!all.text.contains(TestCloud.secret))
            let entries = all.json["requests"] as? [[String: Any]] ?? []
            #expect(
                entries.compactMap { $0["endpoint"] as? String } == ["token", "token", "consent", "consent", "graph"])
            #expect(entries.compactMap { $0["seq"] as? Int } == [1, 2, 3, 4, 5])
            #expect(entries[0]["tenant"] as? String == TestCloud.contoso)
            #expect(entries[0]["client_id"] as? String == TestCloud.clientID)
            #expect(entries[0]["auth"] as? String == "secret")
            #expect(entries[1]["code"] as? Int == 7_000_215)
            #expect(entries[4]["status"] as? Int == 401)
            let narrow = try await cloud.wire.control("GET", "/requests?endpoint=token&tenant=contoso.example&since=0")
            #expect((narrow.json["requests"] as? [Any])?.count == 1)
            let later = try await cloud.wire.control("GET", "/requests?since=3")
            #expect((later.json["requests"] as? [Any])?.count == 2)
            _ = try await cloud.wire.control("DELETE", "/requests")
            #expect((try await cloud.wire.control("GET", "/requests").json["requests"] as? [Any])?.isEmpty == true)
        }
    }
}
