package import FoundationEssentials

/// Why a cryptographic operation was refused or failed.
///
/// Each case is decided by OpenSSL's reason codes or by our own checks, never by the text of a message. No case and no
/// description carries key material, a passphrase or plaintext.
package enum CryptoError: Error, Equatable, Sendable {
    /// The passphrase does not open the file. A file whose encrypted part is damaged looks exactly the same.
    case wrongPassphrase
    /// The key or the file is encrypted and no passphrase was given.
    case passphraseRequired
    /// The private key is not the one whose public half the certificate holds.
    case keyDoesNotMatchCertificate
    /// The certificate's validity ended at `notAfter`, or ends at this very instant.
    case certificateExpired(notAfter: Date)
    /// The certificate's validity begins only at `notBefore`.
    case certificateNotYetValid(notBefore: Date)
    /// The private key is of a kind that is not accepted; the text names the kind, such as "EC P-256".
    case unsupportedKey(String)
    /// The RSA key is shorter than 2,048 bits.
    case keyTooSmall(bits: Int)
    /// The input holds no private key.
    case noPrivateKey
    /// The input holds no certificate.
    case noCertificate
    /// The input is not what it should be; the text says in what way.
    case malformed(String)
    /// The file is encrypted in a way this installation of OpenSSL cannot undo, even with its legacy algorithms.
    case unsupportedEncryption
    /// A common name is empty, longer than 64 characters, or holds a control character.
    case invalidCommonName
    /// A period of validity is not at least one second long, or ends after the year 9999.
    case invalidValidity
    /// Authentication of sealed bytes failed: another key, other associated data, or altered bytes.
    case sealBroken
    /// A symmetric key has the wrong number of bytes.
    case invalidKeyLength
    /// OpenSSL failed where it should not; the text names the function and OpenSSL's error code.
    case internalFailure(String)
}

extension CryptoError: CustomStringConvertible {
    /// A sentence for the operator: what is wrong and what to do next.
    package var description: String {
        switch self {
        case .wrongPassphrase:
            "The passphrase does not open this file. Check the passphrase; if it is right, the file is damaged."
        case .passphraseRequired: "The file is encrypted. Give its passphrase."
        case .keyDoesNotMatchCertificate:
            "The private key does not belong to the certificate. Give the key the certificate was made with."
        case .certificateExpired(let notAfter):
            "The certificate expired at \(notAfter.formatted(.iso8601)). Give one that is still valid."
        case .certificateNotYetValid(let notBefore):
            "The certificate is valid only from \(notBefore.formatted(.iso8601)). Wait until then, or give another."
        case .unsupportedKey(let kind):
            "The private key cannot be used: \(kind). Give an RSA key of at least 2048 bits, in PEM or PKCS#12."
        case .keyTooSmall(let bits):
            "The RSA key has only \(bits) bits. Give one of at least 2048 bits."
        case .noPrivateKey:
            "There is no private key in the input. Give a PEM or PKCS#12 file that holds one."
        case .noCertificate:
            "There is no certificate in the input. Give a PEM or PKCS#12 file that holds one."
        case .malformed(let what): "The input cannot be read: \(what). Export the file again."
        case .unsupportedEncryption:
            "The file is encrypted in a way OpenSSL does not support here. Export it again with AES-256 encryption."
        case .invalidCommonName:
            "A common name has 1 to 64 characters and no control characters. Choose another."
        case .invalidValidity:
            "A certificate is valid for at least one second and not beyond the year 9999. Choose another period."
        case .sealBroken:
            "Sealed data failed authentication: it was sealed with another key or for another place, or was altered."
        case .invalidKeyLength: "A sealing key has exactly \(SealingKey.byteCount) bytes. Give the right key file."
        case .internalFailure(let what):
            "OpenSSL failed unexpectedly in \(what). Check that its libraries are installed completely."
        }
    }
}
