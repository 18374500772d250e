/// Turns name/value pairs into the lines libcurl takes, where a colon with nothing behind it means "do not send this
/// header" and a semicolon "send it with an empty value".
enum HeaderLine {
    /// These say where a message ends and what becomes of the connection. A second opinion from the caller is how
    /// requests are smuggled (RFC 9112, section 11.2).
    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "transfer-encoding", "upgrade",
    ]

    static func all(for request: CurlRequest) throws(CurlError) -> [String] {
        // No "Expect: 100-continue", which libcurl adds to large bodies and which costs a second where it is ignored.
        var lines = ["Expect:"]
        var namesContentType = false
        for (name, value) in request.headers {
            try check(name: name, value: value)
            namesContentType = namesContentType || name.lowercased() == "content-type"
            lines.append(value.utf8.allSatisfy { $0 == 0x20 || $0 == 0x09 } ? "\(name);" : "\(name): \(value)")
        }
        // Else libcurl would call every body a form.
        if !namesContentType { lines.append("Content-Type:") }
        return lines
    }

    private static func check(name: String, value: String) throws(CurlError) {
        guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
            throw .refused(reason: "A header's name holds a character that HTTP does not allow there.")
        }
        guard value.utf8.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }) else {
            throw .refused(reason: "The value of the header \(name) holds a control character.")
        }
        guard !framing.contains(name.lowercased()) else {
            throw .refused(reason: "The header \(name) is set by the client itself.")
        }
    }

    /// RFC 9110, section 5.6.2: `tchar`.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
