import Tenancy
import Testing

@Suite("Member names")
struct MemberNamesTests {
    @Test(
        "Two objects may use the same name, and a text may look like one",
        arguments: [
            "{}", "[]", "1", #"{"a":1,"b":"a","c":["a","a"],"A":2}"#, #"{"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}]}"#,
            #"{"a":"\"a\":","b":"{\"a\":1,\"a\":2}","c\\":1,"c":2}"#, #"{"\u0061":1,"\u0062":2,"\"":3}"#,
        ])
    func unique(_ text: String) {
        #expect(MemberNames.areUnique(in: Array(text.utf8)))
    }

    @Test(
        "A name that one object has twice is found at any depth and in any spelling",
        arguments: [
            #"{"a":1,"a":1}"#, "{\"a\":1,\n\"b\":2,\t\"a\" \r\n: 3}", #"{"x":[0,{"a":1,"a":2}]}"#,
            #"{"a":1,"\u0061":2}"#, #"{"\u0061":1,"\u0061":2}"#, #"{"a\/b":1,"a/b":2}"#,
            #"{"\ud83c\udf89":1,"🎉":2}"#, #"{"a":{"b":1},"c":[],"a":{}}"#,
        ])
    func repeated(_ text: String) {
        #expect(!MemberNames.areUnique(in: Array(text.utf8)))
    }

    @Test(
        "What ends too early, or escapes what cannot be, has no unique names",
        arguments: [
            "{", #"{"a"#, #"{"a\"#, #"{"\ud83c":1}"#, #"{"\x":1}"#, "}", #""a":1"#,
        ])
    func broken(_ text: String) {
        #expect(!MemberNames.areUnique(in: Array(text.utf8)))
    }
}
