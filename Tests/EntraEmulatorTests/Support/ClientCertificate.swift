import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import X509

/// A key pair with a self-signed certificate, as a client would register.
struct ClientCertificate: Sendable {
    let key: _RSA.Signing.PrivateKey
    let pem: String
    let der: Data
    let sha1: Data
    let sha256: Data

    init(from: Date, until: Date) throws {
        key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let certificateKey = Certificate.PrivateKey(key)
        let name = try DistinguishedName { CommonName("client") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: certificateKey.publicKey,
            notValidBefore: from, notValidAfter: until, issuer: name, subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption, extensions: Certificate.Extensions(),
            issuerPrivateKey: certificateKey)
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        der = Data(serializer.serializedBytes)
        pem = try certificate.serializeAsPEM().pemString
        sha1 = Data(Insecure.SHA1.hash(data: serializer.serializedBytes))
        sha256 = Data(SHA256.hash(data: serializer.serializedBytes))
    }

    /// Valid around the instant at which test clocks stand.
    static func current() throws -> ClientCertificate { try made.get() }

    /// Another one, equally valid.
    static func other() throws -> ClientCertificate { try otherMade.get() }

    // Made once each, since making a key takes longer than a test.
    private static let start = Date(timeIntervalSince1970: 1_800_000_000)
    private static let made = Result { try ClientCertificate(from: start - 86_400, until: start + 86_400) }
    private static let otherMade = Result { try ClientCertificate(from: start - 86_400, until: start + 86_400) }
}
