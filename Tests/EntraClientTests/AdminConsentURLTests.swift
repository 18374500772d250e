import EntraClient
import Tenancy
import Testing

@Suite("Admin-consent URL")
struct AdminConsentURLTests {
    private func url(_ cloud: Cloud, _ table: CloudTable = .microsoft, resources: [Resource] = [graph]) -> String? {
        AdminConsentURL(table: table).adminConsentURL(
            cloud: cloud, tenant: tenantID(1), clientID: ClientID(guid(9)), resources: resources,
            redirectURI: "https://isv.example/cb?x=1&y=2", state: Secret("s+t/a=te"))?.exposed
    }

    @Test("is the v2 endpoint of that very tenant, asking for everything registered")
    func exact() {
        #expect(
            url(.public) == "https://login.microsoftonline.com/00000000-0000-4000-8000-000000000001/v2.0/adminconsent"
                + "?client_id=00000000-0000-4000-8000-000000000009"
                + "&redirect_uri=https%3A%2F%2Fisv.example%2Fcb%3Fx%3D1%26y%3D2"
                + "&state=s%2Bt%2Fa%3Dte"
                + "&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default")
    }

    @Test("names several resources with a space between")
    func severalResources() {
        #expect(
            url(.public, resources: [graph, resource("api://crm")])?
                .hasSuffix("&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default%20api%3A%2F%2Fcrm%2F.default") == true)
    }

    @Test(
        "lies on the host of the cloud",
        arguments: [
            (.usGov, "login.microsoftonline.us"), (.usGovDoD, "login.microsoftonline.us"),
            (.china, "login.partner.microsoftonline.cn"),
        ] as [(Cloud, String)])
    func hosts(_ cloud: Cloud, _ host: String) {
        #expect(url(cloud)?.hasPrefix("https://\(host)/\(tenantID(1))/v2.0/adminconsent?") == true)
    }

    @Test("is not there for a cloud that is not configured")
    func unconfigured() throws {
        let table = try #require(CloudTable(authority: "https://localhost:1", graph: "https://localhost:2"))
        #expect(url(.china, table) == nil)
        #expect(url(.public, table)?.hasPrefix("https://localhost:1/") == true)
    }
}
