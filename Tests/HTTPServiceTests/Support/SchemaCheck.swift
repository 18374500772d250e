import Foundation
import Tenancy

/// Holds a JSON value against a schema of the contract.
///
/// Knows the keywords that the contract uses and says so when it meets another, so that none goes unchecked. A member
/// that the schema does not name counts as a violation: what is sent must be documented.
struct SchemaCheck {
    let contract: Contract

    private static let annotations: Set = [
        "description", "title", "example", "examples", "default", "format", "readOnly", "writeOnly", "contentEncoding",
        "summary",
    ]
    private static let checked: Set = [
        "$ref", "type", "enum", "const", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems",
        "maxProperties", "required", "properties", "additionalProperties", "propertyNames", "items", "oneOf",
    ]

    func violations(of value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        var found = schema.members.keys.filter { !Self.annotations.contains($0) && !Self.checked.contains($0) }
            .map { "\(path): the keyword '\($0)' is not understood" }
        if schema["$ref"] != .null { found += violations(of: value, contract.resolved(schema), at: path) }
        if let type = schema["type"].string, !Self.isOf(type, value) { return found + ["\(path) is no \(type)"] }
        if schema["const"] != .null, schema["const"] != value { found.append("\(path) is not the constant") }
        if schema["enum"] != .null, !schema["enum"].elements.contains(value) {
            found.append("\(path) is none of the enumerated")
        }
        if schema["oneOf"] != .null {
            let fitting = schema["oneOf"].elements.filter { violations(of: value, $0, at: path).isEmpty }
            if fitting.count != 1 { found.append("\(path) fits \(fitting.count) of its alternatives") }
        }
        switch value {
        case .string(let text): found += violations(ofString: text, schema, at: path)
        case .number: found += violations(ofNumber: value, schema, at: path)
        case .array(let elements):
            if let least = schema["minItems"].int, elements.count < least { found.append("\(path) is too short") }
            if schema["items"] != .null {
                found += elements.enumerated().flatMap { violations(of: $1, schema["items"], at: "\(path)[\($0)]") }
            }
        case .object(let members): found += violations(ofObject: members, schema, at: path)
        case .null, .bool: break
        }
        return found
    }

    private func violations(ofString text: String, _ schema: JSONValue, at path: String) -> [String] {
        var found: [String] = []
        if let pattern = schema["pattern"].string {
            let matches = (try? Regex(pattern)).map { text.firstMatch(of: $0) != nil }
            if matches != true { found.append("\(path) does not match \(pattern)") }
        }
        if let least = schema["minLength"].int, text.count < least { found.append("\(path) is too short") }
        if let most = schema["maxLength"].int, text.count > most { found.append("\(path) is too long") }
        return found
    }

    private func violations(ofNumber value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
        guard let number = value.int else { return [] }
        var found: [String] = []
        if let least = schema["minimum"].int, number < least { found.append("\(path) is too small") }
        if let most = schema["maximum"].int, number > most { found.append("\(path) is too great") }
        return found
    }

    private func violations(ofObject members: [String: JSONValue], _ schema: JSONValue, at path: String) -> [String] {
        let known = schema["properties"].members
        var found = schema["required"].elements.compactMap(\.string).filter { members[$0] == nil }
            .map { "\(path).\($0) is missing" }
        if let most = schema["maxProperties"].int, members.count > most { found.append("\(path) has too many members") }
        for (name, value) in members {
            if let schema = known[name] {
                found += violations(of: value, schema, at: "\(path).\(name)")
            } else if schema["additionalProperties"] != .null {
                found += violations(of: value, schema["additionalProperties"], at: "\(path).\(name)")
            } else if schema["properties"] != .null {
                found.append("\(path).\(name) is not in the contract")
            }
            if schema["propertyNames"] != .null {
                found += violations(of: .string(name), schema["propertyNames"], at: "\(path), name '\(name)'")
            }
        }
        return found
    }

    private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("null", .null),
            ("number", .number):
            true
        case ("integer", .number): value.int != nil
        default: false
        }
    }
}
