/// A condition on the objects of a listing: the few forms that finding an application or service principal takes.
enum ODataFilter {
    /// `appId eq '…'`
    case equals(property: String, value: String)
    /// `startswith(displayName,'…')`
    case startsWith(property: String, value: String)
    /// `servicePrincipalNames/any(n:n eq '…')`
    case anyEquals(collection: String, value: String)

    /// Properties whose values are GUIDs, not texts that happen to be one, and so stand without quotes.
    private static let identifiers: Set = ["principalId", "resourceId", "appRoleId"]

    /// - Parameter properties: what may be asked about.
    init(_ text: String, properties: Set<String>) throws(GraphError) {
        guard let filter = Self.read(text), properties.contains(filter.property) else {
            throw .badRequest("Unsupported or invalid query filter clause specified for property '\(text.prefix(80))'.")
        }
        self = filter
    }

    private var property: String {
        switch self {
        case .equals(let name, _), .startsWith(let name, _), .anyEquals(let name, _): name
        }
    }

    /// Whether an object's property satisfies the condition. Graph compares without regard to case.
    func isMet(by values: [String: [String]]) -> Bool {
        let found = values[property] ?? []
        switch self {
        case .equals(_, let value), .anyEquals(_, let value):
            return found.contains { $0.lowercased() == value.lowercased() }
        case .startsWith(_, let value): return found.contains { $0.lowercased().hasPrefix(value.lowercased()) }
        }
    }

    private static func read(_ text: String) -> ODataFilter? {
        let trimmed = text.trimmed
        let lower = trimmed.lowercased()
        if lower.hasPrefix("startswith("), trimmed.hasSuffix(")") {
            let parts = trimmed.dropFirst("startswith(".count).dropLast().split(separator: ",", maxSplits: 1)
            guard parts.count == 2, let value = literal(String(parts[1]).trimmed) else { return nil }
            return .startsWith(property: String(parts[0]).trimmed, value: value)
        }
        if let any = lower.firstRange(of: "/any("), trimmed.hasSuffix(")") {
            let inside = trimmed[any.upperBound...].dropLast()
            let parts = inside.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, case .equals(let variable, let value) = read(String(parts[1])),
                variable == String(parts[0]).trimmed
            else { return nil }
            return .anyEquals(collection: String(trimmed[..<any.lowerBound]), value: value)
        }
        guard let operation = lower.firstRange(of: " eq ") else { return nil }
        let property = String(trimmed[..<operation.lowerBound]).trimmed
        let text = String(trimmed[operation.upperBound...]).trimmed
        let identifier = identifiers.contains(property) ? GUID(text)?.text : nil
        return (identifier ?? literal(text)).map { .equals(property: property, value: $0) }
    }

    /// A text in single quotes, in which a quote stands doubled.
    private static func literal(_ text: String) -> String? {
        guard text.utf8.count >= 2, text.hasPrefix("'"), text.hasSuffix("'") else { return nil }
        let inside = text.dropFirst().dropLast().replacing("''", with: "\u{0}")
        guard !inside.contains("'") else { return nil }
        return String(inside.replacing("\u{0}", with: "'"))
    }
}

extension String {
    fileprivate var trimmed: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
