package import FoundationEssentials

/// The URL-safe alphabet of RFC 4648 section 5, without padding.
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString(options: [.base64URLAlphabet, .omitPaddingCharacter])
    }

    /// `nil` when the text is not Base64 in either alphabet.
    package static func decode(_ text: some StringProtocol) -> Data? {
        var standard = Array(text.utf8)
        for _ in 0..<2 where standard.last == UInt8(ascii: "=") { standard.removeLast() }
        for index in standard.indices {
            switch standard[index] {
            case UInt8(ascii: "-"): standard[index] = UInt8(ascii: "+")
            case UInt8(ascii: "_"): standard[index] = UInt8(ascii: "/")
            case UInt8(ascii: "="): return nil
            default: break
            }
        }
        standard += Array(repeating: UInt8(ascii: "="), count: (4 - standard.count % 4) % 4)
        return Data(base64Encoded: Data(standard))
    }
}
