import FoundationEssentials
import OpenSSLCrypto
import Tenancy

/// A token as its row keeps it: its times in the clear, its text sealed for exactly that key, epoch and times. A row
/// that was moved, swapped with another or altered does not open.
struct SealedToken: Sendable {
    let sealed: [UInt8]
    let acquiredAt: Date
    let refreshAt: Date
    let expiresAt: Date

    init(
        sealing token: StoredToken, for tokenKey: TokenKey, epoch: Int, with sealer: Sealer
    ) throws(CryptoError) {
        (acquiredAt, refreshAt, expiresAt) = (token.acquiredAt, token.refreshAt, token.expiresAt)
        let times = [token.acquiredAt, token.refreshAt, token.expiresAt]
        sealed = try sealer.seal(
            Array(token.value.exposed.utf8), for: Self.part(tokenKey),
            authenticating: Self.place(tokenKey, epoch, times))
    }

    /// Reads the columns of `token` that its key does not tell.
    init(_ row: SQLRow) throws(StoreError) {
        sealed = try row.blob("sealed")
        acquiredAt = try row.instant("acquired_at")
        refreshAt = try row.instant("refresh_at")
        expiresAt = try row.instant("expires_at")
    }

    /// The token; `nil` when any part was altered or belongs to another row.
    func opened(for tokenKey: TokenKey, epoch: Int, with sealer: Sealer) -> StoredToken? {
        let place = Self.place(tokenKey, epoch, [acquiredAt, refreshAt, expiresAt])
        guard let bytes = try? sealer.open(sealed, for: Self.part(tokenKey), authenticating: place),
            let digest = TokenDigest(Digest.sha256(bytes))
        else { return nil }
        return StoredToken(
            value: Secret(String(decoding: bytes, as: UTF8.self)), digest: digest, acquiredAt: acquiredAt,
            expiresAt: expiresAt, refreshAt: refreshAt)
    }

    /// A key for each tenant: one for all would have sealed 2^32 times, the most that is safe with random nonces, when
    /// a million tenants had refreshed twice an hour for three months.
    private static func part(_ key: TokenKey) -> String { key.tenant.description }

    /// What the seal is bound to. The number tells how the row is laid out.
    private static func place(_ key: TokenKey, _ epoch: Int, _ times: [Date]) -> [UInt8] {
        let numbers = [Int64(epoch)] + times.map(\.milliseconds)
        return BoundData.encode(
            [
                Array("token".utf8), [2], Array(key.cloud.rawValue.utf8), key.tenant.guid.bytes,
                key.clientID.guid.bytes, Array(key.resource.description.utf8),
            ] + numbers.map { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } })
    }
}
