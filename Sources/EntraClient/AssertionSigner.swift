import FoundationEssentials
import OpenSSLCrypto
import Synchronization
import Tenancy

/// Makes the client assertions of certificates, each once, and lends it out again while it lives.
///
/// A signature costs a quarter of a millisecond of a core, with longer keys several. So the certificate and its key are
/// read and checked once and not for each request, the assertion for one tenant serves all of its resources, and the
/// signing is done on threads of its own. An assertion names its audience, one tenant's endpoint, and is never lent to
/// another. Entra takes one any number of times; MSAL for Python reuses it for 540 of its 600 seconds too.
final class AssertionSigner: Sendable {
    /// The SHA-256 over certificate and key: names a credential without being one.
    private typealias Fingerprint = [UInt8]

    private struct Use: Hashable {
        let credential: Fingerprint
        let client: ClientID
        let audience: String
    }

    private struct Assertion {
        let text: Secret<String>
        let made: Moment
    }

    /// Keys are wiped by OpenSSL when they make room.
    private let identities = Mutex(BoundedCache<Fingerprint, CertificateIdentity>(capacity: 256))
    /// Some 1 KB each; enough for a stampede of 10,000 tenants.
    private let assertions = Mutex(BoundedCache<Use, Assertion>(capacity: 20_000))
    private let preparing = Turns<Fingerprint>()
    private let signing = Turns<Use>()
    private let threads: SigningThreads
    private let clock: WallClock
    private let randomness: Randomness

    /// So many seconds an assertion is lent out; a request takes ten seconds at most, and clocks differ.
    private static let reuse: TimeInterval = 540

    init(threads: Int, clock: WallClock, randomness: Randomness) {
        self.threads = SigningThreads(count: threads)
        self.clock = clock
        self.randomness = randomness
    }

    /// An assertion for that audience that lives a minute more at least.
    ///
    /// - Throws: why the certificate or its key cannot be used now; the certificate's time is looked at each time.
    func assertion(
        certificate der: [UInt8], privateKey: Secret<[UInt8]>, client: ClientID, audience: String
    ) async throws(CryptoError) -> Secret<String> {
        let fingerprint = Digest.sha256(Digest.sha256(der) + Digest.sha256(privateKey.exposed))
        let identity = try await identity(fingerprint, der, privateKey)
        try identity.certificate.checkValidity(at: clock.now())
        let use = Use(credential: fingerprint, client: client, audience: audience)
        if let known = reusable(use) { return known }
        // Who comes while it is being signed finds it when his turn comes.
        return try await signing.take(use) { () async throws(CryptoError) in
            if let known = reusable(use) { return known }
            return try await sign(use, with: identity)
        }
    }

    private func identity(
        _ fingerprint: Fingerprint, _ der: [UInt8], _ privateKey: Secret<[UInt8]>
    ) async throws(CryptoError) -> CertificateIdentity {
        if let known = identities.withLock({ $0[fingerprint] }) { return known }
        return try await preparing.take(fingerprint) { () async throws(CryptoError) in
            if let known = identities.withLock({ $0[fingerprint] }) { return known }
            let now = clock.now()
            let identity = try await threads.run { () throws(CryptoError) in
                try CertificateIdentity(
                    certificate: Certificate(der: der), privateKey: PrivateKey(pkcs8DER: privateKey.exposed), now: now)
            }
            identities.withLock { $0.put(identity, for: fingerprint) }
            return identity
        }
    }

    private func reusable(_ use: Use) -> Secret<String>? {
        guard let known = assertions.withLock({ $0[use] }) else { return nil }
        let now = clock.moment()
        // Its age by both clocks: somebody may have set the one by which the authority judges it.
        let isYoung = [now.date.timeIntervalSince(known.made.date), now.steady - known.made.steady]
            .allSatisfy { (0..<Self.reuse).contains($0) }
        return isYoung ? known.text : nil
    }

    private func sign(_ use: Use, with identity: CertificateIdentity) async throws(CryptoError) -> Secret<String> {
        let (made, id) = (clock.moment(), randomness.guid())
        let assertion = SignedAssertion(
            identity: identity, issuer: use.client.description, subject: use.client.description, audience: use.audience)
        let text = try await threads.run { () throws(CryptoError) in try assertion.signed(at: made.date, id: id) }
        assertions.withLock { $0.put(Assertion(text: text, made: made), for: use) }
        return text
    }
}
