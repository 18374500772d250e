import FoundationEssentials
import Tenancy

/// Many tenants at once.
struct SQLiteFleet: FleetReader {
    let database: SQLiteDatabase

    func tenants(
        _ selector: Selector, app: AppName?, after tenant: TenantID?, limit: Int
    ) async throws(StoreError) -> [Tenant] {
        try await database.readList { (db) throws(StoreError) in
            var meant = try SelectorSQL(selector, app: app, after: tenant, db)
            let limit = meant.bind(limit)
            return try db.queryOnce(
                """
                SELECT \(Tenant.columns) FROM \(meant.source) WHERE \(meant.condition)
                ORDER BY \(meant.id) LIMIT \(limit)
                """, meant.values, Tenant.init)
        }
    }

    func members(_ selector: Selector, app: AppName?) async throws(StoreError) -> [TenantID] {
        try await database.readList { (db) throws(StoreError) in try db.members(selector, app: app) }
    }

    func statuses(
        of app: AppName, _ selector: Selector, after tenant: TenantID?, limit: Int
    ) async throws(StoreError) -> [ConsentStatus] {
        try await database.readList { (db) throws(StoreError) in
            guard let cloud = try db.cloud(of: app) else { return [] }
            var meant = try SelectorSQL(selector, app: app, after: tenant, db)
            let places = (app: meant.bind(app), cloud: meant.lives(in: cloud), limit: meant.bind(limit))
            let page = try db.queryOnce(
                """
                SELECT connection.*, \(Tenant.columns) FROM \(meant.source)
                LEFT JOIN connection ON connection.app = \(places.app) AND connection.tenant = tenant.id
                WHERE \(places.cloud) AND \(meant.condition) ORDER BY \(meant.id) LIMIT \(places.limit)
                """, meant.values
            ) { (row) throws(StoreError) in try Standing(row, app: app) }
            return try db.statuses(page, of: app)
        }
    }

    func counts(of app: AppName) async throws(StoreError) -> [ConsentCount] {
        try await database.readList { (db) throws(StoreError) in
            guard let cloud = try db.cloud(of: app) else { return [] }
            let counts = try db.query(
                """
                SELECT state, release, note_who, count(*) AS tenants FROM connection WHERE app = ?1
                GROUP BY state, release, note_who
                """, [app]
            ) { (row) throws(StoreError) in
                ConsentCount(
                    state: try row.value("state", ConnectionState.init), release: try row.integerIfAny("release"),
                    noted: try row.valueIfAny("note_who", WhoMustAct.init), tenants: try row.integer("tenants"))
            }
            let all = try db.first("SELECT count(*) AS tenants FROM tenant WHERE cloud = ?1", [cloud]) {
                (row) throws(StoreError) in try row.integer("tenants")
            }
            let untouched = (all ?? 0) - counts.reduce(0) { $0 + $1.tenants }
            return counts + [ConsentCount(state: .none, tenants: max(0, untouched))]
        }
    }
}

/// A tenant and its connection, from one row.
struct Standing {
    let tenant: Tenant
    let connection: Connection

    init(_ row: SQLRow, app: AppName) throws(StoreError) {
        tenant = try Tenant(row)
        connection = try Connection(row, tenant: tenant.id, app: app)
    }
}

extension SQLConnection {
    /// Everybody whom the selector means, by id.
    func members(_ selector: Selector, app: AppName?) throws(StoreError) -> [TenantID] {
        let meant = try SelectorSQL(selector, app: app, after: nil, self)
        return try queryOnce(
            "SELECT tenant.id FROM \(meant.source) WHERE \(meant.condition) ORDER BY \(meant.id)", meant.values
        ) { (row) throws(StoreError) in try row.value("id") { TenantID($0) } }
    }

    func cloud(of app: AppName) throws(StoreError) -> Cloud? {
        try first("SELECT cloud FROM app WHERE name = ?1", [app]) { (row) throws(StoreError) in
            try row.value("cloud", Cloud.init)
        }
    }

    /// Adds the grants and the time of the newest evidence, fetched for the whole page at once.
    func statuses(_ page: [Standing], of app: AppName) throws(StoreError) -> [ConsentStatus] {
        guard !page.isEmpty else { return [] }
        // The ids as one JSON list: one statement for pages of any length.
        let ids = try JSONValue.array(page.map { .string($0.tenant.id.description) }).storedText()
        let rows = try query(
            """
            SELECT tenant, resource, role, observed_at FROM connection_grant
            WHERE app = ?1 AND tenant IN (SELECT value FROM json_each(?2)) ORDER BY tenant, resource, role
            """, [app, ids]
        ) { (row) throws(StoreError) in
            (
                tenant: try row.text("tenant"),
                grant: Grant(
                    resource: try row.value("resource", Resource.init), role: try row.text("role"),
                    observedAt: try row.instant("observed_at"))
            )
        }
        let looks = try query(
            """
            SELECT tenant, max(seen_at) AS seen_at FROM evidence
            WHERE app = ?1 AND tenant IN (SELECT value FROM json_each(?2)) GROUP BY tenant
            """, [app, ids]
        ) { (row) throws(StoreError) in (try row.text("tenant"), try row.instant("seen_at")) }
        let grants = Dictionary(grouping: rows, by: \.tenant)
        let newest = Dictionary(uniqueKeysWithValues: looks)
        return page.map { standing in
            let id = standing.tenant.id.description
            return ConsentStatus(
                tenant: standing.tenant, connection: standing.connection, grants: (grants[id] ?? []).map(\.grant),
                evidenceAt: newest[id])
        }
    }
}
