import CurlHTTP
import EntraClient
import Foundation
import Tenancy
import Testing

@Suite("OpenID discovery")
struct OpenIDDiscoveryTests {
    private typealias Answer = ScriptedTransport.Answer
    private static let hosts = [
        "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn",
    ]
    private static let unknown = Answer.json(
        400, #"{"error":"invalid_tenant","error_description":"AADSTS90002: Tenant not found.","error_codes":[90002]}"#)

    /// The document of a tenant, as its authority writes it.
    private static func document(_ tenant: Int, host: String = hosts[0], graph: String = "graph.microsoft.com")
        -> Answer
    {
        .json(
            200,
            """
            {"token_endpoint":"https://evil.example/token","issuer":"https://\(host)/\(tenantID(tenant))/v2.0",\
            "tenant_region_scope":null,"cloud_instance_name":"x","msgraph_host":"\(graph)"}
            """)
    }

    /// Every host answers that it knows no such tenant, but for these.
    private static func transport(_ answers: [String: Answer]) -> ScriptedTransport {
        ScriptedTransport { request, _ in
            let host = String(request.url.dropFirst(8).prefix { $0 != "/" })
            return answers[host] ?? unknown
        }
    }

    private func discover(
        _ text: String, _ transport: ScriptedTransport, in cloud: Cloud? = nil
    ) async throws -> DiscoveredTenant {
        try await OpenIDDiscovery(transport: transport, table: .microsoft).discover(TenantReference(text), in: cloud)
    }

    private func refusal(
        _ text: String, _ transport: ScriptedTransport, in cloud: Cloud? = nil
    ) async -> OnboardingError.Reason? {
        await #expect(throws: OnboardingError.self) { try await discover(text, transport, in: cloud) }?.reason
    }

    private static func isUndecided(_ reason: OnboardingError.Reason?) -> Bool {
        if case .undecided = reason { true } else { false }
    }

    @Test("asks each host once, for the document of that name")
    func requests() async throws {
        let transport = Self.transport([Self.hosts[0]: Self.document(1)])
        let found = try await discover("contoso.com", transport)
        #expect(found == DiscoveredTenant(id: tenantID(1), cloud: .public))
        #expect(
            transport.requests.map(\.url).sorted()
                == Self.hosts.map { "https://\($0)/contoso.com/v2.0/.well-known/openid-configuration" }.sorted())
        #expect(transport.requests.allSatisfy { $0.method == .get && $0.body == nil })
    }

    @Test("asks one host only when the cloud is named")
    func oneCloud() async throws {
        let transport = Self.transport([
            Self.hosts[1]: Self.document(1, host: Self.hosts[1], graph: "graph.microsoft.us")
        ])
        #expect(try await discover("contoso.com", transport, in: .usGov).cloud == .usGov)
        #expect(transport.requests.count == 1)
        #expect(await refusal("contoso.com", transport, in: .usGovDoD) == .unknown)
    }

    @Test("believes the document, not the host that sent it, as to the cloud")
    func foreignDescription() async throws {
        let gov = Self.document(1, host: Self.hosts[1], graph: "dod-graph.microsoft.us")
        let transport = Self.transport([Self.hosts[0]: gov, Self.hosts[1]: gov])
        #expect(try await discover("contoso.us", transport) == DiscoveredTenant(id: tenantID(1), cloud: .usGovDoD))
    }

    @Test("refuses a name that means different tenants, or one GUID in two clouds")
    func ambiguous() async throws {
        let china = Self.document(2, host: Self.hosts[2], graph: "microsoftgraph.chinacloudapi.cn")
        let two = Self.transport([Self.hosts[0]: Self.document(1), Self.hosts[2]: china])
        #expect(
            await refusal("contoso.com", two)
                == .ambiguous([
                    DiscoveredTenant(id: tenantID(2), cloud: .china), DiscoveredTenant(id: tenantID(1), cloud: .public),
                ]))
        #expect(try await discover("contoso.com", two, in: .china).id == tenantID(2))
        let same = Self.document(1, host: Self.hosts[2], graph: "microsoftgraph.chinacloudapi.cn")
        let twice = Self.transport([Self.hosts[0]: Self.document(1), Self.hosts[2]: same])
        guard case .ambiguous(let found) = await refusal(tenantID(1).description, twice) else {
            Issue.record("one GUID in two clouds was not refused")
            return
        }
        #expect(found.map(\.cloud) == [.china, .public])
    }

    @Test("knows a tenant to be unknown only when every host says so", arguments: [90_002, 900_021, 900_023, 90_038])
    func unknown(_ code: Int) async {
        let transport = ScriptedTransport(.json(400, #"{"error":"invalid_tenant","error_codes":[\#(code)]}"#))
        #expect(await refusal("nobody.example", transport) == .unknown)
        let old = ScriptedTransport(
            .json(400, #"{"error":"invalid_request","error_description":"AADSTS\#(code): x"}"#))
        #expect(await refusal("nobody.example", old) == .unknown)
    }

    @Test(
        "decides nothing while one host gives no answer, even if another knows the tenant",
        arguments: [
            .failure(.timedOut), .failure(.cannotConnect), .json(500, "<html>"), .json(429, "Too Many Requests"),
            .json(503, ""), .json(302, ""), .json(404, ""), .json(400, "{}"), .json(400, "<html>"),
            .json(400, #"{"error":"invalid_instance","error_codes":[50049]}"#),
            .json(401, #"{"error":"invalid_tenant","error_codes":[90002]}"#),
        ] as [ScriptedTransport.Answer])
    func undecided(_ answer: ScriptedTransport.Answer) async {
        for host in Self.hosts {
            var answers = [Self.hosts[0]: Self.document(1)]
            answers[host] = answer
            #expect(Self.isUndecided(await refusal("contoso.com", Self.transport(answers))), "\(host)")
        }
    }

    @Test(
        "decides nothing by a document that names no tenant of a known cloud",
        arguments: [
            "", "[]", "{}", #"{"issuer":7}"#, #"{"issuer":""}"#,
            #"{"issuer":"https://evil.example/\#(tenantID(1))/v2.0"}"#,
            #"{"issuer":"https://login.microsoftonline.com/{tenantid}/v2.0"}"#,
            #"{"issuer":"https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0"}"#,
            #"{"issuer":"http://login.microsoftonline.com/\#(tenantID(1))/v2.0"}"#,
            #"{"issuer":"https://login.microsoftonline.com@evil.example/\#(tenantID(1))/v2.0"}"#,
        ])
    func garbage(_ body: String) async {
        let transport = Self.transport([Self.hosts[0]: .json(200, body)])
        #expect(Self.isUndecided(await refusal("contoso.com", transport)))
    }

    @Test("decides nothing by the document of another tenant than the GUID that was asked for")
    func anotherGUID() async {
        let transport = Self.transport([Self.hosts[0]: Self.document(2)])
        #expect(Self.isUndecided(await refusal(tenantID(1).description, transport)))
    }

    @Test("asks an authority of one's own and believes only its documents")
    func custom() async throws {
        let table = try #require(CloudTable(authority: "https://localhost:8443", graph: "https://localhost:8444"))
        let transport = Self.transport([
            "localhost:8443": Self.document(1, host: "localhost:8443", graph: "localhost:8444")
        ])
        let discovery = OpenIDDiscovery(transport: transport, table: table)
        let found = try await discovery.discover(TenantReference("contoso.com"), in: nil)
        #expect(found == DiscoveredTenant(id: tenantID(1), cloud: .public))
        #expect(
            transport.requests.map(\.url) == [
                "https://localhost:8443/contoso.com/v2.0/.well-known/openid-configuration"
            ])
    }
}
