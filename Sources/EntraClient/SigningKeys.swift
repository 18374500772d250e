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

/// The numbers of one RSA key as an authority publishes them (RFC 7517, RFC 7518 section 6.3.1).
struct JSONWebKey: Sendable {
    let modulus: [UInt8]
    let exponent: [UInt8]

    /// The keys in the document by which that issuer signs with RS256. Others are passed over; of two with the same id
    /// neither is taken.
    ///
    /// - Returns: `nil` when the document is no set of keys.
    static func signing(in document: [UInt8], issuer: String) -> [String: JSONWebKey]? {
        guard let items = StrictJSON.object(document)?["keys"]?.list else { return nil }
        var found: [String: JSONWebKey?] = [:]
        for case .object(let item) in items {
            guard let id = item["kid"]?.text, !id.isEmpty else { continue }
            // An id is spoken for even by a key that does not fit.
            found.updateValue(found.keys.contains(id) ? nil : JSONWebKey(item, issuer: issuer), forKey: id)
        }
        return found.compactMapValues { $0 }
    }

    private init?(_ item: [String: JSONValue], issuer: String) {
        guard item["kty"]?.text == "RSA", item["use"].map({ $0.text == "sig" }) ?? true,
            item["alg"].map({ $0.text == "RS256" }) ?? true,
            Self.isOfIssuer(item["issuer"], issuer),
            let modulus = item["n"]?.text.flatMap(Base64URL.decode),
            let exponent = item["e"]?.text.flatMap(Base64URL.decode)
        else { return nil }
        self.modulus = [UInt8](modulus)
        self.exponent = [UInt8](exponent)
    }

    /// Entra names the issuer a key may sign for, with a placeholder for the tenant.
    ///
    /// Source: learn.microsoft.com/entra/identity-platform/access-tokens, "Validate the signing key issuer".
    private static func isOfIssuer(_ named: JSONValue?, _ issuer: String) -> Bool {
        guard let named else { return true }
        guard let text = named.text else { return false }
        let tenant = issuer.split(separator: "/").dropLast().last ?? ""
        return text.replacing("{tenantid}", with: tenant) == issuer
    }
}
