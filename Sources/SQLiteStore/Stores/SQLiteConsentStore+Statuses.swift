import FoundationEssentials
import Tenancy

/// Where tenants stand with an app. Pages begin after a key and never count rows, so a late page costs what the first
/// one does.
extension SQLiteConsentStore {
    static let pageOfStatuses = """
        SELECT connection.*, \(Tenant.columns) FROM app
        CROSS JOIN tenant ON tenant.cloud = app.cloud AND tenant.id > ?1
        LEFT JOIN connection ON connection.app = app.name AND connection.tenant = tenant.id
        WHERE app.name = ?2 ORDER BY tenant.id LIMIT ?3
        """

    func statuses(of app: AppName, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [ConsentStatus] {
        try await database.readList { (db) throws(StoreError) in
            let page = try db.query(Self.pageOfStatuses, [tenant?.description ?? "", app, limit]) {
                (row) throws(StoreError) in try Standing(row, app: app)
            }
            return try db.statuses(page, of: app)
        }
    }

    func status(of tenant: TenantID, app: AppName) async throws(StoreError) -> ConsentStatus? {
        try database.read { (db) throws(StoreError) in
            let found = try db.query(
                """
                SELECT connection.*, \(Tenant.columns) FROM app
                CROSS JOIN tenant ON tenant.cloud = app.cloud AND tenant.id = ?1
                LEFT JOIN connection ON connection.app = app.name AND connection.tenant = tenant.id
                WHERE app.name = ?2
                """,
                [tenant, app]
            ) { (row) throws(StoreError) in try Standing(row, app: app) }
            return try db.statuses(found, of: app).first
        }
    }
}
