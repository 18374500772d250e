import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// Remembers API keys by the SHA-256 of their secret. No slow hash and no salt: the secret has 160 random bits, so
/// there is nothing to guess, and a request must not cost a tenth of a second.
struct SQLiteAPIKeyStore: APIKeyStore {
    let database: SQLiteDatabase

    func add(_ key: APIKey, secret: Secret<String>, by actor: Actor) async throws(StoreError) {
        let hash = Self.hash(secret)
        try await database.write { (db) throws(StoreError) in
            do throws(StoreError) {
                try db.execute(
                    """
                    INSERT INTO api_key (id, name, role, secret_hash, created_at, revoked_at)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                    """,
                    [key.id, key.name, key.role, hash, key.createdAt, key.revokedAt])
            } catch {
                throw error.naming("API key \(key.id)", orMissing: "")
            }
            try db.audit(
                "key.add", key.id, "API key '\(key.name)' was made with role \(key.role.rawValue).", by: actor,
                at: key.createdAt)
        }
    }

    func authenticate(_ text: APIKeyText) async throws(StoreError) -> APIKey? {
        let found = try database.look { (db) throws(StoreError) in
            try db.first("SELECT * FROM api_key WHERE id = ?1", [text.id]) { (row) throws(StoreError) in
                (key: try APIKey(row), hash: try row.blob("secret_hash"))
            }
        }
        // An unknown id is compared with something too, so that the answer takes as long.
        let isProven = constantTimeEquals(Self.hash(text.secret), found?.hash ?? [UInt8](repeating: 0, count: 32))
        guard let key = found?.key, isProven, key.revokedAt == nil, key.role == text.role else { return nil }
        return key
    }

    func keys() async throws(StoreError) -> [APIKey] {
        try await database.readList { (db) throws(StoreError) in
            try db.query("SELECT * FROM api_key ORDER BY created_at, id", [], APIKey.init)
        }
    }

    func revoke(_ id: APIKeyID, at instant: Date, by actor: Actor) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let changes = try db.execute(
                "UPDATE api_key SET revoked_at = ?1 WHERE id = ?2 AND revoked_at IS NULL", [instant, id])
            if changes == 1 {
                try db.audit("key.revoke", id, "The API key was ended.", by: actor, at: instant)
            } else if try db.first("SELECT * FROM api_key WHERE id = ?1", [id], APIKey.init) == nil {
                throw .notFound("API key \(id)")
            }
        }
    }

    private static func hash(_ secret: Secret<String>) -> [UInt8] {
        Digest.sha256(Array(secret.exposed.utf8))
    }
}

extension APIKey {
    /// Reads the columns of `api_key`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id", APIKeyID.init), name: try row.text("name"),
            role: try row.value("role", OperatorRole.init), createdAt: try row.instant("created_at"),
            revokedAt: try row.instantIfAny("revoked_at"))
    }
}
