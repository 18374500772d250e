import FoundationEssentials
import Tenancy

/// Remembers tenants.
struct SQLiteTenantStore: TenantStore {
    let database: SQLiteDatabase

    func add(
        _ tenants: [Tenant], changing known: [(id: TenantID, change: TenantChange)], at now: Date, by actor: Actor
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            for tenant in tenants { try db.add(tenant, by: actor) }
            for (id, change) in known { _ = try db.change(id, change, at: now, by: actor) }
        }
    }

    func change(
        _ id: TenantID, _ change: TenantChange, at now: Date, by actor: Actor
    ) async throws(StoreError) -> TenantChange.Outcome? {
        try await database.write { (db) throws(StoreError) in try db.change(id, change, at: now, by: actor) }
    }

    func tenant(_ reference: TenantReference) async throws(StoreError) -> Tenant? {
        try database.look { (db) throws(StoreError) in
            switch reference {
            case .id(let id): try db.tenant(id)
            case .domain(let domain):
                // A domain can move from one tenant to another; whoever had it last is meant.
                try db.first(
                    """
                    SELECT \(Tenant.columns) FROM tenant WHERE domain = ?1 ORDER BY added_at DESC, id LIMIT 1
                    """, [domain], Tenant.init)
            }
        }
    }

    func tenants(after id: TenantID?, limit: Int) async throws(StoreError) -> [Tenant] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                "SELECT \(Tenant.columns) FROM tenant WHERE id > ?1 ORDER BY id LIMIT ?2",
                [id?.description ?? "", limit], Tenant.init)
        }
    }
}
