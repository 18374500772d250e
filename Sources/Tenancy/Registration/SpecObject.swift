/// One mapping of a spec while it is being read.
struct SpecObject {
    let pointer: String
    private let members: [String: JSONValue]
    private let means: String

    init(_ json: JSONValue, at pointer: String, means: String) throws(SpecFault) {
        guard case .object(let members) = json else {
            throw SpecFault(pointer, "This is no mapping, and \(means) is one.", "Write it as `key: value` lines.")
        }
        self.pointer = pointer
        self.members = members
        self.means = means
    }

    func place(_ name: String) -> String { pointer.isEmpty ? name : "\(pointer).\(name)" }

    func fault(_ name: String, _ what: String, _ mend: String) -> SpecFault { SpecFault(place(name), what, mend) }

    func allow(_ known: [String]) throws(SpecFault) {
        for name in members.keys.sorted() where !known.contains(name) {
            let near = NearMatch.of(name, in: known)
            throw fault(
                name, "'\(name.prefix(60))' means nothing in \(means).",
                near.isEmpty
                    ? "Known are \(known.joined(separator: ", "))." : "Did you mean \(near.joined(separator: " or "))?")
        }
    }

    /// A daemon has no user, so it can use no delegated permission, however it is spelt.
    func refuseDelegated() throws(SpecFault) {
        let marks = ["scope", "scopes", "delegated", "delegated_permissions"]
        let kind = members["type"].flatMap { if case .string(let text) = $0 { text.lowercased() } else { nil } }
        let mark = marks.first { members[$0] != nil } ?? (kind == "scope" || kind == "delegated" ? "type" : nil)
        guard let mark else { return }
        throw fault(
            mark,
            "This asks for a delegated permission. A daemon app has no signed-in user, so it can request application "
                + "permissions only.", "Name an application permission as `role`, such as User.Read.All.")
    }

    func textIfAny(_ name: String) throws(SpecFault) -> String? {
        switch members[name] {
        case nil, .null?: return nil
        case .string(let text)? where !text.isEmpty:
            try Self.checkCharacters(text, at: place(name))
            return text
        default: throw fault(name, "'\(name)' is no text.", "Write it as text, in quotes if need be.")
        }
    }

    /// No text of a spec has a use for line ends and characters that nobody sees, and scripts are made of it: there a
    /// dash in front would be an option, and `@` a file.
    private static func checkCharacters(_ text: String, at pointer: String) throws(SpecFault) {
        guard text.utf8.count <= 2_000,
            !text.unicodeScalars.contains(where: {
                [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
            })
        else { throw SpecFault(pointer, "This text cannot be used.", "Keep it short and on one line.") }
        guard let first = text.first, first != "-", first != "@" else {
            throw SpecFault(pointer, "This text cannot be used.", "Begin it with something else than '-' and '@'.")
        }
    }

    func text(_ name: String) throws(SpecFault) -> String {
        guard let text = try textIfAny(name) else {
            throw SpecFault(pointer, "'\(place(name))' is missing.", "Add it to \(means).")
        }
        return text
    }

    func texts(_ name: String) throws(SpecFault) -> [String] {
        var texts: [String] = []
        for (index, value) in try elements(name).enumerated() {
            guard case .string(let text) = value, !text.isEmpty else {
                throw SpecFault("\(place(name))[\(index)]", "This is no text.", "Write it as text.")
            }
            try Self.checkCharacters(text, at: "\(place(name))[\(index)]")
            texts.append(text)
        }
        return texts
    }

    func flag(_ name: String) throws(SpecFault) -> Bool {
        switch members[name] {
        case nil, .null?: return false
        case .bool(let value)?: return value
        default: throw fault(name, "'\(name)' is neither true nor false.", "Write true or false.")
        }
    }

    func objects(_ name: String, means: String) throws(SpecFault) -> [SpecObject] {
        var objects: [SpecObject] = []
        for (index, value) in try elements(name).enumerated() {
            objects.append(try SpecObject(value, at: "\(place(name))[\(index)]", means: means))
        }
        return objects
    }

    private func elements(_ name: String) throws(SpecFault) -> [JSONValue] {
        switch members[name] {
        case nil, .null?: return []
        case .array(let values)?: return values
        default: throw fault(name, "'\(name)' is no list.", "Write each element on a line of its own, after a dash.")
        }
    }
}
