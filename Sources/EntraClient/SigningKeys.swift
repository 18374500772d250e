import CurlHTTP
import FoundationEssentials
import OpenSSLCrypto
import Synchronization
import Tenancy

/// The keys by which authorities sign their tokens, fetched when one is needed and kept for a day.
///
/// Source: learn.microsoft.com/entra/identity-platform/signing-key-rollover.
final class SigningKeys: Sendable {
    /// Keys are fetched anew after this time.
    static let life: TimeInterval = 86_400
    /// A key that is not among them has them fetched anew, but not again within this time.
    static let pause: TimeInterval = 300
    /// So many tenants' keys are kept; when one more comes, those that were fetched first go.
    private static let capacity = 1_000

    private let transport: any HTTPTransport
    private let clock: WallClock
    private let kept = Mutex<[String: KeySet]>([:])
    private let turns = Turns<String>()

    init(transport: any HTTPTransport, clock: WallClock) {
        self.transport = transport
        self.clock = clock
    }

    private struct KeySet {
        let keys: [String: JSONWebKey]
        let fetchedAt: Date
    }

    /// The key of that id which the tenant's authority publishes.
    ///
    /// - Throws: `unverifiable` with `unknownKey` or `unfitKey`; `unavailable` when they cannot be fetched.
    func key(
        _ id: String, of tenant: TenantID, at cloud: CloudEndpoints
    ) async throws(AdministratorSignInError) -> RSAVerificationKey {
        let address = cloud.keysEndpoint(of: tenant)
        // One fetches; who comes meanwhile finds what it brought.
        let key = try await turns.take(address) { () async throws(AdministratorSignInError) -> JSONWebKey? in
            let now = self.clock.now()
            if let known = self.kept.withLock({ $0[address] }), now < known.fetchedAt + Self.life {
                if let key = known.keys[id] { return key }
                if now < known.fetchedAt + Self.pause { return nil }
            }
            let keys = try await self.fetch(address, issuer: cloud.issuer(of: tenant))
            self.keep(KeySet(keys: keys, fetchedAt: now), at: address)
            return keys[id]
        }
        guard let key else { throw .unverifiable(.unknownKey) }
        do throws(CryptoError) {
            return try RSAVerificationKey(modulus: key.modulus, exponent: key.exponent)
        } catch {
            throw .unverifiable(.unfitKey)
        }
    }

    private func fetch(
        _ address: String, issuer: String
    ) async throws(AdministratorSignInError) -> [String: JSONWebKey] {
        let response: CurlResponse
        do throws(CurlError) {
            response = try await transport.send(
                CurlRequest(method: .get, url: address, headers: [("Accept", "application/json")]))
        } catch {
            throw .unavailable(error.clause)
        }
        // A redirect would lead to keys of someone else's choice; it is a status like any other.
        guard response.status == 200 else { throw .unavailable("its keys came with status \(response.status)") }
        guard let keys = JSONWebKey.signing(in: response.body, issuer: issuer) else {
            throw .unavailable("what it publishes as its keys are none")
        }
        return keys
    }

    private func keep(_ keys: KeySet, at address: String) {
        kept.withLock { kept in
            if kept[address] == nil, kept.count >= Self.capacity,
                let oldest = kept.min(by: { $0.value.fetchedAt < $1.value.fetchedAt })
            {
                kept[oldest.key] = nil
            }
            kept[address] = keys
        }
    }
}
