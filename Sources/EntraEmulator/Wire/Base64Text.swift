import FoundationEssentials

/// Base64 in the two alphabets.
enum Base64Text {
    /// Decodes either alphabet, with padding or without: SDKs send thumbprints and segments in every mixture.
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var normal = ""
        for character in text {
            switch character {
            case "-": normal.append("+")
            case "_": normal.append("/")
            case "=": continue
            default: normal.append(character)
            }
        }
        while normal.utf8.count % 4 != 0 { normal.append("=") }
        return Data(base64Encoded: normal).map { Array($0) }
    }

    /// base64url without padding (RFC 7515).
    static func urlEncode(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for character in encode(bytes) {
            switch character {
            case "+": text.append("-")
            case "/": text.append("_")
            case "=": continue
            default: text.append(character)
            }
        }
        return text
    }

    /// Standard base64 with padding.
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        Data(bytes).base64EncodedString()
    }

    /// Upper-case hexadecimal, as error texts print thumbprints.
    static func hex(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789ABCDEF")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] })
    }
}
