import FoundationEssentials
import Tenancy

/// JSON that means the same to every reader, as what is signed must: an object, no name twice.
///
/// Foundation's reader keeps one of two equal names, and which one is its own affair; another reader may have checked
/// the other.
enum StrictJSON {
    /// `nil` for anything but one object, for a name that stands twice in one object at any depth, and for a name
    /// with an escape, which could spell another name anew; none of Entra's has one.
    static func object(_ bytes: [UInt8]) -> [String: JSONValue]? {
        decode([String: JSONValue].self, from: bytes)
    }

    /// The same, as a value of a type that is decoded from an object.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        guard namesAreUnique(bytes) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }

    /// Walks over the tokens. The text need not be sound JSON: the decoder has a look of its own.
    private static func namesAreUnique(_ bytes: [UInt8]) -> Bool {
        var objects: [Set<ArraySlice<UInt8>>] = []
        var position = bytes.startIndex
        while position < bytes.endIndex {
            switch bytes[position] {
            case UInt8(ascii: "{"), UInt8(ascii: "["): objects.append([])
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                guard objects.popLast() != nil else { return false }
            case UInt8(ascii: "\""):
                guard let end = endOfString(bytes, after: position) else { return false }
                let text = bytes[(position + 1)..<end]
                position = end
                guard isName(bytes, before: end + 1) else { break }
                guard let last = objects.indices.last, !text.contains(UInt8(ascii: "\\")),
                    objects[last].insert(text).inserted
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
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// As a double, which whole seconds fit into exactly.
    var number: Double? { if case .number(let number) = self { Double(number.description) } else { nil } }

    var list: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
}
