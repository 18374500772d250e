import EntraEmulator
import Foundation
import Testing

@Suite("Refused sign-ins")
struct SignInRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var tenant = TestCloud.contoso
        var account = "admin@contoso.example"
        var fields: [String: String?] = [:]
        let code: Int
        var error = ""
    }

    static let onPage = [
        Case(
            testDescription: "unregistered address", fields: ["redirect_uri": "https://evil.example/"], code: 50011),
        Case(testDescription: "no address", fields: ["redirect_uri": nil], code: 900_971),
        Case(testDescription: "no client", fields: ["client_id": nil], code: 900_144),
        Case(
            testDescription: "unknown client", fields: ["client_id": "11111111-2222-4333-8444-999999999999"],
            code: 700_016),
        Case(
            testDescription: "single-tenant application elsewhere",
            fields: ["client_id": "11111111-2222-4333-8444-666666666666"], code: 700_016),
        Case(
            testDescription: "single-tenant application on a shared authority", tenant: "organizations",
            fields: ["client_id": "11111111-2222-4333-8444-666666666666"], code: 50194),
        Case(testDescription: "unknown tenant", tenant: "nobody.example", code: 90002),
        Case(testDescription: "tenant of another cloud", tenant: "gov.example", code: 90038),
        Case(testDescription: "account of another tenant", account: "ada@fabrikam.example", code: 50020),
        Case(testDescription: "account of no tenant", account: "x@nowhere.example", code: 50034),
        Case(
            testDescription: "blocked tenant", tenant: "blocked.example", account: "admin@blocked.example", code: 53003),
    ]

    @Test("What cannot be trusted with an answer ends on a page", arguments: onPage)
    func page(bad: Case) async throws {
        try await TestCloud.run { cloud in
            let reply = try await SignIn(cloud: cloud, tenant: bad.tenant).press(as: bad.account, with: bad.fields)
            #expect(reply.status == 400)
            #expect(reply.text.contains("AADSTS\(bad.code):"), "\(reply.text)")
            #expect(reply.header("location") == nil)
        }
    }

    static let onCallback = [
        Case(
            testDescription: "no response type", fields: ["response_type": nil], code: 900_144, error: "invalid_request"
        ),
        Case(
            testDescription: "implicit flow", fields: ["response_type": "id_token"], code: 700_054,
            error: "unsupported_response_type"),
        Case(testDescription: "no scope", fields: ["scope": nil], code: 900_144, error: "invalid_request"),
        Case(
            testDescription: "a permission nobody consented to", fields: ["scope": "openid Directory.Read.All"],
            code: 65001, error: "consent_required"),
        Case(
            testDescription: "unknown response mode", fields: ["response_mode": "form_post"], code: 70007,
            error: "invalid_request"),
        Case(
            testDescription: "unknown prompt", fields: ["prompt": "admin_consent"], code: 90023,
            error: "invalid_request"),
        Case(testDescription: "silent sign-in", fields: ["prompt": "none"], code: 50058, error: "login_required"),
        Case(
            testDescription: "challenge that is no hash", fields: ["code_challenge": "short"], code: 501_491,
            error: "invalid_request"),
        Case(
            testDescription: "unknown challenge method", fields: ["code_challenge_method": "S512"], code: 90013,
            error: "invalid_request"),
    ]

    @Test("Everything else that is wrong goes to the application with the state", arguments: onCallback)
    func callback(bad: Case) async throws {
        try await TestCloud.run { cloud in
            let reply = try await SignIn(cloud: cloud).press(with: bad.fields)
            #expect(reply.status == 302)
            #expect(reply.callback["error"] == bad.error)
            #expect(reply.callback["error_description"]?.hasPrefix("AADSTS\(bad.code): ") == true)
            #expect(reply.callback["state"] == "st-2")
            #expect(reply.callback["code"] == nil)
        }
    }

    @Test("Cancelling says so")
    func cancel() async throws {
        try await TestCloud.run { cloud in
            let reply = try await SignIn(cloud: cloud).press("cancel")
            #expect(reply.callback["error"] == "access_denied")
            #expect(reply.callback["error_subcode"] == "cancel")
            #expect(reply.callback["error_description"]?.hasPrefix("AADSTS65004: ") == true)
            #expect(reply.callback["state"] == "st-2")
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("An application that the tenant disabled signs nobody in")
    func disabled() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            _ = try await cloud.wire.control(
                "POST", "/tenants/contoso.example/service-principals",
                ["client_id": TestCloud.clientID, "action": "disable"])
            #expect(try await SignIn(cloud: cloud).press().text.contains("AADSTS7000112:"))
        }
    }

    // MARK: The code

    static let badRedemptions = [
        Case(testDescription: "made-up code", fields: ["code": "1.made-up"], code: 9_002_313, error: "invalid_grant"),
        Case(testDescription: "no code", fields: ["code": nil], code: 900_144, error: "invalid_request"),
        Case(testDescription: "no address", fields: ["redirect_uri": nil], code: 900_144, error: "invalid_request"),
        Case(
            testDescription: "another address", fields: ["redirect_uri": "https://app.example"], code: 500_112,
            error: "invalid_client"),
        Case(
            testDescription: "another port", fields: ["redirect_uri": "http://localhost:5001/consent/callback"],
            code: 500_112, error: "invalid_client"),
        Case(
            testDescription: "another verifier", fields: ["code_verifier": String(repeating: "x", count: 43)],
            code: 50148,
            error: "invalid_grant"),
        Case(testDescription: "no verifier", fields: ["code_verifier": nil], code: 50148, error: "invalid_grant"),
        Case(
            testDescription: "no credential", fields: ["client_secret": nil], code: 7_000_218, error: "invalid_client"),
        Case(
            testDescription: "wrong credential", fields: ["client_secret": "guess"], code: 7_000_215,
            error: "invalid_client"),
        Case(
            testDescription: "another client",
            fields: ["client_id": "11111111-2222-4333-8444-888888888888", "client_secret": "two"], code: 70000,
            error: "invalid_grant"),
        Case(
            testDescription: "another tenant", tenant: TestCloud.fabrikam, code: 700_005, error: "invalid_grant"),
    ]

    @Test(
        "A code is refused whoever or wherever it was not meant for, and still works after", arguments: badRedemptions)
    func redemption(bad: Case) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.wire.control(
                "POST", "/apps",
                ["client_id": "11111111-2222-4333-8444-888888888888", "secrets": [["value": "two"]]])
            let signIn = SignIn(cloud: cloud)
            let code = try await signIn.code()
            let reply = try await signIn.redeem(code, at: bad.tenant, bad.fields)
            #expect(reply.code == bad.code, "\(reply.text)")
            #expect(reply.json["error"] as? String == bad.error)
            #expect(reply.status == (bad.error == "invalid_client" && bad.code > 7_000_000 ? 401 : 400))
            #expect(reply.json["id_token"] == nil)
            #expect(try await signIn.redeem(code).status == 200)
        }
    }

    @Test("A verifier for a code without a challenge is refused")
    func needlessVerifier() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            let code = try await signIn.code(["code_challenge": nil, "code_challenge_method": nil])
            #expect(try await signIn.redeem(code).code == 50148)
            #expect(try await signIn.redeem(code, ["code_verifier": nil]).status == 200)
        }
    }

    @Test("A code works once")
    func once() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            let code = try await signIn.code()
            #expect(try await signIn.redeem(code).status == 200)
            let again = try await signIn.redeem(code)
            #expect(again.code == 54005)
            #expect(again.json["error"] as? String == "invalid_grant")
        }
    }

    @Test("A code works for ten minutes", arguments: [(599.0, nil), (600.0, 70008), (601.0, 70008)])
    func expiry(seconds: Double, code expected: Int?) async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            let code = try await signIn.code()
            cloud.clock.advance(seconds: seconds)
            #expect(try await signIn.redeem(code).code == expected)
        }
    }
}
