/// A JWT in compact form, taken apart. Nothing in it is verified.
struct CompactToken: Sendable {
    let header: JSON
    let claims: JSON
    let signingInput: [UInt8]
    let signature: [UInt8]

    /// `nil` when the text is no JWT. Segments may carry padding: one SDK sends it.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64Text.decode(parts[2])
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        signingInput = Array("\(parts[0]).\(parts[1])".utf8)
    }

    /// A time claim in seconds since 1970, sent as a number, a fraction or a text by one SDK or another.
    func time(_ name: String) -> Double? {
        let seconds: Double? =
            switch claims[name] {
            case .integer(let seconds): Double(seconds)
            case .number(let seconds): seconds
            case .string(let text): Double(text)
            default: nil
            }
        // Swift reads "inf" and "nan" as numbers too; a token that never ends would be one.
        return seconds.flatMap { $0.isFinite ? $0 : nil }
    }

    private static func object(_ segment: Substring) -> JSON? {
        guard let bytes = Base64Text.decode(segment), let value = try? JSON(parsing: bytes), case .object = value else {
            return nil
        }
        return value
    }
}
