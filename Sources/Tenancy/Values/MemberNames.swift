import FoundationEssentials

/// The names in JSON text, which a decoder does not tell of: of two members with the same name it keeps one, and which
/// one is its own affair.
package enum MemberNames {
    /// Whether no object, at any depth, has a name twice, however it is spelled: escapes are resolved.
    ///
    /// Walks over the tokens. The text need not be sound JSON, which the decoder has a look of its own at; where no
    /// string or bracket ends, the answer is no.
    package static func areUnique(in bytes: [UInt8]) -> Bool {
        var objects: [Set<String>] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): objects.append([])
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard objects.popLast() != nil else { return false }
            case UInt8(ascii: "\""):
                guard let end = endOfString(bytes, after: position) else { return false }
                let text = bytes[position...end]
                position = end
                guard isName(bytes, before: end + 1) else { break }
                guard let last = objects.indices.last, let name = plain(text), objects[last].insert(name).inserted
                else { return false }
            default: break
            }
            position += 1
        }
        return objects.isEmpty
    }

    /// The position of the closing quotation mark.
    private static func endOfString(_ bytes: [UInt8], after start: Int) -> Int? {
        var position = start + 1
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "\""): return position
            case UInt8(ascii: "\\"): position += 2
            default: position += 1
            }
        }
        return nil
    }

    /// Whether a colon follows after white space: only a name has one.
    private static func isName(_ bytes: [UInt8], before start: Int) -> Bool {
        bytes[start...].first { ![0x20, 0x09, 0x0a, 0x0d].contains($0) } == UInt8(ascii: ":")
    }

    /// The name without its quotation marks; `nil` when an escape in it is none.
    private static func plain(_ quoted: ArraySlice<UInt8>) -> String? {
        guard quoted.contains(UInt8(ascii: "\\")) else {
            return String(decoding: quoted.dropFirst().dropLast(), as: UTF8.self)
        }
        return try? JSONDecoder().decode(String.self, from: Data(quoted))
    }
}
