import Crypto
import CryptoExtras
import FoundationEssentials
import SwiftASN1
import X509

/// A certificate registered on an application as a key credential.
struct RegisteredCertificate: Sendable {
    /// The DER bytes.
    let bytes: [UInt8]
    let subject: String
    let sha1: [UInt8]
    let sha256: [UInt8]
    let notBefore: Date
    /// The first instant at which the certificate is expired.
    let notAfter: Date
    /// `nil` when the certificate holds a key of another kind: it can be registered, yet verifies nothing.
    let publicKey: _RSA.Signing.PublicKey?

    /// - Throws: `ShapeError` at `path` when `pem` is no certificate.
    init(pem: String, path: String) throws(ShapeError) {
        do {
            let certificate = try Certificate(pemEncoded: pem)
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            self.init(certificate, bytes: serializer.serializedBytes)
        } catch {
            throw ShapeError(path: path, problem: "is not a certificate in PEM")
        }
    }

    /// `nil` when the bytes are no certificate in DER.
    init?(der bytes: [UInt8]) {
        guard let certificate = try? Certificate(derEncoded: bytes) else { return nil }
        self.init(certificate, bytes: bytes)
    }

    private init(_ certificate: Certificate, bytes: [UInt8]) {
        self.bytes = bytes
        subject = certificate.subject.description
        sha1 = Array(Insecure.SHA1.hash(data: bytes))
        sha256 = Array(SHA256.hash(data: bytes))
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
        publicKey = _RSA.Signing.PublicKey(certificate.publicKey)
    }
}
