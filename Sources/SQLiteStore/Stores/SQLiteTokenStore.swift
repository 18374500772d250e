import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Remembers tokens, each sealed and bound to its whole key, epoch and times: a row under another key does not open.
struct SQLiteTokenStore: TokenStore {
    let database: SQLiteDatabase
    let sealingKey: SealingKey

    func token(_ key: TokenKey, epoch: Int) async throws(StoreError) -> AccessToken? {
        let row = try database.look { (db) throws(StoreError) in
            try db.first(
                """
                SELECT sealed, acquired_at, expires_at FROM token
                WHERE cloud = ?1 AND tenant = ?2 AND client_id = ?3 AND resource = ?4 AND epoch = ?5
                """,
                [key.cloud, key.tenant, key.clientID, key.resource, epoch], TokenRow.init)
        }
        guard let row else { return nil }
        do {
            let place = Self.place(key, epoch: epoch, acquiredAt: row.acquiredAt, expiresAt: row.expiresAt)
            let text = String(decoding: try sealingKey.open(row.sealed, authenticating: place), as: UTF8.self)
            return try AccessToken(
                stored: Secret(text), key: key, expiresAt: row.expiresAt, acquiredAt: row.acquiredAt)
        } catch {
            // As if it were not there: the next `put` replaces the row.
            return nil
        }
    }

    func put(_ token: AccessToken, for key: TokenKey, epoch: Int, app: AppName) async throws(StoreError) -> Bool {
        let place = Self.place(key, epoch: epoch, acquiredAt: token.acquiredAt, expiresAt: token.expiresAt)
        let sealed: [UInt8]
        do {
            sealed = try sealingKey.seal(Array(token.value.exposed.utf8), authenticating: place)
        } catch {
            throw .unavailable("the token could not be sealed: \(error)")
        }
        return try await database.write { (db) throws(StoreError) in
            // The key must be the app's own, or a change of epoch would not find the row.
            let current = try db.first(
                """
                SELECT coalesce(connection.epoch, 0) AS epoch FROM app
                LEFT JOIN connection ON connection.app = app.name AND connection.tenant = ?1
                WHERE app.name = ?2 AND app.cloud = ?3 AND app.client_id = ?4
                """,
                [key.tenant, app, key.cloud, key.clientID]
            ) { (row) throws(StoreError) in try row.integer("epoch") }
            guard current == epoch else { return false }
            do throws(StoreError) {
                try db.execute(
                    """
                    INSERT INTO token (cloud, tenant, client_id, resource, epoch, sealed, acquired_at, expires_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
                    ON CONFLICT (cloud, tenant, client_id, resource) DO UPDATE SET epoch = excluded.epoch,
                        sealed = excluded.sealed, acquired_at = excluded.acquired_at, expires_at = excluded.expires_at
                    """,
                    [
                        key.cloud, key.tenant, key.clientID, key.resource, epoch, sealed, token.acquiredAt,
                        token.expiresAt,
                    ])
            } catch {
                throw error.naming("", orMissing: "Tenant \(key.tenant)")
            }
            return true
        }
    }

    private static func place(_ key: TokenKey, epoch: Int, acquiredAt: Date, expiresAt: Date) -> [UInt8] {
        BoundData.encode(texts: [
            "token", "1", key.cloud.rawValue, key.tenant.description, key.clientID.description,
            key.resource.description, "\(epoch)", "\(acquiredAt.milliseconds)", "\(expiresAt.milliseconds)",
        ])
    }
}

/// The part of a row that its key does not tell.
private struct TokenRow {
    let sealed: [UInt8]
    let acquiredAt: Date
    let expiresAt: Date

    init(_ row: SQLRow) throws(StoreError) {
        sealed = try row.blob("sealed")
        acquiredAt = try row.instant("acquired_at")
        expiresAt = try row.instant("expires_at")
    }
}
