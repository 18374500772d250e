import ArgumentParser
import Tenancy

/// Flags of every command that prints data.
struct OutputOptions: ParsableArguments {
    @Option(name: [.customShort("o"), .customLong("output")], help: "table for people, json (stable) or csv.")
    var format: OutputFormat = .table

    func print(_ value: JSONValue, _ columns: [Column]) throws {
        try Rendering(format: format, columns: columns).print(value)
    }
}

extension String {
    /// As a segment of a path or a value of a query.
    var escaped: String { PercentEncoding.encode(self) }
}

extension Optional<String> {
    /// `?name=value`, or nothing.
    func query(_ name: String) -> String { map { "?\(name)=\($0.escaped)" } ?? "" }

    var json: JSONValue { map { .string($0) } ?? .null }
}

extension Dictionary<String, JSONValue> {
    /// Without the members that are null, which the API takes for absent anyway.
    var compact: [String: JSONValue] { filter { $0.value != .null } }
}
