import FoundationEssentials
import Tenancy

/// Remembers tenants.
struct SQLiteTenantStore: TenantStore {
    let database: SQLiteDatabase

    func add(_ tenants: [Tenant], by actor: Actor) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            for tenant in tenants {
                do throws(StoreError) {
                    try db.execute(
                        """
                        INSERT INTO tenant (id, cloud, name, domain, tags, added_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                        """,
                        [tenant.id, tenant.cloud, tenant.name, tenant.domain, tenant.tags.text, tenant.addedAt])
                } catch {
                    throw error.naming("Tenant \(tenant.id)", orMissing: "")
                }
                try db.audit(
                    "tenant.add", tenant.id, "Tenant '\(tenant.name)' of cloud \(tenant.cloud.rawValue) was added.",
                    by: actor, at: tenant.addedAt)
                try db.emit(
                    "tenant.added", tenant: tenant.id,
                    ["name": .string(tenant.name), "cloud": .string(tenant.cloud.rawValue)], by: actor,
                    at: tenant.addedAt)
            }
        }
    }

    func tenant(_ reference: TenantReference) async throws(StoreError) -> Tenant? {
        try database.look { (db) throws(StoreError) in
            switch reference {
            case .id(let id):
                try db.first("SELECT * FROM tenant WHERE id = ?1", [id], Tenant.init)
            case .domain(let domain):
                // A domain can move from one tenant to another; whoever had it last is meant.
                try db.first(
                    "SELECT * FROM tenant WHERE domain = ?1 ORDER BY added_at DESC, id LIMIT 1", [domain], Tenant.init)
            }
        }
    }

    func tenants(after id: TenantID?, limit: Int) async throws(StoreError) -> [Tenant] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                "SELECT * FROM tenant WHERE id > ?1 ORDER BY id LIMIT ?2", [id?.description ?? "", limit], Tenant.init)
        }
    }
}

extension Tenant {
    /// Reads the columns of `tenant`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id") { TenantID($0) }, cloud: try row.value("cloud", Cloud.init),
            name: try row.text("name"), domain: try row.valueIfAny("domain", TenantDomain.init),
            tags: try row.value("tags", Tags.init(parsing:)), addedAt: try row.instant("added_at"))
    }
}
