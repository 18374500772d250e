import Tenancy
import Testing

@Suite("Resource")
struct ResourceTests {
    @Test(
        "is an https or api URI or a GUID",
        arguments: [
            "https://graph.microsoft.com", "api://crm", "https://database.windows.net/",
            "00000003-0000-0ff1-ce00-000000000000",
        ])
    func accepted(_ text: String) {
        #expect(Resource(text)?.description == text)
        #expect(Resource(text)?.defaultScope == text + "/.default")
    }

    @Test("is the same with the scope's suffix and without")
    func suffix() {
        #expect(Resource("https://graph.microsoft.com/.default") == graph)
        #expect(
            Resource("https://database.windows.net//.default")?.defaultScope == "https://database.windows.net//.default"
        )
    }

    @Test(
        "is refused in any other form",
        arguments: [
            "", "graph.microsoft.com", "http://graph.microsoft.com", "https://", "api://", "/.default",
            "https:///.default", "User.Read.All", "https://a b", "https://a\nb", "https://a\"b", "https://a'b",
            "https://ä.example", "https://a\\b", "00000000-0000-0000-0000-000000000000",
            "https://graph.microsoft.com/.default https://vault.azure.net/.default",
            "https://" + String(repeating: "a", count: 248),
        ])
    func refused(_ text: String) {
        #expect(Resource(text) == nil)
    }

    @Test("may be 255 characters long")
    func length() {
        #expect(Resource("https://" + String(repeating: "a", count: 247)) != nil)
    }
}

@Suite("Release")
struct ReleaseTests {
    @Test("names its resources in the order they first appear")
    func resources() {
        let vault = resource("https://vault.azure.net")
        let permissions = [(graph, "A"), (vault, "B"), (graph, "C")].map {
            Permission(resource: $0.0, role: $0.1, reason: "")
        }
        let release = Release(app: appName("crm"), number: 1, permissions: permissions)
        #expect(release.resources == [graph, vault])
    }
}
