import Tenancy
import Testing

@Suite("Selector") struct SelectorTests {
    @Test(
        "has one spelling for each meaning",
        arguments: [
            ("", ""), ("   ", ""), ("ring=canary", "ring=canary"),
            (" ring = canary , plan != trial ", "plan!=trial,ring=canary"),
            ("b,a,a", "a,b"), ("!ring", "!ring"), ("! ring", "!ring"), ("plan=silver|gold|gold", "plan=gold|silver"),
            ("plan!=b|a", "plan!=a|b"), ("state=granted|behind", "state=behind|granted"),
            ("who_must_act=you", "who_must_act=you"), ("tenant.state=paused", "tenant.state=paused"),
            ("cloud!=china", "cloud!=china"), ("group=late|early", "group=early|late"),
            ("name~Contoso", "name~Contoso"),
            ("!name~test", "!name~test"), ("name~\"a, b|c\"", "name~\"a, b|c\""),
            (#"text~"say \"x\\y\"""#, #"text~"say \"x\\y\"""#), ("name~ two words ", "name~\"two words\""),
            ("tag:state=x", "tag:state=x"), ("tag:ring=x", "ring=x"), ("!tag:group", "!tag:group"),
            ("name~Größe", "name~Größe"),
            ("state.of=x", "state.of=x"),
        ])
    func canonical(_ text: String, _ expected: String) throws {
        let selector = try Selector(parsing: text)
        #expect(selector.description == expected)
        #expect(try Selector(parsing: expected) == selector)
    }

    @Test(
        "that cannot be read says where and what was expected",
        arguments: [
            ("ring=", 6, "a value"), ("=x", 1, "a tag's name"), ("ring=canary,", 13, "a tag's name"),
            (",ring", 1, "a tag's name"), ("ring canary", 6, "',' or the end"), ("ring=a b", 6, "a tag's value"),
            ("ring=a|", 8, "a value"), ("ring!x", 6, "'=' after '!'"), ("state=maybe", 7, "one of none, invited"),
            ("state", 6, "'=' or '!='"), ("!state", 2, "'=' or '!='"), ("!state=granted", 2, "no '!' before it"),
            ("tenant.state=granted", 14, "one of active, paused"), ("cloud=mars", 7, "one of public"),
            ("who_must_act=me", 14, "one of you"), ("group=A", 7, "a group's name"), ("name=x", 5, "'~'"),
            ("name~", 6, "a value"), ("name~\"x", 8, "'\"' at the end"), ("name~\"\"", 6, "between the quotes"),
            ("name~\"\\x\"", 8, "after '\\'"), ("größe=1", 3, "',' or the end"), ("tag:", 5, "a tag's name"),
            ("!", 2, "a tag's name"),
            ("ring=cänary", 6, "a tag's value"), ("(ring=a)", 1, "a tag's name"), ("ring==a", 6, "a tag's value"),
            ("ring=a;plan=b", 6, "a tag's value"), ("' OR 1=1 --", 1, "a tag's name"),
        ])
    func unreadable(_ text: String, _ position: Int, _ expected: String) {
        #expect {
            try Selector(parsing: text)
        } throws: { error in
            guard let error = error as? SelectorError else { return false }
            return error.position == position && error.expected.contains(expected)
                && error.description.contains("position \(position)")
        }
    }

    @Test("has a bound, in characters and in terms")
    func bounds() throws {
        func terms(_ count: Int) -> String { (0..<count).map { "a\($0)" }.joined(separator: ",") }
        #expect(try Selector(parsing: terms(100)).size == 100)
        #expect(throws: SelectorError.self) { try Selector(parsing: terms(101)) }
        #expect(throws: SelectorError.self) {
            try Selector(parsing: "a=" + (0..<101).map { "v\($0)" }.joined(separator: "|"))
        }
        let name = String(repeating: "n", count: 1_995)
        #expect(try Selector(parsing: "name~\(name)").terms.count == 1)
        #expect {
            try Selector(parsing: "name~\(name)n")
        } throws: { ($0 as? SelectorError)?.position == 2_001 && "\($0)".count < 400 }
        // One character of many bytes: the database would refuse the pattern.
        let marks = String(repeating: "\u{301}", count: 30_000)
        #expect(throws: SelectorError.self) { try Selector(parsing: "name~a\(marks)") }
    }

    @Test(
        "is read again as what it was, beside characters that cling to others",
        arguments: ["\u{600}", "\u{301}", "\u{200d}", "\u{1f1e9}"])
    func clinging(_ mark: String) throws {
        let selector = Selector([
            .init(.name("a b\(mark)")), .init(.name("\(mark)c"), isNegated: true), .init(.text("d\(mark)")),
            .init(.text("\\\(mark)\"\(mark)")), .init(.tag("plan", ["gold"])),
        ])
        #expect(try Selector(parsing: selector.description) == selector)
        let written = try Selector(parsing: "plan=gold,name~a b\(mark)")
        #expect(written.terms.count == 2)
        #expect(try Selector(parsing: written.description) == written)
    }

    @Test("knows whether it asks about consent, and which groups it names")
    func questions() throws {
        #expect(try Selector(parsing: "state=none,ring").asksAboutConsent)
        #expect(try Selector(parsing: "who_must_act!=you").asksAboutConsent)
        #expect(try !Selector(parsing: "tenant.state=active,tag:state=x,group=a").asksAboutConsent)
        #expect(try Selector(parsing: "group=b|a,group!=c").groups.map(\.description).sorted() == ["a", "b", "c"])
    }
}
