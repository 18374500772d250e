import FoundationEssentials
import Tenancy

/// JSON that means the same to every reader, as what is signed must: an object, no name twice. Another reader than
/// Foundation's may have checked the other of two members.
enum StrictJSON {
    /// `nil` for anything but one object, and for a name that stands twice in one object at any depth.
    static func object(_ bytes: [UInt8]) -> [String: JSONValue]? {
        decode([String: JSONValue].self, from: bytes)
    }

    /// The same, as a value of a type that is decoded from an object.
    static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) -> Value? {
        guard MemberNames.areUnique(in: bytes) else { return nil }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }
}

extension JSONValue {
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// As a double, which whole seconds fit into exactly.
    var number: Double? { if case .number(let number) = self { Double(number.description) } else { nil } }

    var list: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
}
