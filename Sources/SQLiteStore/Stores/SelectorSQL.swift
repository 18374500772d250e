import Tenancy

/// A selector as SQL: where rows of `tenant` come from, and what must hold for each. The one place where selectors become
/// SQL.
///
/// Texts are put together from literals; whatever a person wrote is bound. The term that the fewest tenants fulfil leads
/// the way, which is counted, up to a bound; the others are checked tenant by tenant. So what is read is proportional to
/// the rarest term and not to the fleet.
struct SelectorSQL {
    /// What stands after FROM: `tenant`, or an index that leads to it.
    private(set) var source = "tenant"
    /// The tenant's id in ``source``; rows come ordered by it.
    private(set) var id = "tenant.id"
    /// Joined by AND; at least one.
    private var conditions: [String] = []
    private(set) var values: [any SQLBindable] = []

    private let db: SQLConnection
    private let app: AppName?
    private let after: String

    /// Counting which term leads ends there.
    private static let countedTenants = 10_000
    /// A list that no index holds in the order of ids leads only when it is no longer.
    private static let listedTenants = 1_000

    /// - Parameter after: only tenants with a greater id.
    /// - Throws: ``StoreError/notFound(_:)`` for a group that is not there.
    init(_ selector: Selector, app: AppName?, after: TenantID?, _ db: SQLConnection) throws(StoreError) {
        self.db = db
        self.app = app
        self.after = after?.description ?? ""
        let terms = try Self.flat(selector, db)
        let leader = try leader(of: terms)
        if let leader, let way = way(to: leader.condition) {
            if way.isOrdered {
                id = "member.\(way.column)"
                source = "\(way.table) AS member CROSS JOIN tenant ON tenant.id = \(id)"
                conditions.append(way.condition)
            } else {
                conditions.append("tenant.id IN (\(way.query))")
            }
        } else {
            conditions.append("tenant.id > \(bind(self.after))")
        }
        for term in terms where term != leader { conditions.append(try check(term)) }
    }

    /// All that must hold.
    var condition: String { conditions.joined(separator: " AND ") }

    /// A condition on the cloud. Where tenants are walked through by id, there is an index for those of a cloud.
    mutating func lives(in cloud: Cloud) -> String {
        "\(source == "tenant" ? "" : "+")tenant.cloud = \(bind(cloud))"
    }

    mutating func bind(_ value: any SQLBindable) -> String {
        values.append(value)
        return "?\(values.count)"
    }

    /// The terms, with those of a group in the place of a term that names just one.
    private static func flat(_ selector: Selector, _ db: SQLConnection) throws(StoreError) -> [Selector.Term] {
        var terms: [Selector.Term] = []
        for term in selector.terms {
            if case .group(let names) = term.condition, names.count == 1, let name = names.first, !term.isNegated {
                terms += try flat(try db.selector(of: name), db)
            } else {
                terms.append(term)
            }
        }
        return terms
    }

    /// The term that the fewest tenants fulfil.
    private func leader(of terms: [Selector.Term]) throws(StoreError) -> Selector.Term? {
        var best: (term: Selector.Term, count: Int)?
        for term in terms where !term.isNegated {
            var probe = self
            (probe.conditions, probe.values) = ([], [])
            guard let way = probe.way(to: term.condition) else { continue }
            let bound = way.isOrdered ? Self.countedTenants : Self.listedTenants + 1
            let rows = try db.queryOnce(
                "SELECT count(*) AS tenants FROM (\(way.query) LIMIT \(bound))", probe.values
            ) { (row) throws(StoreError) in try row.integer("tenants") }
            let count = rows.first ?? 0
            if way.isOrdered || count < bound, count < best?.count ?? .max { best = (term, count) }
        }
        return best?.term
    }

    /// An index that names the tenants who fulfil a condition.
    private struct Way {
        let table: String
        let column: String
        let condition: String
        /// Whether it names them in the order of their ids.
        let isOrdered: Bool

        var query: String { "SELECT \(column) FROM \(table) AS member WHERE \(condition)" }
    }

    /// `nil` where no index can tell.
    private mutating func way(to condition: Selector.Condition) -> Way? {
        switch condition {
        case .hasTag(let key):
            let key = "member.key = \(bind(key))"
            return way("tenant_tag", "tenant", key, isOrdered: true)
        case .tag(let key, let tags):
            let tag = "member.key = \(bind(key)) AND member.value IN (\(list(tags)))"
            return way("tenant_tag", "tenant", tag, isOrdered: tags.count == 1)
        case .consent(let states):
            guard let app, !states.contains(.none) else { return nil }
            let standing = "member.app = \(bind(app)) AND member.state IN (\(list(states)))"
            return way("connection", "tenant", standing, isOrdered: states.count == 1)
        case .mover(let movers):
            guard let app, !Self.holdsForNone(movers) else { return nil }
            return way(
                "connection", "tenant", "member.app = \(bind(app)) AND (\(standings(movers)))", isOrdered: false)
        case .life(let states):
            return way("tenant", "id", "member.state IN (\(list(states)))", isOrdered: states.count == 1)
        case .cloud, .group, .name, .text:
            return nil
        }
    }

    private mutating func way(_ table: String, _ column: String, _ condition: String, isOrdered: Bool) -> Way {
        Way(
            table: table, column: column, condition: "\(condition) AND member.\(column) > \(bind(after))",
            isOrdered: isOrdered)
    }

    /// A condition on one row of `tenant`.
    private mutating func check(_ term: Selector.Term) throws(StoreError) -> String {
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
    private mutating func standings(_ movers: [WhoMustAct]) -> String {
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

    private static func holdsForNone(_ movers: [WhoMustAct]) -> Bool {
        ConnectionState.none.mover(noted: nil).map(movers.contains) ?? false
    }

    private mutating func list(_ values: [some SQLBindable]) -> String {
        var places: [String] = []
        for value in values { places.append(bind(value)) }
        return places.joined(separator: ", ")
    }

    private static func pattern(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
        return "%\(escaped)%"
    }
}

extension SQLConnection {
    /// What a saved group means.
    ///
    /// - Throws: ``StoreError/notFound(_:)`` when it is not there.
    func selector(of group: GroupName) throws(StoreError) -> Selector {
        let found = try first("SELECT selector FROM tenant_group WHERE name = ?1", [group]) {
            (row) throws(StoreError) in try row.value("selector", Selector.init(stored:))
        }
        guard let found else { throw .notFound("Group '\(group)'") }
        return found
    }
}

extension Selector {
    /// Reads a column that holds a selector; its own spelling may be longer than what a person wrote.
    init?(stored text: String) {
        do throws(SelectorError) { try self.init(parsing: text, longest: 10 * Self.longest) } catch { return nil }
    }
}
