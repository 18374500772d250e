import FoundationEssentials
import Tenancy
import Yams

/// A registration spec in YAML, read as JSON, with the place of everything in it.
struct SpecFile {
    /// What the service gets.
    let json: JSONValue
    private let path: String
    private let marks: [String: Mark]

    private static let largest = 1_048_576
    /// Aliases could make a small file name a thing a million times.
    private static let mostNodes = 10_000
    private static let mostAliases = 16

    /// - Parameter path: the file; `-` for standard input.
    /// - Throws: ``UsageError`` that names the line and column.
    init(_ path: String) throws(UsageError) {
        let bytes = try Input.bytes(path, limit: Self.largest)
        self.path = path == "-" ? "standard input" : path
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw UsageError("\(self.path) is no text in UTF-8.", "Give a YAML file.")
        }
        // Before it is composed: an alias in a key is followed by comparing everything behind it.
        guard text.matches(of: /[\s,\[{:?-]\*[A-Za-z0-9]/).count <= Self.mostAliases else {
            throw UsageError("\(self.path) repeats too much by aliases.", "Write it out.")
        }
        var reader = Reader(path: self.path)
        let node: Node?
        do { node = try Yams.compose(yaml: text) } catch {
            throw Self.error(error, in: self.path)
        }
        guard let node, node.null == nil else {
            throw UsageError("\(self.path) is empty.", "See Resources/Configuration/app.example.yaml for an example.")
        }
        json = try reader.value(of: node, at: "", left: Self.mostNodes)
        marks = reader.marks
    }

    /// The refusal of the service, with the line and column that it is about in front.
    func placing(_ refusal: ServiceRefusal) -> any Error {
        guard let pointer = refusal.problem?["pointer"].string else { return refusal }
        return SpecRefusal(place: place(of: pointer), refusal: refusal)
    }

    /// `file:line:column` of a member, or of the nearest thing around it.
    private func place(of pointer: String) -> String {
        var pointer = pointer[...]
        while true {
            if let mark = marks[String(pointer)] { return "\(path):\(mark.line):\(mark.column)" }
            guard let end = pointer.lastIndex(where: { $0 == "." || $0 == "[" }) else { return path }
            pointer = pointer[..<end]
        }
    }

    private static func error(_ error: any Error, in path: String) -> UsageError {
        guard let error = error as? YamlError else { return UsageError("\(path) is no YAML.", "Mend the file.") }
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return UsageError("\(path):\(mark.line):\(mark.column): this is no YAML: \(problem).", "Mend that line.")
        case .reader(let problem, _, _, _): return UsageError("\(path) is no YAML: \(problem).", "Mend the file.")
        case .duplicatedKeysInMapping(let duplicates, _):
            let names = duplicates.map { "\($0)" }.sorted().joined(separator: ", ")
            return UsageError("\(path) has a key twice: \(names.prefix(100)).", "Remove one.")
        default: return UsageError("\(path) is no YAML.", "Mend the file.")
        }
    }

    /// Turns nodes into JSON and remembers where they stood.
    private struct Reader {
        let path: String
        var marks: [String: Mark] = [:]
        private var count = 0

        init(path: String) { self.path = path }

        mutating func value(of node: Node, at pointer: String, left: Int) throws(UsageError) -> JSONValue {
            count += 1
            guard count <= left else { throw UsageError("\(path) holds too much.", "Write a spec, not a data set.") }
            if marks[pointer] == nil, let mark = node.mark { marks[pointer] = mark }
            switch node {
            case .scalar(let scalar): return Self.value(of: scalar, node)
            case .sequence(let sequence):
                var values: [JSONValue] = []
                for (index, element) in sequence.enumerated() {
                    values.append(try value(of: element, at: "\(pointer)[\(index)]", left: left))
                }
                return .array(values)
            case .mapping(let mapping):
                var members: [String: JSONValue] = [:]
                for (key, element) in mapping {
                    let name = key.string ?? "?"
                    let place = pointer.isEmpty ? name : "\(pointer).\(name)"
                    if let mark = key.mark { marks[place] = mark }
                    members[name] = try value(of: element, at: place, left: left)
                }
                return .object(members)
            case .alias: return .null
            }
        }

        /// Plain `true`, `false` and nothing mean themselves; all else is text, numbers too.
        private static func value(of scalar: Node.Scalar, _ node: Node) -> JSONValue {
            guard scalar.style == .plain else { return .string(scalar.string) }
            if node.null != nil { return .null }
            switch scalar.string {
            case "true": return .bool(true)
            case "false": return .bool(false)
            default: return .string(scalar.string)
            }
        }
    }
}

/// The service's refusal of a spec, with its place in the file.
struct SpecRefusal: Error {
    let place: String
    let refusal: ServiceRefusal
}
