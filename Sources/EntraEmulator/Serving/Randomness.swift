import FoundationEssentials

/// Where identifiers and opaque values come from.
struct Randomness: Sendable {
    /// That many unpredictable bytes.
    let bytes: @Sendable (Int) -> [UInt8]

    /// The system's generator.
    static let system = Randomness { count in
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    func guid() -> GUID {
        var raw = bytes(16)
        raw[6] = raw[6] & 0x0F | 0x40
        raw[8] = raw[8] & 0x3F | 0x80
        return GUID(
            UUID(
                uuid: (
                    raw[0], raw[1], raw[2], raw[3], raw[4], raw[5], raw[6], raw[7], raw[8], raw[9], raw[10], raw[11],
                    raw[12], raw[13], raw[14], raw[15]
                )))
    }

    func number() -> UInt32 {
        bytes(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// A text nobody can read anything from, such as the `uti` of a token.
    func opaque(_ count: Int) -> String {
        Base64Text.urlEncode(bytes(count))
    }
}
