import Foundation
import Testing

@Suite("Admin consent")
struct ConsentTests {
    private func press(
        _ button: String, as account: String, link: String, _ cloud: TestCloud
    ) async throws -> Reply {
        try await cloud.wire.post(link, form: [("account", account), ("decision", button)])
    }

    @Test("The page says who asks for what, escapes it, and runs nothing")
    func page() async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.get(cloud.consentLink())
            #expect(reply.status == 200)
            #expect(reply.text.contains("Fleet &lt;b&gt;Sync&lt;/b&gt;"))
            #expect(!reply.text.contains("<b>Sync"))
            #expect(reply.text.contains("publisher.example"))
            #expect(reply.text.contains("User.Read.All"))
            #expect(!reply.text.contains("Orders.Read"))
            #expect(reply.text.contains("admin@contoso.example"))
            #expect(reply.text.contains("value=\"approve\""))
            #expect(reply.text.contains("value=\"decline\""))
            #expect(!reply.text.contains("<script"))
            #expect(reply.header("content-security-policy")?.contains("default-src 'none'") == true)
        }
    }

    @Test("Looking at the page grants nothing", arguments: ["GET", "HEAD"])
    func prefetch(method: String) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.send(method, cloud.consentLink())
            #expect(reply?.status == 200)
            #expect(method == "GET" || reply?.body.isEmpty == true)
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("Approval goes back with tenant, state and the scopes granted")
    func approval() async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(tenant: "contoso.example")
            let reply = try await press("approve", as: "admin@contoso.example", link: link, cloud)
            #expect(reply.status == 302)
            let scope = "https%3a%2f%2fgraph.microsoft.com%2f"
            #expect(
                reply.header("location")
                    == "http://localhost:5000/consent/callback?admin_consent=True&tenant=\(TestCloud.contoso)"
                    + "&state=st-1&scope=\(scope)User.Read.All+\(scope)Organization.Read.All#")
            #expect(try await cloud.token().status == 200)
        }
    }

    @Test("The first version asks for everything listed and has no scope")
    func v1Approval() async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(v1: true)
            let reply = try await press("approve", as: "admin@contoso.example", link: link, cloud)
            #expect(reply.callback["tenant"] == TestCloud.contoso)
            #expect(reply.callback["scope"] == nil)
            #expect(
                try await cloud.token(["scope": "api://orders/.default"]).claims["roles"] as? [String] == [
                    "Orders.Read"
                ])
        }
    }

    @Test("A decline carries admin_consent and state, but no tenant")
    func decline() async throws {
        try await TestCloud.run { cloud in
            let reply = try await press("decline", as: "admin@contoso.example", link: cloud.consentLink(), cloud)
            #expect(reply.callback["error"] == "access_denied")
            #expect(reply.callback["error_description"]?.hasPrefix("AADSTS65004: ") == true)
            #expect(reply.callback["error_uri"]?.hasSuffix("/error?code=65004") == true)
            #expect(reply.callback["admin_consent"] == "True")
            #expect(reply.callback["state"] == "st-1")
            #expect(reply.callback["tenant"] == nil)
            #expect(reply.header("location")?.hasSuffix("#") == true)
            #expect(reply.header("location")?.contains("AADSTS65004%3a+User") == true)
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("Somebody of another tenant is sent back with 50020")
    func foreigner() async throws {
        try await TestCloud.run { cloud in
            let reply = try await press("approve", as: "ada@fabrikam.example", link: cloud.consentLink(), cloud)
            #expect(reply.callback["error"] == "access_denied")
            #expect(reply.callback["error_description"]?.hasPrefix("AADSTS50020: ") == true)
            #expect(reply.callback["tenant"] == nil)
            #expect(try await cloud.token().code == 7_000_229)
            #expect(try await cloud.token(tenant: "fabrikam.example").code == 7_000_229)
        }
    }

    @Test(
        "Without the role it takes, an account is told to find an administrator",
        arguments: ["norm@fabrikam.example", "cleo@fabrikam.example"])
    func wrongRole(account: String) async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(tenant: "fabrikam.example")
            let reply = try await press("approve", as: account, link: link, cloud)
            #expect(reply.status == 403)
            #expect(reply.header("location") == nil)
            #expect(reply.text.contains("AADSTS90094"))
            #expect(try await cloud.token(tenant: "fabrikam.example").code == 7_000_229)
        }
    }

    @Test("A cloud application administrator may grant what is not Graph's")
    func cloudApplicationAdministrator() async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(tenant: "fabrikam.example", ["scope": "api://orders/.default"])
            let reply = try await press("approve", as: "cleo@fabrikam.example", link: link, cloud)
            #expect(reply.callback["scope"] == "api://orders/Orders.Read")
        }
    }

    struct BadLink: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var tenant = TestCloud.contoso
        var v1 = false
        var fields: [String: String?] = [:]
        let code: Int
    }

    static let badLinks = [
        BadLink(
            testDescription: "unregistered address", fields: ["redirect_uri": "https://evil.example/"], code: 50011),
        BadLink(
            testDescription: "path in another case",
            fields: ["redirect_uri": "http://localhost/Consent/callback"], code: 50011),
        BadLink(
            testDescription: "another port of an https address", fields: ["redirect_uri": "https://app.example:8443/"],
            code: 50011),
        BadLink(
            testDescription: "another host hidden in the port",
            fields: ["redirect_uri": "http://localhost:1%40evil.example/consent/callback"], code: 50011),
        BadLink(testDescription: "no address", fields: ["redirect_uri": nil], code: 900_971),
        BadLink(testDescription: "no scope", fields: ["scope": nil], code: 900_144),
        BadLink(testDescription: "no client", fields: ["client_id": nil], code: 900_144),
        BadLink(
            testDescription: "unknown client", fields: ["client_id": "11111111-2222-4333-8444-999999999999"],
            code: 700_016),
        BadLink(
            testDescription: "single-tenant application elsewhere",
            fields: ["client_id": "11111111-2222-4333-8444-666666666666"], code: 700_016),
        BadLink(
            testDescription: "application without permissions", v1: true,
            fields: ["client_id": "11111111-2222-4333-8444-777777777777"], code: 650_056),
        BadLink(
            testDescription: "resource the application does not list",
            fields: ["scope": "https://outlook.office365.com/.default"], code: 650_057),
        BadLink(testDescription: "common on the second version", tenant: "common", code: 900_144),
        BadLink(testDescription: "unknown tenant", tenant: "nobody.example", code: 90002),
        BadLink(testDescription: "tenant of another cloud", tenant: "gov.example", code: 90038),
    ]

    @Test("A link that is wrong ends on a page, never at the callback", arguments: badLinks)
    func badLink(bad: BadLink) async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(tenant: bad.tenant, v1: bad.v1, bad.fields)
            for reply in [
                try await cloud.wire.get(link),
                try await press("approve", as: "admin@contoso.example", link: link, cloud),
            ] {
                #expect(reply.status == 400)
                #expect(reply.text.contains("AADSTS\(bad.code):"))
                #expect(reply.header("location") == nil)
            }
        }
    }

    @Test("Naming permissions one by one completes and grants nothing")
    func individualPermissions() async throws {
        try await TestCloud.run { cloud in
            let scope = "https://graph.microsoft.com/User.Read.All"
            let link = cloud.consentLink(["scope": scope])
            let reply = try await press("approve", as: "admin@contoso.example", link: link, cloud)
            #expect(reply.callback["admin_consent"] == "True")
            #expect(reply.callback["scope"] == scope)
            let token = try await cloud.token()
            #expect(token.status == 200)
            #expect(token.claims["roles"] == nil)
        }
    }

    @Test("On a shared authority the account decides whose tenant it is")
    func sharedAuthority() async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(tenant: "organizations")
            let reply = try await press("approve", as: "ada@fabrikam.example", link: link, cloud)
            #expect(reply.callback["tenant"] == TestCloud.fabrikam)
            let v1 = cloud.consentLink(tenant: "common", v1: true)
            let other = try await press("approve", as: "admin@contoso.example", link: v1, cloud)
            #expect(other.callback["tenant"] == TestCloud.contoso)
        }
    }

    @Test("An address registered without a path comes back with a slash, one with a query keeps it")
    func redirectForms() async throws {
        try await TestCloud.run { cloud in
            for (asked, begin) in [
                ("https://app.example", "https://app.example/?admin_consent=True"),
                ("https://app.example/back?x=1", "https://app.example/back?x=1&admin_consent=True"),
            ] {
                let link = cloud.consentLink(["redirect_uri": asked])
                let reply = try await press("approve", as: "admin@contoso.example", link: link, cloud)
                #expect(reply.header("location")?.hasPrefix(begin) == true)
            }
        }
    }

    @Test("Markup is stripped from the state, and a missing state stays missing")
    func state() async throws {
        try await TestCloud.run { cloud in
            let marked = cloud.consentLink(["state": "a<script>b</script>c&d=e"])
            let stripped = try await press("approve", as: "admin@contoso.example", link: marked, cloud)
            #expect(stripped.callback["state"] == "abc&d=e")
            let bare = cloud.consentLink(["state": nil])
            let without = try await press("approve", as: "admin@contoso.example", link: bare, cloud)
            #expect(without.callback["tenant"] == TestCloud.contoso)
            #expect(without.callback["state"] == nil)
        }
    }

    @Test("Consenting again keeps the principal, and shrinks the grant to what is listed now")
    func reconsent() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let first = try await cloud.token().claims
            _ = try await cloud.wire.control(
                "POST", "/apps",
                [
                    "client_id": TestCloud.clientID,
                    "permissions": [["resource": "https://graph.microsoft.com", "roles": ["Group.Read.All"]]],
                ])
            #expect((try await cloud.token().claims["roles"] as? [String])?.count == 2)
            _ = try await cloud.consent(decision: "approve")
            let second = try await cloud.token().claims
            #expect(second["roles"] as? [String] == ["Group.Read.All"])
            #expect(second["oid"] as? String == first["oid"] as? String)
        }
    }
}
