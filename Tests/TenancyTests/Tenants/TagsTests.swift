import Tenancy
import Testing

@Suite("Tags")
struct TagsTests {
    @Test(
        "are pairs separated by spaces or commas",
        arguments: ["ring=canary plan=gold", "plan=gold,ring=canary", " ring=canary ,, plan=gold "])
    func parsing(_ text: String) {
        #expect(Tags(parsing: text)?.values == ["ring": "canary", "plan": "gold"])
    }

    @Test("are written by key and read again")
    func text() throws {
        let tags = try #require(Tags(["ring": "canary", "plan": "gold", "a.b_c-D": "9"]))
        #expect(tags.text == "a.b_c-D=9 plan=gold ring=canary")
        #expect(Tags(parsing: tags.text) == tags)
    }

    @Test("may be none")
    func none() {
        #expect(Tags(parsing: "") == Tags.none)
        #expect(Tags(parsing: " , ") == Tags.none)
    }

    @Test(
        "that break the rules are refused",
        arguments: [
            "ring", "ring=", "=canary", "ring=a ring=b", "ring=a=b", "ring=ä", "r/ng=a", "ring=a;b", "=", "a\tb=c",
        ])
    func refused(_ text: String) {
        #expect(Tags(parsing: text) == nil)
    }

    @Test("have words of 63 characters at most")
    func length() {
        let longest = String(repeating: "a", count: 63)
        #expect(Tags([longest: longest]) != nil)
        #expect(Tags([longest + "a": "b"]) == nil)
        #expect(Tags(["b": longest + "a"]) == nil)
    }

    @Test("are 32 at most")
    func count() {
        func tags(_ count: Int) -> Tags? {
            Tags(Dictionary(uniqueKeysWithValues: (0..<count).map { ("key\($0)", "value") }))
        }
        #expect(tags(32) != nil)
        #expect(tags(33) == nil)
    }
}
