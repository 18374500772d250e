import FoundationEssentials
import Tenancy

/// Where tenants stand with an app. Pages begin after a key and never count rows, so a late page costs what the first
/// one does.
extension SQLiteConsentStore {
    static let pageOfStatuses = """
        SELECT connection.*, tenant.* FROM app
        CROSS JOIN tenant ON tenant.cloud = app.cloud AND tenant.id > ?1
        LEFT JOIN connection ON connection.app = app.name AND connection.tenant = tenant.id
        WHERE app.name = ?2 ORDER BY tenant.id LIMIT ?3
        """

    func statuses(of app: AppName, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [ConsentStatus] {
        try await database.readList { (db) throws(StoreError) in
            let page = try db.query(Self.pageOfStatuses, [tenant?.description ?? "", app, limit]) {
                (row) throws(StoreError) in try Standing(row, app: app)
            }
            return try Self.statuses(page, of: app, db)
        }
    }

    func status(of tenant: TenantID, app: AppName) async throws(StoreError) -> ConsentStatus? {
        try database.read { (db) throws(StoreError) in
            let found = try db.query(
                """
                SELECT connection.*, tenant.* FROM app
                CROSS JOIN tenant ON tenant.cloud = app.cloud AND tenant.id = ?1
                LEFT JOIN connection ON connection.app = app.name AND connection.tenant = tenant.id
                WHERE app.name = ?2
                """,
                [tenant, app]
            ) { (row) throws(StoreError) in try Standing(row, app: app) }
            return try Self.statuses(found, of: app, db).first
        }
    }

    /// Adds the grants, fetched for the whole page at once.
    private static func statuses(
        _ page: [Standing], of app: AppName, _ db: SQLConnection
    ) throws(StoreError) -> [ConsentStatus] {
        guard let first = page.first?.tenant.id, let last = page.last?.tenant.id else { return [] }
        let rows = try db.query(
            """
            SELECT tenant, resource, role, observed_at FROM connection_grant
            WHERE app = ?1 AND tenant BETWEEN ?2 AND ?3 ORDER BY tenant, resource, role
            """,
            [app, first, last]
        ) { (row) throws(StoreError) in
            (
                tenant: try row.value("tenant") { TenantID($0) },
                grant: Grant(
                    resource: try row.value("resource", Resource.init), role: try row.text("role"),
                    observedAt: try row.instant("observed_at"))
            )
        }
        let grants = Dictionary(grouping: rows, by: \.tenant)
        return page.map { standing in
            ConsentStatus(
                tenant: standing.tenant, connection: standing.connection,
                grants: grants[standing.tenant.id, default: []].map(\.grant))
        }
    }
}

/// A tenant and its connection, from one row.
private struct Standing {
    let tenant: Tenant
    let connection: Connection

    init(_ row: SQLRow, app: AppName) throws(StoreError) {
        tenant = try Tenant(row)
        connection = try Connection(row, tenant: tenant.id, app: app)
    }
}
