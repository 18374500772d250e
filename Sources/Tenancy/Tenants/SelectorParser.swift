extension Selector {
    /// Reads a selector as people write it. An empty text, or one of spaces, means every tenant.
    ///
    /// ```
    /// ring=canary,plan!=trial     the tag has the value; has another one or is not there
    /// plan=gold|silver            one of several
    /// ring   !ring                the tag is there; is not there
    /// state=granted               the connection with the app      who_must_act=customer_admin
    /// tenant.state=active         whether it is worked for         cloud=public   group=NAME
    /// name~contoso   !name~test   the name contains the text       text~contoso  the name or the domain does
    /// tag:state=x                 a tag whose name is one of the words above
    /// ```
    /// Values with `,`, `|`, spaces or quotes stand in double quotes.
    package init(parsing text: String, longest: Int = longest) throws(SelectorError) {
        // One character may be of any number of bytes, and the database takes so many only.
        guard text.count <= longest, text.utf8.count <= 4 * longest else {
            throw SelectorError(text: text, position: longest + 1, expected: "the end, at this length")
        }
        var parser = SelectorParser(text)
        self.init(try parser.terms())
        guard size <= Self.largest else {
            throw SelectorError(
                text: text, position: 1, expected: "no more than \(Self.largest) terms and alternatives in all")
        }
    }
}

/// Where a selector cannot be read, and what should stand there.
package struct SelectorError: ExplainedError, Equatable {
    let text: String
    /// Counted in Unicode scalars, from 1.
    package let position: Int
    package let expected: String

    package var problem: Problem {
        let shown = text.count <= 80 ? text : text.prefix(80) + "…"
        return Problem(
            .invalid, code: "selector_invalid",
            detail: "The selector '\(shown)' cannot be read at position \(position): expected \(expected).",
            nextStep: "Write it like `ring=canary,plan!=trial|test,name~contoso`; see `tenantry tenant list --help`.",
            pointer: "selector[\(position)]")
    }
}

/// Reads from left to right; the only state is the place. Unicode scalars are read, and not what they look like
/// together: beside some of them a comma or a quotation mark would be none.
private struct SelectorParser {
    private let text: String
    private let characters: [Unicode.Scalar]
    private var place = 0

    init(_ text: String) {
        self.text = text
        characters = Array(text.unicodeScalars)
    }

    mutating func terms() throws(SelectorError) -> [Selector.Term] {
        skipSpaces()
        guard place < characters.count else { return [] }
        var terms = [try term()]
        while true {
            skipSpaces()
            guard place < characters.count else { return terms }
            guard take(",") else { throw failure("',' or the end") }
            skipSpaces()
            terms.append(try term())
        }
    }

    private mutating func term() throws(SelectorError) -> Selector.Term {
        let isDenied = take("!")
        if isDenied { skipSpaces() }
        let start = place
        let name = word()
        guard !name.isEmpty else { throw failure("a tag's name, a field or '!'") }
        let isTag = name == "tag" && take(":")
        let key = isTag ? word() : name
        guard Tags.isWord(key) else {
            place = isTag ? place : start
            throw failure("a tag's name of 1 to 63 letters, digits, '.', '_' or '-'")
        }
        let field = !isTag && Selector.fields.contains(key) ? key : nil
        skipSpaces()
        if let field, field == "name" || field == "text" {
            guard take("~") else { throw failure("'~' and the text that the \(field) contains") }
            let text = try value()
            return Selector.Term(field == "name" ? .name(text) : .text(text), isNegated: isDenied)
        }
        if isDenied {
            guard field == nil else { throw failure("'=' or '!=' after the field, and no '!' before it", at: start) }
            return Selector.Term(.hasTag(key), isNegated: true)
        }
        let isNegated = take("!")
        guard take("=") else {
            guard !isNegated else { throw failure("'=' after '!'") }
            guard field == nil else { throw failure("'=' or '!='") }
            return Selector.Term(.hasTag(key))
        }
        return Selector.Term(try condition(on: key, field: field), isNegated: isNegated)
    }

    private mutating func condition(on key: String, field: String?) throws(SelectorError) -> Selector.Condition {
        switch field {
        case "state": .consent(try choice())
        case "who_must_act": .mover(try choice())
        case "tenant.state": .life(try choice())
        case "cloud": .cloud(try choice())
        case "group":
            .group(
                try list("a group's name of 1 to 40 of a-z, 0-9 and '-'") { GroupName($0) }.sorted())
        default:
            .tag(
                key,
                try list("a tag's value of 1 to 63 letters, digits, '.', '_' or '-'") { Tags.isWord($0) ? $0 : nil }
                    .sorted())
        }
    }

    private mutating func choice<Value: RawRepresentable & CaseIterable & Hashable>() throws(SelectorError) -> [Value]
    where Value.RawValue == String {
        let names = Value.allCases.map(\.rawValue).joined(separator: ", ")
        return try list("one of \(names)") { Value(rawValue: $0) }.sorted { $0.rawValue < $1.rawValue }
    }

    /// Values between bars, each once.
    private mutating func list<Value: Hashable>(
        _ expected: String, _ read: (String) -> Value?
    ) throws(SelectorError) -> [Value] {
        var values: Set<Value> = []
        repeat {
            skipSpaces()
            let start = place
            guard let value = read(try value()) else { throw failure(expected, at: start) }
            values.insert(value)
            skipSpaces()
        } while take("|")
        return Array(values)
    }

    private mutating func value() throws(SelectorError) -> String {
        skipSpaces()
        if take("\"") { return try quoted() }
        let start = place
        while place < characters.count, !",|\"".unicodeScalars.contains(characters[place]) { place += 1 }
        var end = place
        while end > start, characters[end - 1] == " " { end -= 1 }
        guard end > start else { throw failure("a value") }
        return Self.string(characters[start..<end])
    }

    private mutating func quoted() throws(SelectorError) -> String {
        let opening = place - 1
        var value: [Unicode.Scalar] = []
        while place < characters.count {
            let character = characters[place]
            place += 1
            switch character {
            case "\"":
                guard !value.isEmpty else { throw failure("a value between the quotes", at: opening) }
                return Self.string(value[...])
            case "\\":
                guard place < characters.count, "\"\\".unicodeScalars.contains(characters[place]) else {
                    throw failure("'\"' or '\\' after '\\'")
                }
                value.append(characters[place])
                place += 1
            default: value.append(character)
            }
        }
        throw failure("'\"' at the end of the value")
    }

    private mutating func word() -> String {
        let start = place
        while place < characters.count, Self.isOfWord(characters[place]) { place += 1 }
        return Self.string(characters[start..<place])
    }

    private static func isOfWord(_ character: Unicode.Scalar) -> Bool {
        switch character {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
    }

    private static func string(_ characters: ArraySlice<Unicode.Scalar>) -> String {
        String(String.UnicodeScalarView(characters))
    }

    private mutating func skipSpaces() {
        while place < characters.count, characters[place] == " " { place += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard place < characters.count, characters[place] == character else { return false }
        place += 1
        return true
    }

    private func failure(_ expected: String, at place: Int? = nil) -> SelectorError {
        SelectorError(text: text, position: (place ?? self.place) + 1, expected: expected)
    }
}
