/// The CERTIFICATE blocks of a PEM file (RFC 7468), and nothing else of it: comments stay behind, and so does a private
/// key that someone left in the file.
struct PEMCertificates {
    private static let begin = "-----BEGIN CERTIFICATE-----"
    private static let end = "-----END CERTIFICATE-----"

    /// Every complete block, one after the other.
    private(set) var bytes: [UInt8] = []
    /// False when a block is cut off or its content cannot be the base64 of a certificate. Left unfound, one such block
    /// would make libcurl refuse every server.
    private(set) var areWellFormed = true

    var isEmpty: Bool { bytes.isEmpty && areWellFormed }

    init(_ file: [UInt8]) {
        var block: String?
        for line in file.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let text = String(decoding: line, as: UTF8.self).trimmed
            switch (block, text) {
            case (nil, Self.begin):
                block = ""
            case (let content?, Self.end):
                add(content)
                block = nil
            case (let content?, _):
                block = content + text
            default:
                break
            }
        }
        if block != nil { areWellFormed = false }
    }

    private mutating func add(_ content: String) {
        // A certificate is a DER SEQUENCE longer than 127 bytes: 30 8x, in base64 "MI".
        let isBase64 = content.utf8.allSatisfy(Self.isBase64)
        guard content.hasPrefix("MI"), content.utf8.count % 4 == 0, isBase64 else {
            areWellFormed = false
            return
        }
        bytes += "\(Self.begin)\n".utf8
        var rest = Substring(content)
        while !rest.isEmpty {
            bytes += "\(rest.prefix(64))\n".utf8
            rest = rest.dropFirst(64)
        }
        bytes += "\(Self.end)\n".utf8
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            true
        default:
            false
        }
    }
}

extension String {
    fileprivate var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = Substring(self).drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}
