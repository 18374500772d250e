package import FoundationEssentials
import OpenSSLCrypto
package import Tenancy

/// Reads the credentials an operator brings, and says what is wrong with them before Entra does.
package struct CertificateReader: CredentialReader {
    package init() {}

    package func read(
        _ credential: BroughtCredential, at instant: Date
    ) throws(RegistrationError) -> (ClientCredential, CredentialSummary) {
        switch credential {
        case .secret(let secret):
            let text = secret.exposed
            guard (8...256).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw .credential(
                    code: "secret_malformed", why: "This is no client secret of Entra.",
                    nextStep:
                        "Give the secret's value: 8 to 256 printable characters without spaces, as Entra showed it.")
            }
            guard GUID(text) == nil else {
                throw .credential(
                    code: "secret_is_id", why: "This is a GUID: the secret's id, not its value.",
                    nextStep: "Give the value; Entra shows it only once, when the secret is made.")
            }
            return (
                .secret(secret),
                CredentialSummary(kind: "secret", addedAt: instant, expiresAt: nil, thumbprint: nil)
            )
        case .pem(let bytes, let passphrase):
            return try certificate(at: instant) { () throws(CryptoError) in
                try .pem(bytes.exposed, passphrase: passphrase.map { Array($0.exposed.utf8) }, now: instant)
            }
        case .pkcs12(let bytes, let passphrase):
            return try certificate(at: instant) { () throws(CryptoError) in
                try .pkcs12(bytes.exposed, passphrase: passphrase.map { Array($0.exposed.utf8) }, now: instant)
            }
        }
    }

    private func certificate(
        at instant: Date, _ read: () throws(CryptoError) -> CertificateIdentity
    ) throws(RegistrationError) -> (ClientCredential, CredentialSummary) {
        do throws(CryptoError) {
            let identity = try read()
            let certificate = identity.certificate
            let summary = CredentialSummary(
                kind: "certificate", addedAt: instant, expiresAt: certificate.notAfter,
                thumbprint: certificate.sha256Thumbprint.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
                    .joined())
            return (.certificate(der: certificate.der, privateKey: Secret(try identity.privateKey.pkcs8DER())), summary)
        } catch {
            throw .credential(
                code: error.registrationCode, why: "The certificate cannot be used. \(error)",
                nextStep: "Mend the file and add the app again.")
        }
    }
}

extension CryptoError {
    /// Stable, for machines.
    fileprivate var registrationCode: String {
        switch self {
        case .wrongPassphrase: "passphrase_wrong"
        case .passphraseRequired: "passphrase_required"
        case .keyDoesNotMatchCertificate: "key_mismatch"
        case .certificateExpired: "certificate_expired"
        case .certificateNotYetValid: "certificate_not_yet_valid"
        case .unsupportedKey: "key_unsupported"
        case .keyTooSmall: "key_too_small"
        case .noPrivateKey: "private_key_missing"
        case .noCertificate: "certificate_missing"
        default: "certificate_unreadable"
        }
    }
}
