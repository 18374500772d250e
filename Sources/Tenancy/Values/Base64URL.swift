package import FoundationEssentials

/// The URL-safe alphabet of RFC 4648 section 5, without padding.
///
/// Every token is read through it and every client assertion written, so both work on bytes: replacing characters in
/// Foundation's Base64 takes a hundred times as long.
package enum Base64URL {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// What each byte stands for, in either alphabet; 64 for those that stand for nothing.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 64, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        values[Int(UInt8(ascii: "+"))] = 62
        values[Int(UInt8(ascii: "/"))] = 63
        return values
    }()

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = digits
        // Copied at once, where iterating over a type that is not known here goes by a call for each byte.
        let bytes = Array(bytes)
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count / 3 * 4 + 4)
        var (bits, width) = (UInt32(0), 0)
        for byte in bytes {
            (bits, width) = (bits << 8 | UInt32(byte), width + 8)
            while width >= 6 {
                width -= 6
                text.append(digits[Int(bits >> width & 63)])
            }
        }
        if width > 0 { text.append(digits[Int(bits << (6 - width) & 63)]) }
        return String(decoding: text, as: UTF8.self)
    }

    /// `nil` when the text is not Base64 in either alphabet.
    package static func decode(_ text: some StringProtocol) -> Data? {
        let values = values
        let text = Array(text.utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3 + 3)
        var (bits, width) = (UInt32(0), 0)
        var padding = 0
        for byte in text {
            let value = values[Int(byte)]
            guard value < 64, padding == 0 else {
                guard byte == UInt8(ascii: "="), padding < 2 else { return nil }
                padding += 1
                continue
            }
            (bits, width) = (bits << 6 | UInt32(value), width + 6)
            if width >= 8 {
                width -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> width))
            }
        }
        // One digit alone at the end tells no byte.
        return width < 6 ? Data(bytes) : nil
    }
}
