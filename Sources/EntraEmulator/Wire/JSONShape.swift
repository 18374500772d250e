/// One JSON object while it is being read: every member must be of the right kind and none may be unknown.
///
/// An unknown member is refused because in a scenario it is nearly always a misspelt one, and a misspelt
/// `roles_delay_seconds` would make a test pass for the wrong reason.
struct JSONShape {
    let path: String
    private let members: [JSON.Member]

    /// - Throws: `ShapeError` when `value` is no object or has a member that is not in `known`.
    init(_ value: JSON, at path: String, known: Set<String>) throws(ShapeError) {
        guard case .object(let members) = value else { throw ShapeError(path: path, problem: "must be an object") }
        if let stranger = members.first(where: { !known.contains($0.name) }) {
            let place = path.isEmpty ? stranger.name : "\(path).\(stranger.name)"
            throw ShapeError(
                path: place, problem: "is not a known member; known are \(known.sorted().joined(separator: ", "))")
        }
        self.path = path
        self.members = members
    }

    /// Where the member of that name stands.
    func place(_ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    /// Whether the member was given, even as `null`.
    func has(_ name: String) -> Bool {
        members.contains { $0.name == name }
    }

    /// The member, `nil` when absent or `null`.
    func value(_ name: String) -> JSON? {
        guard let value = members.first(where: { $0.name == name })?.value else { return nil }
        if case .null = value { return nil }
        return value
    }

    func string(_ name: String) throws(ShapeError) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value, !text.isEmpty else {
            throw error(name, "must be a string that is not empty")
        }
        return text
    }

    func requiredString(_ name: String) throws(ShapeError) -> String {
        guard let text = try string(name) else { throw error(name, "is missing") }
        return text
    }

    func bool(_ name: String) throws(ShapeError) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw error(name, "must be true or false") }
        return flag
    }

    /// A whole number within `range`.
    func integer(_ name: String, in range: ClosedRange<Int>) throws(ShapeError) -> Int? {
        guard let value = value(name) else { return nil }
        guard case .integer(let number) = value, let whole = Int(exactly: number), range.contains(whole) else {
            throw error(name, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return whole
    }

    /// A length of time in seconds, whole or not, within `range`.
    func seconds(_ name: String, in range: ClosedRange<Double>) throws(ShapeError) -> Double? {
        guard let value = value(name) else { return nil }
        let seconds: Double
        switch value {
        case .integer(let number): seconds = Double(number)
        case .number(let number): seconds = number
        default: throw error(name, "must be a number of seconds")
        }
        guard range.contains(seconds) else {
            throw error(name, "must be from \(range.lowerBound) to \(range.upperBound) seconds")
        }
        return seconds
    }

    /// One of the words an enumeration knows.
    func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws(ShapeError) -> Choice? where Choice.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw error(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    /// A part of a whole, from 0 to 1.
    func share(_ name: String) throws(ShapeError) -> Double? {
        let share: Double
        switch value(name) {
        case nil: return nil
        case .integer(let number): share = Double(number)
        case .number(let number): share = number
        default: throw error(name, "must be a number from 0 to 1")
        }
        guard (0...1).contains(share) else { throw error(name, "must be a number from 0 to 1") }
        return share
    }

    /// The elements of an array with their places, `nil` when absent.
    func elements(_ name: String) throws(ShapeError) -> [(value: JSON, path: String)]? {
        guard let value = value(name) else { return nil }
        guard case .array(let values) = value else { throw error(name, "must be an array") }
        return values.enumerated().map { ($0.element, "\(place(name))[\($0.offset)]") }
    }

    func strings(_ name: String) throws(ShapeError) -> [String]? {
        guard let elements = try elements(name) else { return nil }
        var texts: [String] = []
        for element in elements {
            guard case .string(let text) = element.value, !text.isEmpty else {
                throw ShapeError(path: element.path, problem: "must be a string that is not empty")
            }
            texts.append(text)
        }
        return texts
    }

    func error(_ name: String, _ problem: String) -> ShapeError {
        ShapeError(path: place(name), problem: problem)
    }
}
