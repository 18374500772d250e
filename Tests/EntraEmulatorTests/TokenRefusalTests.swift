import Foundation
import Testing

@Suite("Token refusals")
struct TokenRefusalTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var tenant = TestCloud.contoso
        var fields: [String: String?] = [:]
        var v1 = false
        let status: Int
        let error: String
        let code: Int
        var testDescription: String { name }
    }

    static let beforeConsent = [
        Case(name: "no service principal", status: 401, error: "invalid_client", code: 7_000_229),
        Case(
            name: "wrong secret", fields: ["client_secret": "nope"], status: 401, error: "invalid_client",
            code: 7_000_215),
        Case(
            name: "expired secret", fields: ["client_secret": "old"], status: 401, error: "invalid_client",
            code: 7_000_222),
        Case(
            name: "no credential", fields: ["client_secret": nil], status: 401, error: "invalid_client",
            code: 7_000_216),
        Case(
            name: "unknown application", fields: ["client_id": "11111111-2222-4333-8444-999999999999"], status: 400,
            error: "unauthorized_client", code: 700_016),
        Case(
            name: "single-tenant application elsewhere",
            fields: ["client_id": "11111111-2222-4333-8444-666666666666", "client_secret": "one"], status: 400,
            error: "unauthorized_client", code: 700_016),
        Case(
            name: "single-tenant application at home", tenant: "fabrikam.example",
            fields: ["client_id": "11111111-2222-4333-8444-666666666666", "client_secret": "one"], status: 401,
            error: "invalid_client", code: 7_000_229),
        Case(name: "unknown tenant", tenant: "nobody.example", status: 400, error: "invalid_tenant", code: 90002),
        Case(
            name: "zero tenant", tenant: "00000000-0000-0000-0000-000000000000", status: 400, error: "invalid_tenant",
            code: 900_021),
        Case(name: "malformed tenant", tenant: "x_y", status: 400, error: "invalid_request", code: 900_023),
        Case(name: "common", tenant: "common", status: 400, error: "invalid_request", code: 9_001_023),
        Case(name: "consumers", tenant: "consumers", status: 400, error: "invalid_request", code: 9_001_023),
        Case(name: "organizations", tenant: "organizations", status: 400, error: "invalid_request", code: 50059),
        Case(
            name: "tenant of another cloud", tenant: "gov.example", status: 400, error: "invalid_request", code: 900_382
        ),
        Case(
            name: "scope without .default", fields: ["scope": "https://graph.microsoft.com/User.Read.All"], status: 400,
            error: "invalid_scope", code: 1_002_012),
        Case(
            name: "scope of OpenID only", fields: ["scope": "openid profile"], status: 400, error: "invalid_scope",
            code: 70011),
        Case(
            name: ".default beside a single permission",
            fields: ["scope": "\(TestCloud.graphScope) https://graph.microsoft.com/User.Read"], status: 400,
            error: "invalid_scope", code: 70011),
        Case(
            name: "two resources", fields: ["scope": "\(TestCloud.graphScope) api://orders/.default"], status: 400,
            error: "invalid_scope", code: 700_022),
        Case(
            name: "resource on the second version", fields: ["resource": "https://graph.microsoft.com"], status: 400,
            error: "invalid_request", code: 901_002),
        Case(name: "no scope", fields: ["scope": nil], status: 400, error: "invalid_request", code: 900_144),
        Case(
            name: "no resource on the first version", fields: ["resource": nil], v1: true, status: 400,
            error: "invalid_request", code: 900_144),
        Case(name: "no client", fields: ["client_id": nil], status: 400, error: "invalid_request", code: 900_144),
        Case(name: "no grant", fields: ["grant_type": nil], status: 400, error: "invalid_request", code: 900_144),
        Case(
            name: "another grant", fields: ["grant_type": "password"], status: 400, error: "unsupported_grant_type",
            code: 70003),
        Case(
            name: "an assertion that is no JWT",
            fields: [
                "client_secret": nil, "client_assertion": "abc",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ], status: 400, error: "invalid_request", code: 50027),
    ]

    @Test("A request is refused with status, error and code", arguments: beforeConsent)
    func refusal(refused: Case) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.token(tenant: refused.tenant, refused.fields, v1: refused.v1)
            #expect(reply.status == refused.status)
            #expect(reply.json["error"] as? String == refused.error)
            #expect(reply.code == refused.code)
            let description = try #require(reply.json["error_description"] as? String)
            #expect(description.hasPrefix("AADSTS\(refused.code): "))
            #expect(description.contains("\r\nTrace ID: "))
            #expect(reply.header("cache-control") == "no-store, no-cache")
            #expect(!reply.text.contains(TestCloud.secret))
        }
    }

    @Test("GET is told to POST")
    func wrongMethod() async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.get("\(cloud.login)/contoso.example/oauth2/v2.0/token")
            #expect(reply.status == 400)
            #expect(reply.code == 900_561)
        }
    }

    @Test("An unknown resource is refused once the application is there")
    func unknownResource() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            for scope in ["https://graph.microsoft.us/.default", "api://nothing/.default"] {
                let reply = try await cloud.token(["scope": scope])
                #expect(reply.status == 400)
                #expect(reply.json["error"] as? String == "invalid_resource")
                #expect(reply.code == 500_011)
            }
        }
    }

    @Test("A disabled service principal is refused until it is enabled again")
    func disabled() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            for (isEnabled, code) in [(false, 7_000_112), (true, nil)] {
                let change: [String: Any] = ["client_id": TestCloud.clientID, "account_enabled": isEnabled]
                let patch = try await cloud.wire.control(
                    "PATCH", "/tenants/contoso.example", ["service_principal": change])
                #expect(patch.status == 200)
                let reply = try await cloud.token()
                #expect(reply.status == (isEnabled ? 200 : 400))
                #expect(reply.code == code)
            }
        }
    }

    @Test("Conditional Access refuses with a suberror and the policy's identifier")
    func blocked() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(tenant: "blocked.example", decision: "approve")
            let reply = try await cloud.token(tenant: "blocked.example")
            #expect(reply.status == 400)
            #expect(reply.code == 53003)
            #expect(reply.json["error"] as? String == "invalid_grant")
            #expect(reply.json["suberror"] as? String == "message_only")
            #expect((reply.json["claims"] as? String)?.contains("capolids") == true)
        }
    }

    @Test("A body beyond the limit is refused before it is read")
    func largeBody() async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.token(["client_secret": String(repeating: "x", count: 70_000)])
            #expect(reply.status == 413)
        }
    }

    @Test("A secret works until the instant it expires")
    func secretExpiry() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            _ = try await cloud.wire.control(
                "POST", "/apps",
                [
                    "client_id": TestCloud.clientID,
                    "secrets": [["value": "short", "expires": "2027-01-15T08:00:10Z"]],
                ])
            cloud.clock.advance(seconds: 9)
            #expect(try await cloud.token(["client_secret": "short"]).status == 200)
            cloud.clock.advance(seconds: 1)
            #expect(try await cloud.token(["client_secret": "short"]).code == 7_000_222)
        }
    }
}
