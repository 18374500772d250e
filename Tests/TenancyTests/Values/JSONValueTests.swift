import Foundation
import Tenancy
import Testing

@Suite("JSON value")
struct JSONValueTests {
    private func passed(_ text: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let value = try JSONDecoder().decode(JSONValue.self, from: Data(text.utf8))
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test(
        "comes out as it went in",
        arguments: [
            "null", "true", "false", #""text / \" é""#, "[]", "{}", #"{"a":[1,{"b":null}],"c":"d"}"#, "0", "-1",
            "9007199254740993", "18446744073709551615", "-9223372036854775808", "0.1", "0.30000000000000004",
            "12345678901234567890.123456789", "3.14159265358979323846264338327950288",
        ])
    func roundTrip(_ text: String) throws {
        #expect(try passed(text) == text)
    }

    @Test("keeps truth values and numbers apart")
    func kinds() throws {
        let value = try JSONDecoder().decode(JSONValue.self, from: Data("[0, 1, true, \"1\"]".utf8))
        #expect(value == .array([.number(0), .number(1), .bool(true), .string("1")]))
    }

    @Test("loses no digit of a number of up to 38", arguments: [19, 37, 38])
    func longNumbers(_ digits: Int) throws {
        let number = String(repeating: "1234567890", count: 6).prefix(digits)
        let outcome = Result { try passed(String(number)) }
        // To refuse is honest; to round is not.
        if case .success(let text) = outcome { #expect(text == number) }
    }
}
