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

    let db: SQLConnection
    let app: AppName?
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
