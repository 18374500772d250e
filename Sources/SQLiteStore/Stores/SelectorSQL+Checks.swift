import Tenancy

/// Whether one tenant fulfils a term, asked of its row.
extension SelectorSQL {
    /// A condition on one row of `tenant`.
    mutating func check(_ term: Selector.Term) throws(StoreError) -> String {
        let condition = try check(term.condition)
        return term.isNegated ? "NOT (\(condition))" : condition
    }

    private mutating func check(_ condition: Selector.Condition) throws(StoreError) -> String {
        switch condition {
        case .hasTag(let key):
            return "EXISTS (SELECT 1 FROM tenant_tag AS t WHERE t.tenant = \(id) AND t.key = \(bind(key)))"
        case .tag(let key, let tags):
            return """
                EXISTS (SELECT 1 FROM tenant_tag AS t
                WHERE t.tenant = \(id) AND t.key = \(bind(key)) AND +t.value IN (\(list(tags))))
                """
        case .consent(let states):
            return connection(holdsForNone: states.contains(.none)) { "state IN (\($0.list(states)))" }
        case .mover(let movers):
            return connection(holdsForNone: Self.holdsForNone(movers)) { $0.standings(movers) }
        // The sign keeps these from being taken for a way in, which would cost the order by id.
        case .life(let states): return "+tenant.state IN (\(list(states)))"
        case .cloud(let clouds): return "+tenant.cloud IN (\(list(clouds)))"
        case .group(let names):
            var alternatives: [String] = []
            for name in names {
                var terms = ["1"]
                for term in try db.selector(of: name).terms { terms.append(try check(term)) }
                alternatives.append("(\(terms.joined(separator: " AND ")))")
            }
            return "(\(alternatives.joined(separator: " OR ")))"
        case .name(let text): return "tenant.name LIKE \(bind(Self.pattern(text))) ESCAPE '\\'"
        case .text(let text):
            let pattern = bind(Self.pattern(text))
            return "(tenant.name LIKE \(pattern) ESCAPE '\\' OR ifnull(tenant.domain, '') LIKE \(pattern) ESCAPE '\\')"
        }
    }

    /// A condition on the connection with the app. Without an app it holds for none.
    private mutating func connection(holdsForNone: Bool, _ condition: (inout SelectorSQL) -> String) -> String {
        guard let app else { return "0" }
        let (place, condition) = (bind(app), condition(&self))
        let found = """
            EXISTS (SELECT 1 FROM connection AS c
            WHERE c.app = \(place) AND c.tenant = \(id) AND (\(condition)))
            """
        guard holdsForNone else { return found }
        return
            "(\(found) OR NOT EXISTS (SELECT 1 FROM connection AS c WHERE c.app = \(place) AND c.tenant = \(id)))"
    }

    /// Every pair of state and noted person that makes it one of these people's move.
    mutating func standings(_ movers: [WhoMustAct]) -> String {
        var alternatives: [String] = []
        for state in ConnectionState.allCases {
            let noted = ([nil] + WhoMustAct.allCases).filter { noted in
                state.mover(noted: noted).map(movers.contains) ?? false
            }
            for noted in noted {
                let name: any SQLBindable = noted
                alternatives.append("(state = \(bind(state)) AND note_who IS \(bind(name)))")
            }
        }
        return alternatives.isEmpty ? "0" : alternatives.joined(separator: " OR ")
    }

    static func holdsForNone(_ movers: [WhoMustAct]) -> Bool {
        ConnectionState.none.mover(noted: nil).map(movers.contains) ?? false
    }

    mutating func list(_ values: [some SQLBindable]) -> String {
        var places: [String] = []
        for value in values { places.append(bind(value)) }
        return places.joined(separator: ", ")
    }

    private static func pattern(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if "\\%_".unicodeScalars.contains(scalar) { escaped.append("\\") }
            escaped.append(scalar)
        }
        return "%\(String(escaped))%"
    }
}
