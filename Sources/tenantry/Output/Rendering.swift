import ArgumentParser
import FoundationEssentials
import Tenancy

/// How a command prints what it got. Tables are for people; `json` is stable.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case table, json, csv
}

/// A column of a table or CSV file: its header, and where its value lies in the JSON.
struct Column {
    let header: String
    let path: [String]

    init(_ header: String, _ path: String) {
        self.header = header
        self.path = path.split(separator: ".").map(String.init)
    }
}

/// Prints JSON as it came, or as a table or CSV of some columns.
struct Rendering {
    let format: OutputFormat
    let columns: [Column]

    func print(_ value: JSONValue) throws {
        switch format {
        case .json: Terminal.print(try value.prettyText())
        case .table: Terminal.print(table(of: value.rows))
        case .csv: Terminal.print(csv(of: value.rows))
        }
    }

    private func cells(_ row: JSONValue) -> [String] { columns.map { row[$0.path].cell } }

    private func table(of rows: [JSONValue]) -> String {
        let lines = [columns.map { $0.header.uppercased() }] + rows.map { cells($0).map(Terminal.clean) }
        let widths = columns.indices.map { index in lines.map { $0[index].count }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).enumerated().map { index, cell in
                let padding = index == columns.count - 1 ? 0 : max(0, cell.1 - cell.0.count)
                return cell.0 + String(repeating: " ", count: padding)
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }

    private func csv(of rows: [JSONValue]) -> String {
        ([columns.map(\.header)] + rows.map { cells($0).map(Terminal.clean) }).map {
            $0.map(Self.quoted).joined(separator: ",")
        }
        .joined(separator: "\n")
    }

    /// RFC 4180, and a leading apostrophe where a spreadsheet would take the text for a formula.
    private static func quoted(_ text: String) -> String {
        let safe = text.first.map { "=+-@\t\r".contains($0) } == true ? "'" + text : text
        guard safe.contains(where: { ",\"\r\n".contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}

extension JSONValue {
    /// The elements of a list, or the value itself.
    var rows: [JSONValue] {
        switch self {
        case .array(let values): values
        default: [self]
        }
    }

    subscript(_ name: String) -> JSONValue {
        if case .object(let fields) = self { fields[name] ?? .null } else { .null }
    }

    subscript(_ path: [String]) -> JSONValue { path.reduce(self) { $0[$1] } }

    var string: String? { if case .string(let text) = self { text } else { nil } }

    var int: Int? {
        if case .number(let number) = self { Int("\(number)") } else { nil }
    }

    /// What stands in a cell: lists are joined by spaces, objects are `key=value`.
    var cell: String {
        switch self {
        case .null: ""
        case .bool(let value): value ? "yes" : "no"
        case .number(let number): "\(number)"
        case .string(let text): text
        case .array(let values): values.map(\.cell).joined(separator: " ")
        case .object(let fields):
            fields.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.cell)" }.joined(separator: " ")
        }
    }

    /// On one line, members by name.
    func lineText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    func prettyText() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
