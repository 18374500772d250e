/// Crockford's Base32 in lower case: no `i`, `l`, `o`, `u`; safe in URLs, file names and when read aloud.
package enum Base32 {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// Five bits a character, the last character padded with zero bits.
    package static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 5 {
                bits -= 5
                output.append(alphabet[Int(buffer >> UInt32(bits) & 31)])
            }
        }
        if bits > 0 { output.append(alphabet[Int(buffer << UInt32(5 - bits) & 31)]) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether every character belongs to the alphabet.
    package static func isEncoded(_ text: String) -> Bool {
        text.utf8.allSatisfy(alphabet.contains)
    }
}
