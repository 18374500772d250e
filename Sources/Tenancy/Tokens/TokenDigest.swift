/// The SHA-256 of a token's text: names a token without being one.
package struct TokenDigest: Hashable, Sendable, CustomStringConvertible {
    private let words: InlineWords

    private struct InlineWords: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// `nil` unless there are 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        words = InlineWords(first: word(0), second: word(8), third: word(16), fourth: word(24))
    }

    /// Reads `sha256:` and 64 hexadecimal digits of either case; the prefix may be left out.
    package init?(_ text: String) {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]
        guard digits.utf8.count == 64 else { return nil }
        let values = digits.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map { UInt8($0) } }
        guard values.count == 64 else { return nil }
        self.init(stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] })
    }

    /// Digit by digit, for it stands in every reply with a token.
    package var description: String {
        var text = Array("sha256:".utf8)
        text.reserveCapacity(71)
        for word in [words.first, words.second, words.third, words.fourth] {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
