import Foundation
import Tenancy
import Testing

@Suite("Graph path")
struct GraphPathTests {
    @Test(
        "begins with the version unless it names one",
        arguments: [
            ("/users", "/v1.0/users"), ("/v1.0/users", "/v1.0/users"), ("/beta/users", "/beta/users"),
            ("/users?$select=id&$top=5", "/v1.0/users?$select=id&$top=5"), ("/", "/v1.0/"),
            ("/users/a%20b", "/v1.0/users/a%20b"),
            ("/users?$filter=a%20eq%20'..//b'", "/v1.0/users?$filter=a%20eq%20'..//b'"),
            ("/sites/x:/a.b..c", "/v1.0/sites/x:/a.b..c"),
        ])
    func accepted(_ text: String, _ expected: String) {
        #expect(GraphPath(text)?.description == expected)
    }

    @Test(
        "that could name another host or climb is refused",
        arguments: [
            "", "users", "https://graph.microsoft.com/v1.0/users", "//evil.example/users", "/users//x", "/../users",
            "/users/..", "/v1.0/../../x", "/%2e%2e/x", "/%2E./x", "/.%2e/x", "/users%2f..", "/users%2F..", "/users#x",
            "/users\\x", "/a b", "/a\nb", "/a\r\nHost: evil.example", "/ü", "/a\"b", "@evil.example/", "?x", "/\u{7f}",
        ])
    func refused(_ text: String) {
        #expect(GraphPath(text) == nil)
    }

    @Test("has 2,000 characters at most")
    func length() {
        #expect(GraphPath("/" + String(repeating: "a", count: 1_999)) != nil)
        #expect(GraphPath("/" + String(repeating: "a", count: 2_000)) == nil)
    }
}

@Suite("Run id")
struct RunIDTests {
    @Test("sorts by age and is read again")
    func order() {
        let randomness = Randomness.seeded(6)
        let ids = (0..<200).map {
            RunID(at: ManualClock.start + Double($0) * 0.001 * pow(1.1, Double($0)), randomness: randomness).description
        }
        #expect(ids == ids.sorted() && Set(ids).count == 200)
        #expect(ids.allSatisfy { RunID($0)?.description == $0 })
    }

    @Test("differs in the same instant")
    func sameInstant() {
        let randomness = Randomness.seeded(6)
        #expect(Set((0..<100).map { _ in RunID(at: ManualClock.start, randomness: randomness) }).count == 100)
    }

    @Test(
        "is refused in any other form, for it names a directory",
        arguments: [
            "", "..", "../../../../../../etc/passwd", "0123456789012345678901234u", "0123456789012345678901234A",
            "01234567890123456789012345/",
        ])
    func refused(_ text: String) {
        #expect(RunID(text) == nil)
    }
}
