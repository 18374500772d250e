import Foundation
import JWTKit
import Testing

@Suite("Token by secret")
struct TokenTests {
    @Test("A reply has the second version's members and the headers that forbid caching")
    func reply() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let reply = try await cloud.token()
            #expect(reply.status == 200)
            #expect(reply.json["token_type"] as? String == "Bearer")
            #expect(reply.json["expires_in"] as? Int == 3599)
            #expect(reply.json["ext_expires_in"] as? Int == 3599)
            #expect(reply.json["scope"] == nil)
            #expect(reply.header("cache-control") == "no-store, no-cache")
            #expect(reply.header("x-ms-request-id") != nil)
        }
    }

    @Test("The first version's endpoint answers in strings")
    func v1Reply() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let json = try await cloud.token(v1: true).json
            #expect(json["expires_in"] as? String == "3599")
            #expect(json["resource"] as? String == "https://graph.microsoft.com")
            #expect(json["expires_on"] as? String == "1800003599")
        }
    }

    @Test("A Graph token has the first version's claims, whatever the endpoint")
    func claims() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let claims = try await cloud.token(tenant: "contoso.example").claims
            #expect(claims["iss"] as? String == "https://sts.windows.net/\(TestCloud.contoso)/")
            #expect(claims["ver"] as? String == "1.0")
            #expect(claims["aud"] as? String == "https://graph.microsoft.com")
            #expect(claims["appid"] as? String == TestCloud.clientID)
            #expect(claims["appidacr"] as? String == "1")
            #expect(claims["tid"] as? String == TestCloud.contoso)
            #expect(claims["idtyp"] as? String == "app")
            #expect(claims["oid"] as? String == claims["sub"] as? String)
            #expect(claims["roles"] as? [String] == ["User.Read.All", "Organization.Read.All"])
            #expect(claims["iat"] as? Int == 1_800_000_000)
            #expect(claims["exp"] as? Int == 1_800_003_599)
            #expect(claims["scp"] == nil)
        }
    }

    @Test(
        "Graph may be asked for by any of its names, and the audience is the name used",
        arguments: [
            "https://graph.microsoft.com", "https://graph.microsoft.com/", "00000003-0000-0000-c000-000000000000",
            "own",
        ])
    func graphNames(name: String) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let asked = name == "own" ? cloud.graph : name
            let reply = try await cloud.token(["scope": "\(asked)/.default"])
            #expect(reply.claims["aud"] as? String == asked)
            #expect((reply.claims["roles"] as? [String])?.count == 2)
            let users = try await cloud.wire.get(
                "\(cloud.graph)/v1.0/users", headers: [("Authorization", "Bearer \(reply.accessToken)")])
            #expect(users.status == 200)
        }
    }

    @Test(
        "Claims that are asked for are in the history letter by letter, and the client's capabilities in the token",
        arguments: [
            (#"{"access_token":{"xms_cc":{"values":["cp1"]}}}"#, ["cp1"]),
            (
                #"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["CP1","x"]}}}"#,
                ["CP1", "x"]
            ),
            (#"{"access_token":{"xms_cc":{"value":"cp1"}}}"#, ["cp1"]), (#"{ "id_token": {"a": null} }"#, nil),
            ("{}", nil),
        ] as [(String, [String]?)])
    func claimsParameter(_ text: String, _ capabilities: [String]?) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let reply = try await cloud.token(["claims": text])
            #expect(reply.claims["xms_cc"] as? [String] == capabilities)
            let history = try await cloud.wire.control("GET", "/requests?endpoint=token")
            #expect((history.json["requests"] as? [[String: Any]])?.last?["claims"] as? String == text)
        }
    }

    @Test("Claims that are no JSON object are refused", arguments: ["x", "[]", "null", #"{"a""#, "e30"])
    func badClaims(_ text: String) async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let reply = try await cloud.token(["claims": text])
            #expect(reply.status == 400 && reply.json["error"] as? String == "invalid_request")
            #expect(reply.json["error_codes"] as? [Int] == [50_117])
            let history = try await cloud.wire.control("GET", "/requests?endpoint=token")
            #expect((history.json["requests"] as? [[String: Any]])?.last?["claims"] as? String == text)
        }
    }

    @Test("A resource of the second version gets second-version tokens with its own roles")
    func v2Resource() async throws {
        try await TestCloud.run { cloud in
            let link = cloud.consentLink(["scope": "api://orders/.default"])
            #expect(try await cloud.consent(decision: "approve", link: link)["outcome"] as? String == "approved")
            let claims = try await cloud.token(["scope": "api://orders/.default"]).claims
            #expect(claims["iss"] as? String == "\(cloud.login)/\(TestCloud.contoso)/v2.0")
            #expect(claims["aud"] as? String == "cccccccc-0000-4000-8000-000000000001")
            #expect(claims["azp"] as? String == TestCloud.clientID)
            #expect(claims["azpacr"] as? String == "1")
            #expect(claims["appid"] == nil)
            #expect(claims["roles"] as? [String] == ["Orders.Read"])
            #expect(try await cloud.token().claims["roles"] == nil)
        }
    }

    private struct Claims: JWTPayload {
        let tid: String
        func verify(using algorithm: some JWTAlgorithm) async throws {}
    }

    @Test("A token verifies with another library against the published keys")
    func foreignVerification() async throws {
        try await TestCloud.run { cloud in
            let token = try await cloud.grantedToken()
            let keys = JWTKeyCollection()
            try await keys.add(jwksJSON: cloud.wire.get("\(cloud.login)/common/discovery/keys").text)
            let claims = try await keys.verify(token, as: Claims.self)
            #expect(claims.tid == TestCloud.contoso)
        }
    }

    @Test("Basic authentication is as good as a secret in the body")
    func basic() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let secret = try #require(TestCloud.secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let header = Data("\(TestCloud.clientID):\(secret)".utf8).base64EncodedString()
            let reply = try await cloud.token(
                ["client_id": nil, "client_secret": nil], headers: [("Authorization", "Basic \(header)")])
            #expect(reply.status == 200)
        }
    }

    @Test("OpenID scopes beside the resource and unknown fields are ignored, as SDKs send them")
    func extraFields() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            let reply = try await cloud.token([
                "scope": "\(TestCloud.graphScope) openid offline_access profile", "client_info": "1",
                "x-client-SKU": "msal.js.node",
            ])
            #expect(reply.status == 200)
        }
    }

    @Test("The client's request identifier comes back only when asked for")
    func correlation() async throws {
        try await TestCloud.run { cloud in
            let id = "99999999-0000-4000-8000-000000000001"
            let asked = try await cloud.token(
                ["client_secret": "wrong"],
                headers: [("client-request-id", id), ("return-client-request-id", "true")])
            #expect(asked.header("client-request-id") == id)
            #expect(asked.json["correlation_id"] as? String == id)
            #expect(asked.json["trace_id"] as? String == asked.header("x-ms-request-id"))
            let unasked = try await cloud.token(
                headers: [("client-request-id", id), ("return-client-request-id", "false")])
            #expect(unasked.header("client-request-id") == nil)
            #expect(unasked.json["correlation_id"] as? String == id)
        }
    }

    @Test("A token lives as long as its tenant says")
    func lifetime() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            _ = try await cloud.wire.control("PATCH", "/tenants/contoso.example", ["token_lifetime_seconds": 600])
            let reply = try await cloud.token()
            #expect(reply.json["expires_in"] as? Int == 600)
            #expect(reply.claims["exp"] as? Int == 1_800_000_600)
        }
    }
}
