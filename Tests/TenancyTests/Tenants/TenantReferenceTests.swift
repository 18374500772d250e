import Tenancy
import Testing

@Suite("Tenant domain")
struct TenantDomainTests {
    @Test(
        "is a DNS name of two labels or more",
        arguments: [
            "contoso.com", "contoso.onmicrosoft.com", "a.b", "xn--mller-kva.example", "1und1.de",
            "contoso.co.uk", String(repeating: "a", count: 63) + ".com",
        ])
    func accepted(_ text: String) {
        #expect(TenantDomain(text)?.description == text)
    }

    @Test("is kept in lower case")
    func lowerCase() {
        #expect(TenantDomain("Contoso.COM")?.description == "contoso.com")
        #expect(TenantDomain("Contoso.COM") == TenantDomain("contoso.com"))
    }

    @Test(
        "is refused in any other form",
        arguments: [
            "", ".", "..", "...", "contoso", "common", "../x", "a/../b.com", "contoso.com/", "contoso.com.",
            ".contoso.com", "a..b", "-a.com", "a-.com", "a_b.com", "müller.de", "127.0.0.1", "10.1", "[::1]",
            "contoso.com:443", "user@contoso.com", "contoso.com?x", "contoso.com#x", "contoso%2ecom", "a b.com",
            " contoso.com", "contoso.com\n", "contoso.com\r\nHost: evil.example", "contoso.com\u{0}",
            "contoso。com", "cont\u{200B}oso.com", "$(touch x).com", "*.contoso.com",
            String(repeating: "a", count: 64) + ".com", String(repeating: "a.", count: 126) + "com",
            String(repeating: "a", count: 10_000), String(repeating: "a.", count: 5_000) + "com",
        ])
    func refused(_ text: String) {
        #expect(TenantDomain(text) == nil)
    }

    @Test("is refused when it only looks like ASCII: the Kelvin sign is no k")
    func kelvin() {
        #expect(TenantDomain("\u{212A}ontoso.com") == nil)
    }

    @Test("may be 253 characters long and no more")
    func length() {
        let longest = String(repeating: "a.", count: 125) + "com"
        #expect(longest.utf8.count == 253)
        #expect(TenantDomain(longest) != nil)
        #expect(TenantDomain("a" + longest) == nil)
    }
}

@Suite("Tenant reference")
struct TenantReferenceTests {
    @Test("is a GUID or a domain")
    func kinds() throws {
        #expect(try TenantReference(tenantID(1).description.uppercased()) == .id(tenantID(1)))
        let domain = try #require(TenantDomain("contoso.com"))
        #expect(try TenantReference("Contoso.com") == .domain(domain))
        #expect(try TenantReference("Contoso.com").description == "contoso.com")
    }

    @Test(
        "refuses whatever stands for any tenant, and says why",
        arguments: ["common", "organizations", "consumers", "Common", "ORGANIZATIONS"])
    func anyTenant(_ text: String) {
        let error = #expect(throws: OnboardingError.self) { try TenantReference(text) }
        #expect(error?.problem.detail.contains("any tenant") == true)
    }

    @Test("refuses the empty GUID, and says why")
    func emptyGUID() {
        let error = #expect(throws: OnboardingError.self) {
            try TenantReference("00000000-0000-0000-0000-000000000000")
        }
        #expect(error?.problem.detail.contains("empty GUID") == true)
    }

    @Test(
        "refuses what could change the path of a URL",
        arguments: ["", "../x", ".", "..", "a/b", "%2e%2e", "t1/t2", "x@evil", "a?b", "a\r\nb"])
    func path(_ text: String) {
        let error = #expect(throws: OnboardingError.self) { try TenantReference(text) }
        #expect(error?.problem.kind == .invalid)
        #expect(error?.problem.code == "tenant_malformed")
    }

    @Test("shortens what it refuses")
    func shortened() {
        let error = #expect(throws: OnboardingError.self) {
            try TenantReference(String(repeating: "x", count: 10_000))
        }
        #expect(error?.subject == String(repeating: "x", count: 60) + "…")
    }
}
