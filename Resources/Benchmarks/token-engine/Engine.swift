import Foundation
import OpenSSLCrypto
import SQLiteStore
import Tenancy

/// The token engine as the service joins it, over a data directory that `tenantry` has made, its limits opened wide.
struct Engine {
    let directory: DataDirectory
    let app: App
    let clock = WallClock.system
    let randomness = Randomness.system

    static let graph = "https://graph.microsoft.com"

    init(_ path: String) async throws {
        directory = try DataDirectory.open(at: path, key: nil)
        guard let app = try await directory.store.apps.apps().first else { throw BenchError("\(path) has no app.") }
        self.app = app
    }

    /// - Parameter store: takes the place of the real one.
    func broker(
        _ endpoint: any TokenEndpoint, store: (any TokenStore)? = nil, cacheBytes: Int = TokenBroker.defaultCacheBytes
    ) -> TokenBroker {
        var limits = AuthorityGate.Limits()
        limits.perSecond = 1_000_000
        limits.burst = 1_000_000
        limits.longestWait = 600
        let stores = directory.store
        let gate = AuthorityGate(
            endpoint: endpoint, ledger: stores.ledger, limits: limits, clock: clock, randomness: randomness)
        let issuer = TokenIssuer(credentials: stores.credentials, gate: gate, ledger: stores.ledger, clock: clock)
        return TokenBroker(
            issuer: issuer, gate: gate, store: store ?? stores.tokens, consent: stores.consent, clock: clock,
            cacheBytes: cacheBytes)
    }

    /// The tenant of that number, the same as `tenant_id` of measure.py says.
    static func tenant(_ number: Int) throws -> TenantID {
        let bits = (UInt128(number) + 1) &* 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835
        let b = withUnsafeBytes(of: bits.bigEndian, Array.init)
        let uuid = UUID(
            uuid: (
                b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]
            ))
        guard let guid = GUID(uuid) else { throw BenchError("Tenant \(number) has no id.") }
        return TenantID(guid)
    }

    /// With a text of its own, as each request that comes over the wire has.
    static func resource(_ text: String) throws -> Resource {
        guard let resource = Resource(String(decoding: Array(text.utf8), as: UTF8.self)) else {
            throw BenchError("\(text) is no resource.")
        }
        return resource
    }

    /// A token for that key as if the authority had sent it just now.
    func token(_ key: TokenKey, lifetime: TimeInterval = 3_600, serial: UInt64) throws -> UnverifiedToken {
        let now = clock.moment()
        let text = SampleToken.text(
            tenant: key.tenant.description, clientID: key.clientID.description, audience: key.resource.description,
            issued: now.date, lifetime: lifetime, serial: serial)
        return UnverifiedToken(
            value: Secret(text), digest: try Self.digest(text), receivedAt: now, lifetime: lifetime)
    }

    static func digest(_ text: String) throws -> TokenDigest {
        guard let digest = TokenDigest(Digest.sha256(Array(text.utf8))) else { throw BenchError("No SHA-256.") }
        return digest
    }
}

/// Keeps nothing, where what is measured is memory alone.
struct NoTokenStore: TokenStore {
    func token(_ key: TokenKey, epoch: Int) -> StoredToken? { nil }
    func put(_ token: StoredToken, for key: TokenKey, epoch: Int) {}
    func drop(_ tenant: TenantID, clientID: ClientID) {}
    func drop(_ clientID: ClientID) {}
    func flush() async {}
    var metrics: TokenStoreMetrics { TokenStoreMetrics() }
}
