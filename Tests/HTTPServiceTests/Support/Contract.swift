import Foundation
import Tenancy
import Testing
import Yams

/// `Resources/API/openapi.yaml`, read.
struct Contract: Sendable {
    /// One method of one path.
    struct Operation: Sendable, CustomTestStringConvertible {
        let method: String
        let path: String
        let content: JSONValue
        /// The role its `security` takes; `nil` when it needs no key.
        let role: OperatorRole?

        var name: String { "\(method) \(path)" }
        var testDescription: String { name }
    }

    let document: JSONValue
    let operations: [Operation]

    /// Read once, for it takes a while.
    static let current = Result {
        try Contract(String(contentsOf: Resources.file("API/openapi.yaml"), encoding: .utf8))
    }

    init(_ yaml: String) throws {
        document = JSONValue(yaml: try Yams.load(yaml: yaml))
        let document = document
        let methods: Set = ["get", "put", "post", "delete", "options", "head", "patch", "trace"]
        operations = document["paths"].members.flatMap { path, item in
            item.members.filter { methods.contains($0.key) }.map { method, content in
                let security = content["security"] == .null ? document["security"] : content["security"]
                return Operation(
                    method: method.uppercased(), path: path, content: content,
                    role: security[0]["apiKey"][0].string.flatMap { OperatorRole(rawValue: $0) })
            }
        }.sorted { $0.name < $1.name }
    }

    /// The operation a request means: of two templates that fit, the one with fewer parameters.
    func operation(_ method: String, _ target: String) -> Operation? {
        let path = target.prefix { $0 != "?" }.split(separator: "/")
        func fits(_ template: String) -> Bool {
            let parts = template.split(separator: "/")
            return parts.count == path.count && zip(parts, path).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }
        let candidates = operations.filter { fits($0.path) }
        let fewest = candidates.map { $0.path.count { $0 == "{" } }.min()
        return candidates.first { $0.method == method && $0.path.count { $0 == "{" } == fewest }
    }

    /// In what the reply breaks the contract; empty when it keeps it.
    func violations(of reply: Reply, to method: String, _ target: String) -> [String] {
        let mediaType = reply.header("Content-Type").map { String($0.prefix { $0 != ";" }) }
        guard let operation = operation(method, target) else {
            return reply.status < 400 ? ["\(method) \(target) is not in the contract"] : problemViolations(of: reply)
        }
        let response = resolved(operation.content["responses"]["\(reply.status)"])
        guard response != .null else { return ["\(operation.name) may not answer \(reply.status): \(reply.text)"] }
        var found = missingHeaders(of: reply, response)
        let content = response["content"].members
        if content.isEmpty { return found + (reply.bytes.isEmpty ? [] : ["there is a body where none is promised"]) }
        guard let mediaType, let schema = content[mediaType]?["schema"] else {
            return found + ["\(reply.status) with \(mediaType ?? "no media type")"]
        }
        if mediaType.hasSuffix("json") { found += violations(of: reply.json, schema) }
        if reply.status >= 400, mediaType.hasSuffix("json") { found += problemViolations(of: reply) }
        return found
    }

    /// Resolves a `$ref` within the document.
    func resolved(_ node: JSONValue) -> JSONValue {
        guard let reference = node["$ref"].string else { return node }
        let target = reference.split(separator: "/").dropFirst().reduce(document) { $0[String($1)] }
        return resolved(target)
    }

    func violations(of value: JSONValue, _ schema: JSONValue) -> [String] {
        SchemaCheck(contract: self).violations(of: value, schema, at: "$")
    }

    private func missingHeaders(of reply: Reply, _ response: JSONValue) -> [String] {
        response["headers"].members.filter { name, header in
            resolved(header)["required"].bool == true && reply.header(name) == nil
        }.map { "the header \($0.key) is missing" }
    }

    /// What holds for every problem document, wherever it comes from.
    private func problemViolations(of reply: Reply) -> [String] {
        var found = violations(of: reply.json, document["components"]["schemas"]["Problem"])
        if reply.header("Content-Type") != "application/problem+json" { found.append("it is no problem document") }
        if reply.json["status"].int != reply.status { found.append("its status is not the reply's") }
        if reply.json["retry_after_s"].int.map(String.init) != reply.header("Retry-After") {
            found.append("Retry-After and retry_after_s differ")
        }
        return found
    }
}

extension JSONValue {
    /// What Yams makes of a document.
    init(yaml: Any?) {
        self =
            switch yaml {
            case let value as Bool: .bool(value)
            case let value as Int: .number(Decimal(value))
            case let value as Double: .number(Decimal(value))
            case let value as String: .string(value)
            case let value as [Any]: .array(value.map { JSONValue(yaml: $0) })
            case let value as [String: Any]: .object(value.mapValues { JSONValue(yaml: $0) })
            default: .null
            }
    }
}
