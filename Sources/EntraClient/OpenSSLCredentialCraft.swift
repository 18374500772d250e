package import FoundationEssentials
import OpenSSLCrypto
package import Tenancy

/// Makes credentials, and reads those an operator brings: it says what is wrong with them before Entra does.
package struct OpenSSLCredentialCraft: CredentialCraft {
    private let randomness: Randomness

    package init(randomness: Randomness) {
        self.randomness = randomness
    }

    package func read(
        _ credential: BroughtCredential, at instant: Date
    ) throws(RegistrationError) -> CraftedCredential {
        switch credential {
        case .secret(let secret, let end):
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
            if let end, end <= instant {
                throw .credential(
                    code: "secret_expired", why: "The secret has expired already, if its end is right.",
                    nextStep: "Give the end that Entra shows, or another secret.")
            }
            return CraftedCredential(value: .secret(secret), label: "secret", expiresAt: end, thumbprint: nil)
        case .federated(let source):
            return CraftedCredential(
                value: .federated(source), label: source.label, expiresAt: nil, thumbprint: nil)
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
    ) throws(RegistrationError) -> CraftedCredential {
        do throws(CryptoError) {
            let identity = try read()
            let certificate = identity.certificate
            return CraftedCredential(
                value: .certificate(der: certificate.der, privateKey: Secret(try identity.privateKey.pkcs8DER())),
                label: certificate.subject, expiresAt: certificate.notAfter,
                thumbprint: thumbprint(ofCertificate: certificate.der))
        } catch {
            throw .credential(
                code: error.registrationCode, why: "The certificate cannot be used. \(error)",
                nextStep: "Then add it again.")
        }
    }

    package func thumbprint(ofCertificate der: [UInt8]) -> String {
        Hexadecimal.encode(Digest.sha256(der))
    }

    package func makeCertificate(
        named name: String, life: TimeInterval, at instant: Date
    ) throws(RegistrationError) -> CraftedCredential {
        // X.520 takes 64 characters, and a clock that runs behind ours must not take it for not yet valid.
        let common = String(
            name.filter { !$0.unicodeScalars.contains { $0.properties.generalCategory == .control } }.prefix(64))
        return try certificate(at: instant) { () throws(CryptoError) in
            try .selfSigned(commonName: common.isEmpty ? "tenantry" : common, validFor: .seconds(life), now: instant)
        }
    }

    package func proof(
        of credential: ClientCredential, forApplication objectID: GUID, at instant: Date
    ) throws(RegistrationError) -> Secret<String> {
        guard case .certificate(let der, let privateKey) = credential else {
            throw .credential(
                code: "no_certificate", why: "Only a certificate can prove anything.", nextStep: "Use a certificate.")
        }
        do throws(CryptoError) {
            let identity = try CertificateIdentity(
                certificate: Certificate(der: der), privateKey: PrivateKey(pkcs8DER: privateKey.exposed), now: instant)
            return try SignedAssertion(
                identity: identity, issuer: objectID.description, subject: nil, audience: Self.proofAudience,
                // A proof may span ten minutes from its `nbf`.
                lifetime: 600 - SignedAssertion.leeway
            ).signed(at: instant, id: randomness.guid())
        } catch {
            throw .credential(
                code: "certificate_unusable", why: "The certificate cannot sign. \(error)", nextStep: "Use another one."
            )
        }
    }

    /// Azure AD Graph, long retired; proofs still name it.
    private static let proofAudience = "00000002-0000-0000-c000-000000000000"
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
