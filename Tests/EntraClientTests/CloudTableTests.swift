import Tenancy
import Testing

@testable import EntraClient

@Suite("Cloud table")
struct CloudTableTests {
    @Test(
        "knows Microsoft's four clouds",
        arguments: [
            (.public, "https://login.microsoftonline.com", "https://graph.microsoft.com"),
            (.usGov, "https://login.microsoftonline.us", "https://graph.microsoft.us"),
            (.usGovDoD, "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
            (.china, "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
        ] as [(Cloud, String, String)])
    func microsoft(_ cloud: Cloud, _ authority: String, _ graph: String) {
        #expect(
            CloudTable.microsoft[cloud] == CloudEndpoints(cloud: cloud, authority: authority, graph: graph))
    }

    @Test("builds token endpoints from the tenant's GUID")
    func tokenEndpoint() {
        #expect(
            CloudTable.microsoft[.usGov]?.tokenEndpoint(of: tenantID(1))
                == "https://login.microsoftonline.us/\(tenantID(1))/oauth2/v2.0/token")
    }

    @Test("with an authority of one's own has the public cloud only")
    func custom() throws {
        let table = try #require(CloudTable(authority: "https://LOCALHOST:8443/", graph: "https://127.0.0.1:8444"))
        #expect(table.clouds.map(\.cloud) == [.public])
        #expect(table[.public]?.authority == "https://localhost:8443")
        #expect(table[.public]?.graph == "https://127.0.0.1:8444")
        #expect(table[.usGov] == nil)
    }

    @Test(
        "takes an authority of one's own as https://host[:port]",
        arguments: ["https://localhost", "https://localhost:1", "https://a.b-c.example:65535/", "https://[::1]:8443"])
    func origins(_ text: String) {
        #expect(CloudTable(authority: text, graph: "https://localhost") != nil)
        #expect(CloudTable(authority: "https://localhost", graph: text) != nil)
    }

    @Test("knows the issuers of other authorities by their path")
    func foreign() {
        for text in ["https://id.example/realms/x", "https://id.example/oauth2/default/", "https://id.example//x"] {
            #expect(CloudTable.isForeign(text))
        }
        for text in ["https://login.microsoftonline.com", "https://localhost:8443/", "http://x/y", "x/y", ""] {
            #expect(!CloudTable.isForeign(text))
        }
    }

    @Test(
        "takes nothing else",
        arguments: [
            "", "localhost", "http://localhost", "https://", "https:///", "https://localhost/tenant",
            "https://localhost//",
            "https://localhost?x", "https://localhost/?x", "https://localhost#x", "https://user@localhost",
            "https://user:pw@localhost", "https://a b", "https://a\n", "https://a\\b", "https://a\"b",
            "https://höst.example", "https://\u{212A}.example", "ftp://localhost", "//localhost",
            "https://localhost:", "https://localhost:https", "https://:8443", "https://localhost:99999",
            "https://localhost:1:2", "https://local%68ost", "https://a,b", "https://*",
        ])
    func noOrigins(_ text: String) {
        #expect(CloudTable(authority: text, graph: "https://localhost") == nil)
        #expect(CloudTable(authority: "https://localhost", graph: text) == nil)
    }

    @Test(
        "tells the cloud by the issuer's host, whatever alias it goes by",
        arguments: [
            ("https://login.microsoftonline.com/x/v2.0", "graph.microsoft.com", .public),
            ("https://sts.windows.net/x/", nil, .public), ("https://login.windows.net/x/", nil, .public),
            ("https://login.microsoft.com/x/", nil, .public), ("https://LOGIN.microsoftonline.com/x", nil, .public),
            ("https://login.microsoftonline.us/x/v2.0", "graph.microsoft.us", .usGov),
            ("https://login.microsoftonline.us/x/v2.0", "dod-graph.microsoft.us", .usGovDoD),
            ("https://login.usgovcloudapi.net/x/v2.0", "dod-graph.microsoft.us", .usGovDoD),
            ("https://login.partner.microsoftonline.cn/x/v2.0", "microsoftgraph.chinacloudapi.cn", .china),
            ("https://login.chinacloudapi.cn/x/v2.0", nil, .china),
        ] as [(String, String?, Cloud)])
    func clouds(_ issuer: String, _ graphHost: String?, _ cloud: Cloud) {
        #expect(CloudTable.microsoft.cloud(issuer: issuer, graphHost: graphHost) == cloud)
    }

    @Test(
        "knows no cloud for any other issuer",
        arguments: [
            "", "https://evil.example/x/v2.0", "http://login.microsoftonline.com/x",
            "https://login.microsoftonline.com.evil.example/x", "https://login.microsoftonline.com@evil.example/x",
            "https://login.microsoftonline.com:444/x", "https://evil.example/https://login.microsoftonline.com/x",
            "https://login.microsoftonline.de/x",
        ])
    func strangers(_ issuer: String) {
        #expect(CloudTable.microsoft.cloud(issuer: issuer, graphHost: "graph.microsoft.com") == nil)
    }
}
