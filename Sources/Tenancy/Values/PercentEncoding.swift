/// Percent-encoding of URL parts and form bodies (RFC 3986, and the `+` of application/x-www-form-urlencoded).
package enum PercentEncoding {
    private static let hex = Array("0123456789ABCDEF".utf8)

    /// Escapes everything but letters, digits and `-._~`, so the result fits any part of a URL or a form.
    package static func encode(_ text: String) -> String {
        // As most long values are: tokens and assertions need no escape.
        guard !text.utf8.allSatisfy(isUnreserved) else { return text }
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) {
                output.append(byte)
            } else {
                output += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e: true
        default: false
        }
    }

    /// `name=value` pairs joined by `&`, each part escaped.
    package static func form(_ fields: [(String, String)]) -> String {
        fields.map { "\(encode($0))=\(encode($1))" }.joined(separator: "&")
    }

    /// Reads a part of a query or form: `+` is a space, hex digits of either case. `nil` for a broken escape or for
    /// bytes that are not UTF-8.
    package static func decodeForm(_ text: some StringProtocol) -> String? {
        var output: [UInt8] = []
        var bytes = text.utf8.makeIterator()
        while let byte = bytes.next() {
            switch byte {
            case 0x2b: output.append(0x20)
            case 0x25:
                guard let high = digit(bytes.next()), let low = digit(bytes.next()) else { return nil }
                output.append(high << 4 | low)
            default: output.append(byte)
            }
        }
        return String(validating: output, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        switch byte {
        case .some(let value) where (0x30...0x39).contains(value): value - 0x30
        case .some(let value) where (0x41...0x46).contains(value): value - 0x37
        case .some(let value) where (0x61...0x66).contains(value): value - 0x57
        default: nil
        }
    }
}
