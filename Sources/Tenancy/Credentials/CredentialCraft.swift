package import FoundationEssentials

/// A credential as it was brought: bytes of a file or a secret, or where an assertion comes from.
package enum BroughtCredential: Sendable {
    /// With the instant at which it ends, when its owner knows.
    case secret(Secret<String>, expiresAt: Date?)
    /// Certificate and private key, PEM, in any order.
    case pem(Secret<[UInt8]>, passphrase: Secret<String>?)
    case pkcs12(Secret<[UInt8]>, passphrase: Secret<String>?)
    case federated(AssertionSource)
}

/// A credential that was read or made, and what is known of it.
package struct CraftedCredential: Sendable {
    package let value: ClientCredential
    /// For people.
    package let label: String
    package let expiresAt: Date?
    /// SHA-256 of the certificate, lower-case hex.
    package let thumbprint: String?

    package init(value: ClientCredential, label: String, expiresAt: Date?, thumbprint: String?) {
        self.value = value
        self.label = label
        self.expiresAt = expiresAt
        self.thumbprint = thumbprint
    }

    /// As it is about to be remembered.
    func new(
        _ id: CredentialID, of app: AppName, _ state: Credential.State, keyID: GUID? = nil, at now: Date
    ) -> NewCredential {
        NewCredential(
            record: Credential(
                id: id, app: app, kind: value.kind, label: label, addedAt: now, expiresAt: expiresAt,
                thumbprint: thumbprint, stored: state, keyID: keyID),
            value: value)
    }
}

/// Reads, makes and proves credentials. Keeps the cryptography out of this module.
package protocol CredentialCraft: Sendable {
    /// Checks that the key belongs to the certificate and that both are fit for Entra at that instant.
    func read(_ credential: BroughtCredential, at instant: Date) throws(RegistrationError) -> CraftedCredential

    /// A new RSA key with a certificate that signs itself, valid for so many seconds.
    func makeCertificate(named name: String, life: TimeInterval, at instant: Date) throws(RegistrationError)
        -> CraftedCredential

    /// The SHA-256 of a certificate, lower-case hex.
    func thumbprint(ofCertificate der: [UInt8]) -> String

    /// Shows the directory that we hold the key of a certificate that is registered on the application.
    ///
    /// Source: learn.microsoft.com/graph/application-rollkey-prooftoken.
    func proof(
        of credential: ClientCredential, forApplication objectID: GUID, at instant: Date
    ) throws(RegistrationError) -> Secret<String>
}
