import Foundation
import Tenancy
import Testing

@Suite("Percent-encoding")
struct PercentEncodingTests {
    @Test("escapes everything that means something in a URL or a form")
    func escapes() {
        #expect(PercentEncoding.encode("a b&c=d+e/é%~._-") == "a%20b%26c%3Dd%2Be%2F%C3%A9%25~._-")
    }

    @Test("of a form joins escaped names and values")
    func form() {
        #expect(PercentEncoding.form([("a b", "1&2"), ("c", "")]) == "a%20b=1%262&c=")
        #expect(PercentEncoding.form([]) == "")
    }

    @Test("is undone by reading", arguments: ["", "plain", "a+b c%", "Müller & Söhne=\u{1F600}", "\u{0}\r\n"])
    func roundTrip(_ text: String) {
        #expect(PercentEncoding.decodeForm(PercentEncoding.encode(text)) == text)
    }

    @Test("reads a plus as a space and hex digits of either case")
    func lenient() {
        #expect(PercentEncoding.decodeForm("AADSTS65004%3a+User%3A") == "AADSTS65004: User:")
    }

    @Test("that is broken or not UTF-8 is refused", arguments: ["%", "%4", "a%4g", "%g4", "%ff", "%C3", "%%41"])
    func broken(_ text: String) {
        #expect(PercentEncoding.decodeForm(text) == nil)
    }
}

@Suite("Base32")
struct Base32Tests {
    @Test(
        "writes five bits a character in Crockford's alphabet",
        arguments: [("", ""), ("f", "cr"), ("fo", "csqg"), ("foo", "csqpy"), ("foobar", "csqpyrk1e8")])
    func vectors(_ text: String, _ expected: String) {
        #expect(Base32.encode(Array(text.utf8)) == expected)
    }

    @Test("reaches from the first to the last character of the alphabet")
    func extremes() {
        #expect(Base32.encode(Array(repeating: 0, count: 5)) == "00000000")
        #expect(Base32.encode(Array(repeating: 255, count: 5)) == "zzzzzzzz")
    }

    @Test("knows its own alphabet", arguments: ["i", "l", "o", "u", "A", "-", "é", " "])
    func stranger(_ text: String) {
        #expect(Base32.isEncoded("0123456789abcdefghjkmnpqrstvwxyz"))
        #expect(!Base32.isEncoded("abc" + text))
    }
}

@Suite("Base64URL")
struct Base64URLTests {
    @Test("has neither padding nor characters that a URL must escape")
    func alphabet() {
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf, 0xfe]) == "-_-__g")
    }

    @Test("is undone by reading, whatever the length")
    func roundTrip() {
        for count in 0..<10 {
            let bytes = (0..<count).map { UInt8(250 + $0 % 6) }
            #expect(Base64URL.decode(Base64URL.encode(bytes)).map(Array.init) == bytes)
        }
    }

    @Test("is read in either alphabet, with padding and without")
    func lenient() {
        #expect(Base64URL.decode("+/+//g==") == Base64URL.decode("-_-__g"))
    }

    @Test("that is no Base64 is refused", arguments: ["a", "ab cd", "ab!d", "äöüß", "abcde", "ab=d", "ab==="])
    func refused(_ text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
