import OpenSSLCrypto
import Tenancy

/// A table with a column `sealed`, as those see it who go through its rows from key to key.
struct SealedTable: Sendable {
    /// Everything sealed in the main database.
    static let all = [StoredCredential.table, StoredWebhookSecret.table, ConsentSecrets.table]

    let name: String
    private let purpose: SealingPurpose
    private let place: @Sendable (SQLRow) throws(StoreError) -> [UInt8]
    private let (page, update, counts): (String, String, String)

    private struct Row {
        let position: String
        let sealed: [UInt8]
        /// What the seal is bound to.
        let place: [UInt8]
    }

    /// - Parameters:
    ///   - position: an expression that names a row and puts the rows in an order.
    ///   - place: what the seal of a row is bound to.
    init(
        _ name: StaticString, _ purpose: SealingPurpose, position: StaticString,
        place: @escaping @Sendable (SQLRow) throws(StoreError) -> [UInt8]
    ) {
        self.name = "\(name)"
        self.purpose = purpose
        self.place = place
        page = """
            SELECT *, \(position) AS position FROM \(name)
            WHERE \(position) > ?1 AND substr(sealed, 1, 9) <> ?2 ORDER BY \(position) LIMIT ?3
            """
        update = "UPDATE \(name) SET sealed = ?2 WHERE \(position) = ?1"
        counts = """
            SELECT count(*) AS total, count(*) FILTER (WHERE substr(sealed, 1, 9) <> ?1) AS remaining FROM \(name)
            """
    }

    /// How many rows there are, and how many of them another key than the one in use has sealed.
    func count(_ db: SQLConnection, _ keys: KeyRing) throws(StoreError) -> SealingStatus.Rows {
        try db.first(counts, [keys.inUse.mark]) { (row) throws(StoreError) in
            SealingStatus.Rows(
                table: name, total: try row.integer("total"), remaining: try row.integer("remaining"))
        } ?? SealingStatus.Rows(table: name, total: 0, remaining: 0)
    }

    /// Seals up to `limit` rows behind that position with the key in use. A row that no key opens stays as it is.
    ///
    /// - Returns: the position of the last row that was looked at; `nil` when there was none.
    func rewrite(
        after position: String, limit: Int, _ db: SQLConnection, _ keys: KeyRing
    ) throws(StoreError) -> String? {
        let sealer = Sealer(ring: keys, purpose: purpose)
        let rows = try rows(after: position, except: keys.inUse.mark, limit: limit, db)
        for row in rows {
            let sealed: [UInt8]
            do {
                let plaintext = try sealer.open(row.sealed, authenticating: row.place)
                sealed = try sealer.seal(plaintext, authenticating: row.place)
            } catch .sealBroken {
                continue
            } catch {
                throw .unavailable("a row of '\(name)' could not be sealed anew: \(error)")
            }
            try db.execute(update, [row.position, sealed])
        }
        return rows.last?.position
    }

    /// Of the rows that do not begin with that mark, how many open with a key of the ring, and how many with none.
    func trial(
        except mark: [UInt8] = [], _ db: SQLConnection, _ keys: KeyRing
    ) throws(StoreError) -> (opening: Int, broken: Int) {
        let sealer = Sealer(ring: keys, purpose: purpose)
        let rows = try rows(after: "", except: mark, limit: -1, db)
        let opening = rows.count { (try? sealer.open($0.sealed, authenticating: $0.place)) != nil }
        return (opening, rows.count - opening)
    }

    private func rows(
        after position: String, except mark: [UInt8], limit: Int, _ db: SQLConnection
    ) throws(StoreError) -> [Row] {
        try db.query(page, [position, mark, limit]) { (row) throws(StoreError) in
            Row(position: try row.text("position"), sealed: try row.blob("sealed"), place: try place(row))
        }
    }
}
