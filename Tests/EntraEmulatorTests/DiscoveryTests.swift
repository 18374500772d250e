import Foundation
import Testing

@Suite("Discovery")
struct DiscoveryTests {
    @Test(
        "A tenant asked for by domain is described by its identifier",
        arguments: ["contoso.example", "CONTOSO.example", TestCloud.contoso])
    func documentByName(name: String) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.get("\(cloud.login)/\(name)/v2.0/.well-known/openid-configuration")
            #expect(reply.status == 200)
            #expect(reply.header("cache-control") == "max-age=86400, private")
            let base = "\(cloud.login)/\(TestCloud.contoso)"
            #expect(reply.json["issuer"] as? String == "\(base)/v2.0")
            #expect(reply.json["token_endpoint"] as? String == "\(base)/oauth2/v2.0/token")
            #expect(reply.json["jwks_uri"] as? String == "\(base)/discovery/v2.0/keys")
            #expect(reply.json["msgraph_host"] as? String == String(cloud.graph.dropFirst(8)))
            #expect(reply.json["tenant_region_scope"] as? String == "WW")
        }
    }

    @Test("The first version's document has the first version's issuer and paths")
    func documentV1() async throws {
        try await TestCloud.run { cloud in
            let json = try await cloud.wire
                .get("\(cloud.login)/contoso.example/.well-known/openid-configuration").json
            #expect(json["issuer"] as? String == "https://sts.windows.net/\(TestCloud.contoso)/")
            #expect(json["token_endpoint"] as? String == "\(cloud.login)/\(TestCloud.contoso)/oauth2/token")
        }
    }

    @Test("Shared authorities have a template for an issuer and no region", arguments: ["common", "organizations"])
    func sharedDocument(name: String) async throws {
        try await TestCloud.run { cloud in
            let json = try await cloud.wire.get("\(cloud.login)/\(name)/v2.0/.well-known/openid-configuration").json
            #expect(json["issuer"] as? String == "\(cloud.login)/{tenantid}/v2.0")
            #expect(json["tenant_region_scope"] is NSNull)
        }
    }

    @Test(
        "A tenant of another cloud is described as that cloud would",
        arguments: [
            ("gov.example", "login.microsoftonline.us", "graph.microsoft.us", "DODCON"),
            ("dod.example", "login.microsoftonline.us", "dod-graph.microsoft.us", "DOD"),
            ("china.example", "login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn", nil),
        ] as [(String, String, String, String?)])
    func otherCloud(name: String, login: String, graph: String, subScope: String?) async throws {
        try await TestCloud.run { cloud in
            let json = try await cloud.wire.get("\(cloud.login)/\(name)/v2.0/.well-known/openid-configuration").json
            #expect((json["issuer"] as? String)?.hasPrefix("https://\(login)/") == true)
            #expect(json["msgraph_host"] as? String == graph)
            #expect(json["tenant_region_sub_scope"] as? String == subScope)
        }
    }

    @Test(
        "A name that is no tenant is refused with its own code, and may be remembered for a day",
        arguments: [
            ("nobody.example", "invalid_tenant", 90002),
            ("bbbbbbbb-0000-4000-8000-000000000009", "invalid_tenant", 90002),
            ("00000000-0000-0000-0000-000000000000", "invalid_tenant", 900_021),
            ("not%20a%20tenant", "invalid_request", 900_023), ("%2e%2e", "invalid_request", 900_023),
            ("a..example", "invalid_request", 900_023),
        ])
    func unknownTenant(name: String, error: String, code: Int) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.get("\(cloud.login)/\(name)/v2.0/.well-known/openid-configuration")
            #expect(reply.status == 400)
            #expect(reply.json["error"] as? String == error)
            #expect(reply.code == code)
            #expect((reply.json["error_uri"] as? String)?.hasSuffix("/error?code=\(code)") == true)
            #expect(reply.header("cache-control") == "max-age=86400, private")
        }
    }

    @Test("Instance discovery knows the emulator's own host and Microsoft's", arguments: ["1.0", "1.1"])
    func instance(version: String) async throws {
        try await TestCloud.run { cloud in
            let own = String(cloud.login.dropFirst(8))
            for host in [own, "login.microsoftonline.com", "login.chinacloudapi.cn"] {
                let reply = try await cloud.wire.get(
                    "\(cloud.login)/common/discovery/instance?api-version=\(version)&authorization_endpoint="
                        + "https%3A%2F%2F\(host)%2Fcontoso.example%2Foauth2%2Fv2.0%2Fauthorize")
                #expect(reply.status == 200)
                #expect(
                    reply.json["tenant_discovery_endpoint"] as? String
                        == "https://\(host)/contoso.example/v2.0/.well-known/openid-configuration")
                let metadata = reply.json["metadata"] as? [[String: Any]] ?? []
                #expect(metadata.count == 6)
                #expect(metadata.first?["preferred_network"] as? String == own)
            }
        }
    }

    @Test("Instance discovery refuses a host that is nobody's")
    func unknownInstance() async throws {
        try await TestCloud.run { cloud in
            let base = "\(cloud.login)/common/discovery/instance?api-version=1.1"
            let stranger = try await cloud.wire.get(
                "\(base)&authorization_endpoint=https://evil.example/t/oauth2/authorize")
            #expect(stranger.status == 400)
            #expect(stranger.json["error"] as? String == "invalid_instance")
            #expect(stranger.code == 50049)
            #expect(try await cloud.wire.get(base).code == 50050)
        }
    }

    @Test("Published keys carry all that validating libraries ask for")
    func keys() async throws {
        try await TestCloud.run { cloud in
            let json = try await cloud.wire.get("\(cloud.login)/contoso.example/discovery/v2.0/keys").json
            let keys = json["keys"] as? [[String: Any]] ?? []
            #expect(keys.count == 2)
            for key in keys {
                #expect(key["kty"] as? String == "RSA")
                #expect(key["use"] as? String == "sig")
                #expect(key["kid"] as? String == key["x5t"] as? String)
                #expect((key["x5c"] as? [String])?.count == 1)
                #expect(key["issuer"] as? String == "\(cloud.login)/\(TestCloud.contoso)/v2.0")
            }
        }
    }
}
