import FoundationEssentials
import GRDB
import OpenSSLCrypto
import Tenancy

/// From sealing key to sealing key, some rows at a time.
extension TokenFile {
    /// Whether nothing in the file is sealed with another key than this.
    func isSettled(on key: KeyRing.Key) throws -> Bool {
        try writer.read { try Self.keyIdentifier($0) == key.identifier }
    }

    /// Notes that nothing in the file is sealed with another key than this.
    func settle(on key: KeyRing.Key) throws {
        try writer.write { database in
            try database.execute(
                sql: "UPDATE meta SET value = ?1 WHERE name = 'key_identifier'", arguments: [Data(key.identifier)])
        }
    }

    /// Seals up to `limit` tokens behind that row with the key in use. One that does not open is of no use and goes.
    ///
    /// - Returns: the last row that was looked at; `nil` when there was none.
    func rewrite(after id: Int64, limit: Int, with sealer: Sealer) throws -> Int64? {
        try writer.write { database in
            let page = try database.cachedStatement(
                sql: """
                    SELECT * FROM token WHERE id > ?1 AND substr(sealed, 1, 9) <> ?2 ORDER BY id LIMIT ?3
                    """)
            let rows = try Row.fetchAll(page, arguments: [id, Data(sealer.ring.inUse.mark), limit])
            let update = try database.cachedStatement(sql: "UPDATE token SET sealed = ?2 WHERE id = ?1")
            let delete = try database.cachedStatement(sql: "DELETE FROM token WHERE id = ?1")
            for row in rows {
                let id: Int64 = row["id"]
                if let sealed = try resealed(SQLRow(row), with: sealer) {
                    try update.execute(arguments: [id, Data(sealed)])
                } else {
                    try delete.execute(arguments: [id])
                }
            }
            return rows.last?["id"]
        }
    }

    /// How many tokens there are, and how many of them lie behind that row. Counted in the smallest index.
    func count(after id: Int64) throws -> (total: Int, behind: Int) {
        try writer.read { database in
            let sql = """
                SELECT count(*) AS total, count(*) FILTER (WHERE id > ?1) AS behind FROM token INDEXED BY token_by_expiry
                """
            let row = try Row.fetchOne(database, sql: sql, arguments: [id])
            return (row?["total"] ?? 0, row?["behind"] ?? 0)
        }
    }

    private func resealed(_ row: SQLRow, with sealer: Sealer) throws -> [UInt8]? {
        guard let tenant = try Self.guid(row, "tenant"), let clientID = try Self.guid(row, "client_id") else {
            return nil
        }
        let key = TokenKey(
            cloud: try row.value("cloud", Cloud.init), tenant: TenantID(tenant), clientID: ClientID(clientID),
            resource: try row.value("resource", Resource.init))
        let epoch = try row.integer("epoch")
        guard let token = try SealedToken(row).opened(for: key, epoch: epoch, with: sealer) else { return nil }
        return try SealedToken(sealing: token, for: key, epoch: epoch, with: sealer).sealed
    }

    private static func guid(_ row: SQLRow, _ column: String) throws -> GUID? {
        let bytes = try row.blob(column)
        guard bytes.count == 16 else { return nil }
        return GUID(UUID(uuid: bytes.withUnsafeBytes { $0.loadUnaligned(as: uuid_t.self) }))
    }
}
