/// Which tenants are meant: terms that must all hold, `ring=canary,plan!=trial`.
///
/// One spelling per meaning: terms and alternatives are kept sorted and once each, so equal selectors are equal texts.
package struct Selector: Sendable, Hashable, CustomStringConvertible {
    /// What one term asks of a tenant, or asks it not to be.
    package struct Term: Sendable, Hashable {
        package let condition: Condition
        package let isNegated: Bool

        package init(_ condition: Condition, isNegated: Bool = false) {
            self.condition = condition
            self.isNegated = isNegated
        }
    }

    package enum Condition: Sendable, Hashable {
        /// It has the tag, with any value.
        case hasTag(String)
        /// It has the tag with one of these values.
        case tag(String, [String])
        /// Its connection with the app is in one of these states.
        case consent([ConnectionState])
        /// It is one of these people's move.
        case mover([WhoMustAct])
        case life([TenantState])
        case cloud([Cloud])
        /// It is in one of these saved groups.
        case group([GroupName])
        /// Its name contains the text, whatever the case of A to Z.
        case name(String)
        /// Its name or its domain does.
        case text(String)
    }

    package let terms: [Term]

    /// Every tenant.
    package static let everything = Selector([])

    /// So many terms and alternatives at most.
    package static let largest = 100
    package static let longest = 2_000

    package init(_ terms: [Term]) {
        self.terms = Set(terms).sorted { $0.description < $1.description }
    }

    /// Both selectors hold.
    package func and(_ other: Selector) -> Selector { Selector(terms + other.terms) }

    package func and(_ conditions: [Condition]) -> Selector { Selector(terms + conditions.map { Term($0) }) }

    /// The canonical text.
    package var description: String { terms.map(\.description).joined(separator: ",") }

    /// The saved groups that it names.
    package var groups: Set<GroupName> {
        Set(
            terms.flatMap { term -> [GroupName] in
                if case .group(let names) = term.condition { names } else { [] }
            })
    }

    /// Whether it says something about the connection with an app, so that an app must be named.
    package var asksAboutConsent: Bool {
        terms.contains { term in
            switch term.condition {
            case .consent, .mover: true
            case .hasTag, .tag, .life, .cloud, .group, .name, .text: false
            }
        }
    }

    /// Terms and alternatives in it.
    package var size: Int { terms.reduce(0) { $0 + $1.condition.alternatives } }
}

extension Selector.Condition {
    fileprivate var alternatives: Int {
        switch self {
        case .hasTag, .name, .text: 1
        case .tag(_, let values): values.count
        case .consent(let states): states.count
        case .mover(let movers): movers.count
        case .life(let states): states.count
        case .cloud(let clouds): clouds.count
        case .group(let names): names.count
        }
    }
}

extension Selector.Term: CustomStringConvertible {
    package var description: String {
        func equation(_ name: String, _ values: [String]) -> String {
            "\(name)\(isNegated ? "!=" : "=")\(values.map(Selector.quoted).joined(separator: "|"))"
        }
        return switch condition {
        case .hasTag(let key): (isNegated ? "!" : "") + Selector.tagName(key)
        case .tag(let key, let values): equation(Selector.tagName(key), values)
        case .consent(let states): equation("state", states.map(\.rawValue))
        case .mover(let movers): equation("who_must_act", movers.map(\.rawValue))
        case .life(let states): equation("tenant.state", states.map(\.rawValue))
        case .cloud(let clouds): equation("cloud", clouds.map(\.rawValue))
        case .group(let names): equation("group", names.map(\.description))
        case .name(let text): "\(isNegated ? "!" : "")name~\(Selector.quoted(text))"
        case .text(let text): "\(isNegated ? "!" : "")text~\(Selector.quoted(text))"
        }
    }
}

extension Selector {
    /// Words that mean something else than a tag; a tag of that name is written `tag:state`.
    static let fields: Set = ["state", "who_must_act", "tenant.state", "cloud", "group", "name", "text"]

    fileprivate static func tagName(_ key: String) -> String { fields.contains(key) ? "tag:\(key)" : key }

    fileprivate static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard text.isEmpty || scalars.contains(where: { " ,|\"\\!=~".unicodeScalars.contains($0) }) else { return text }
        var quoted = String.UnicodeScalarView("\"".unicodeScalars)
        for scalar in scalars {
            if scalar == "\\" || scalar == "\"" { quoted.append("\\") }
            quoted.append(scalar)
        }
        quoted.append("\"")
        return String(quoted)
    }
}
