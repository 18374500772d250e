import COpenSSL
package import FoundationEssentials

/// A certificate with its private key, checked to belong together and to be valid at the time they were given.
package struct CertificateIdentity: Sendable {
    /// The certificate whose private key this is.
    package let certificate: Certificate
    /// The private key. It is known to make signatures that the certificate verifies.
    package let privateKey: PrivateKey
    /// Other certificates from the same file, in its order. They are not checked against `certificate`.
    package let chain: [Certificate]

    /// Joins a certificate and a private key.
    ///
    /// - Parameter now: The instant at which the certificate must be valid: `notBefore <= now < notAfter`.
    /// - Throws: `keyDoesNotMatchCertificate`, `certificateNotYetValid`, `certificateExpired`; `malformed` for a key
    ///   whose public half matches but which signs wrongly, as a damaged one does.
    package init(
        certificate: Certificate, privateKey: PrivateKey, chain: [Certificate] = [], now: Date
    ) throws(CryptoError) {
        guard certificate.matches(privateKey) else { throw .keyDoesNotMatchCertificate }
        try certificate.checkValidity(at: now)
        try Self.checkSigning(privateKey, verifiedBy: certificate)
        self.certificate = certificate
        self.privateKey = privateKey
        self.chain = chain
    }

    /// Reads a PEM file with one private key and its certificate, in any order; any further certificates become the
    /// chain. Two files may be given one after the other.
    ///
    /// - Parameters:
    ///   - passphrase: Of the private key; ignored if that is not encrypted.
    ///   - now: As in `init`.
    /// - Throws: What `PrivateKey.init(pem:passphrase:)` and `init` throw, and `noCertificate`.
    package static func pem(
        _ contents: [UInt8], passphrase: [UInt8]?, now: Date
    ) throws(CryptoError) -> CertificateIdentity {
        try ErrorQueue.isolated { () throws(CryptoError) in
            let blocks = try PEMBlock.all(in: contents)
            let key = try PrivateKey(onlyKeyIn: blocks, passphrase: passphrase)
            var certificates: [Certificate] = []
            for block in blocks where block.holdsCertificate { certificates.append(try Certificate(block)) }
            guard !certificates.isEmpty else { throw .noCertificate }
            guard let index = certificates.firstIndex(where: { $0.matches(key) }) else {
                throw .keyDoesNotMatchCertificate
            }
            let certificate = certificates.remove(at: index)
            return try CertificateIdentity(certificate: certificate, privateKey: key, chain: certificates, now: now)
        }
    }

    /// Signs once and verifies: the public halves may match while the private half is damaged, which would come to
    /// light only when an authority refuses the first assertion.
    private static func checkSigning(
        _ key: PrivateKey, verifiedBy certificate: Certificate
    ) throws(CryptoError) {
        let message = Array("a private key signs what its certificate verifies".utf8)
        let signature = try? key.sign(message, with: .rs256)
        let isVerified = try ErrorQueue.isolated { () throws(CryptoError) in
            try Certificate.withX509(certificate.der) { (x509) throws(CryptoError) in
                guard let context = EVP_MD_CTX_new() else { throw ErrorQueue.failure(in: "EVP_MD_CTX_new") }
                defer { EVP_MD_CTX_free(context) }
                guard EVP_DigestVerifyInit_ex(context, nil, "SHA256", nil, nil, X509_get0_pubkey(x509), nil) == 1,
                    let signature
                else { return false }
                return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
            }
        }
        guard isVerified else { throw .malformed("the private key in it is damaged: it signs wrongly") }
    }
}
