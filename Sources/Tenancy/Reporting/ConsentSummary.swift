/// So many tenants that stand alike with an app.
package struct ConsentCount: Sendable, Equatable {
    package let state: ConnectionState
    /// The release that was proven.
    package let release: Int?
    /// Whom the connection's note names.
    package let noted: WhoMustAct?
    package let tenants: Int

    package init(state: ConnectionState, release: Int? = nil, noted: WhoMustAct? = nil, tenants: Int) {
        self.state = state
        self.release = release
        self.noted = noted
        self.tenants = tenants
    }
}

/// Where all tenants stand with an app, counted.
package struct ConsentSummary: Sendable, Equatable {
    package let app: AppName
    /// The release that customers are asked for.
    package let release: Int
    package let tenants: Int
    /// States without tenants are left out.
    package let states: [ConnectionState: Int]
    /// Tenants by the release that is proven now; those without one are left out.
    package let releases: [Int: Int]
    /// Tenants by whose move it is; where nobody has to do anything, they are left out.
    package let movers: [WhoMustAct: Int]

    init(app: AppName, release: Int, _ counts: [ConsentCount]) {
        self.app = app
        self.release = release
        tenants = counts.reduce(0) { $0 + $1.tenants }
        states = Self.sum(counts) { $0.state }
        releases = Self.sum(counts) { $0.state.isConsented ? $0.release : nil }
        movers = Self.sum(counts) { $0.state.mover(noted: $0.noted) }
    }

    private static func sum<Key>(_ counts: [ConsentCount], by key: (ConsentCount) -> Key?) -> [Key: Int] {
        counts.reduce(into: [:]) { sums, count in
            if count.tenants > 0, let key = key(count) { sums[key, default: 0] += count.tenants }
        }
    }
}
