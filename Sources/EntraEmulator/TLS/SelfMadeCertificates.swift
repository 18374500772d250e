import Crypto
import CryptoExtras
import FoundationEssentials
import NIOSSL
import SwiftASN1
import X509

/// The certificate authority of one run, and the server certificate it vouches for. Never stored, never reused.
struct SelfMadeCertificates: Sendable {
    /// The CA certificate, for clients to trust.
    let caPEM: String
    let tlsConfiguration: TLSConfiguration

    /// - Parameter now: real time, since clients check the validity against theirs.
    init(now: Date) throws {
        let caKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let caName = try DistinguishedName {
            OrganizationName("Entra emulator, not Microsoft")
            CommonName("Entra emulator test CA \(Timestamps.iso(now))")
        }
        let authority = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: caKey.publicKey,
            notValidBefore: now.addingTimeInterval(-Self.day), notValidAfter: now.addingTimeInterval(3650 * Self.day),
            issuer: caName, subject: caName, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: caKey.publicKey)
            }, issuerPrivateKey: caKey)
        caPEM = try authority.serializeAsPEM().pemString
        let leafKey = P256.Signing.PrivateKey()
        let leaf = try Self.leaf(for: leafKey, issuer: caName, issuerKey: caKey, now: now)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: leaf, format: .der))],
            privateKey: .privateKey(
                try NIOSSLPrivateKey(bytes: Array(leafKey.derRepresentation), format: .der)))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        tlsConfiguration = configuration
    }

    private static let day: Double = 86_400

    /// Valid for 397 days, the most some clients accept.
    private static func leaf(
        for key: P256.Signing.PrivateKey, issuer: DistinguishedName, issuerKey: Certificate.PrivateKey, now: Date
    ) throws -> [UInt8] {
        let publicKey = Certificate.PublicKey(key.publicKey)
        let loopback6 = [UInt8](repeating: 0, count: 15) + [1]
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: publicKey,
            notValidBefore: now.addingTimeInterval(-day), notValidAfter: now.addingTimeInterval(396 * day),
            issuer: issuer, subject: try DistinguishedName { CommonName("localhost") },
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames([
                    .dnsName("localhost"),
                    .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
                    .ipAddress(ASN1OctetString(contentBytes: loopback6[...])),
                ])
                SubjectKeyIdentifier(hash: publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: issuerKey.publicKey).keyIdentifier)
            }, issuerPrivateKey: issuerKey)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
