/// The words by which an error reply can be explained, found in whatever somebody pasted.
struct ErrorWords {
    private(set) var aadsts: Int?
    /// An OAuth error that this version knows.
    private(set) var error: String?
    private(set) var status: Int?

    /// More than this is no error reply.
    private static let limit = 64 * 1_024

    init(_ text: String) {
        let bytes = Array(text.utf8.prefix(Self.limit))
        let words = bytes.split { !Self.isWord($0) }.map { String(decoding: $0, as: UTF8.self) }
        aadsts = words.lazy.compactMap(Self.prefixed).first ?? Self.number(after: "error_codes", in: words)
        // Without its prefix a code stands alone, so that no other number is taken for one.
        if aadsts == nil, words.count == 1, let number = AuthorityCode.parse(words[0]) {
            if (100...599).contains(number) { status = number } else { aadsts = number }
        }
        error = words.first { OAuthErrorEntry.lookUp($0) != nil }
        if status == nil {
            status = Self.number(after: "status", in: words) ?? Self.number(after: "http", in: words)
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: true
        // A letter beyond ASCII belongs to its word, so that no part of the word is taken for a code.
        default: byte >= 0x80
        }
    }

    /// `AADSTS` with its number, and nothing else.
    private static func prefixed(_ word: String) -> Int? {
        word.uppercased().hasPrefix("AADSTS") ? AuthorityCode.parse(word) : nil
    }

    private static func number(after name: String, in words: [String]) -> Int? {
        for (word, next) in zip(words, words.dropFirst()) where word.lowercased() == name {
            if let number = AuthorityCode.parse(next) { return number }
        }
        return nil
    }
}
