import FoundationEssentials
import OpenSSLCrypto
import Synchronization
import Tenancy

/// Remembers tokens, each sealed and bound to its whole key, epoch and times: a row under another key does not open.
final class SQLiteTokenStore: TokenStore {
    private struct Waiting {
        var tokens: [TokenKey: (token: StoredToken, epoch: Int)] = [:]
        var writer: Task<Void, Never>?
        var metrics = TokenStoreMetrics()
    }

    private let database: SQLiteDatabase
    private let sealingKey: SealingKey
    private let waiting = Mutex(Waiting())

    init(database: SQLiteDatabase, sealingKey: SealingKey) {
        self.database = database
        self.sealingKey = sealingKey
    }

    func token(_ key: TokenKey, epoch: Int) throws(StoreError) -> StoredToken? {
        if let waiting = waiting.withLock({ $0.tokens[key] }) { return waiting.epoch == epoch ? waiting.token : nil }
        let row = try database.look { (db) throws(StoreError) in
            try db.first(
                """
                SELECT sealed, acquired_at, expires_at FROM token
                WHERE cloud = ?1 AND tenant = ?2 AND client_id = ?3 AND resource = ?4 AND epoch = ?5
                """,
                [key.cloud, key.tenant, key.clientID, key.resource, epoch], TokenRow.init)
        }
        guard let row else { return nil }
        let place = Self.place(key, epoch: epoch, acquiredAt: row.acquiredAt, expiresAt: row.expiresAt)
        // One that does not open is as good as none: the next `put` replaces the row.
        guard let bytes = try? sealingKey.open(row.sealed, authenticating: place),
            let digest = TokenDigest(Digest.sha256(bytes))
        else { return nil }
        return StoredToken(
            value: Secret(String(decoding: bytes, as: UTF8.self)), digest: digest, acquiredAt: row.acquiredAt,
            expiresAt: row.expiresAt, refreshAt: row.expiresAt)
    }

    func put(_ token: StoredToken, for key: TokenKey, epoch: Int) {
        waiting.withLock { waiting in
            waiting.tokens[key] = (token, epoch)
            guard waiting.writer == nil else { return }
            waiting.writer = Task { await self.write() }
        }
    }

    func drop(_ tenant: TenantID, clientID: ClientID) {
        waiting.withLock { waiting in
            waiting.tokens = waiting.tokens.filter { $0.key.tenant != tenant || $0.key.clientID != clientID }
        }
    }

    func drop(_ clientID: ClientID) {
        waiting.withLock { waiting in waiting.tokens = waiting.tokens.filter { $0.key.clientID != clientID } }
    }

    func flush() async {
        await waiting.withLock(\.writer)?.value
    }

    var metrics: TokenStoreMetrics {
        waiting.withLock { waiting in
            var metrics = waiting.metrics
            metrics.waiting = waiting.tokens.count
            return metrics
        }
    }

    private func write() async {
        while case let batch = waiting.withLock(\.tokens), !batch.isEmpty {
            do throws(StoreError) {
                try await database.write { (db) throws(StoreError) in
                    for (key, entry) in batch { try self.save(entry.token, key, entry.epoch, db) }
                }
            } catch {}
            waiting.withLock { waiting in
                for (key, entry) in batch where waiting.tokens[key]?.token.digest == entry.token.digest {
                    waiting.tokens[key] = nil
                }
                waiting.metrics.written += batch.count
                if waiting.tokens.isEmpty { waiting.writer = nil }
            }
        }
    }

    private func save(_ token: StoredToken, _ key: TokenKey, _ epoch: Int, _ db: SQLConnection) throws(StoreError) {
        let place = Self.place(key, epoch: epoch, acquiredAt: token.acquiredAt, expiresAt: token.expiresAt)
        let sealed: [UInt8]
        do {
            sealed = try sealingKey.seal(Array(token.value.exposed.utf8), authenticating: place)
        } catch {
            throw .unavailable("the token could not be sealed: \(error)")
        }
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
