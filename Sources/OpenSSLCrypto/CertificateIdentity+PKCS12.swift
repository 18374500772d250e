import COpenSSL
package import FoundationEssentials

extension CertificateIdentity {
    /// Reads a PKCS#12 file (`.p12`, `.pfx`) with one private key and its certificate; further certificates become the
    /// chain. Files encrypted the old way (RC2, triple DES) are read too.
    ///
    /// - Parameters:
    ///   - passphrase: nil also opens a file whose passphrase is empty. Both spellings of "none" that occur in the
    ///     wild, no passphrase and the empty one, are tried.
    ///   - now: As in `init`.
    /// - Throws: `passphraseRequired` (nil did not open it), `wrongPassphrase`, `malformed`, `unsupportedEncryption`,
    ///   `noPrivateKey`, `noCertificate`, and what `init` throws.
    package static func pkcs12(
        _ contents: [UInt8], passphrase: [UInt8]?, now: Date
    ) throws(CryptoError) -> CertificateIdentity {
        try ErrorQueue.isolated { () throws(CryptoError) in
            try InputBytes.checkSize(contents)
            var parts = try PKCS12Contents(contents, passphrase: passphrase, in: nil)
            if parts == nil {
                parts = try LegacyAlgorithms.with { (context) throws(CryptoError) in
                    try PKCS12Contents(contents, passphrase: passphrase, in: context)
                }
            }
            guard let parts else { throw .unsupportedEncryption }
            guard let certificate = parts.certificate else {
                throw parts.others.isEmpty ? .noCertificate : .keyDoesNotMatchCertificate
            }
            return try CertificateIdentity(
                certificate: certificate, privateKey: parts.privateKey, chain: parts.others, now: now)
        }
    }
}

/// What a PKCS#12 file holds (RFC 7292).
private struct PKCS12Contents {
    let privateKey: PrivateKey
    /// The certificate that belongs to the key, as far as OpenSSL found one.
    let certificate: Certificate?
    let others: [Certificate]

    /// Reads the file with the algorithms of a library context; null is the default one.
    ///
    /// - Returns: nil if the context lacks an algorithm that the encryption needs.
    init?(_ contents: [UInt8], passphrase: [UInt8]?, in context: OpaquePointer?) throws(CryptoError) {
        let file = try Self.decode(contents)
        defer { PKCS12_free(file) }
        var key: OpaquePointer?
        var leaf: OpaquePointer?
        var others: OpaquePointer?
        let isParsed = try InputBytes.withCString(passphrase) { (text) throws(CryptoError) in
            try Self.allowMissingCode(file, passphrase: text)
            // Told only through the file, OpenSSL 3.0 forgets the context when it decrypts the key. This sets it for
            // the calling thread, and null changes nothing.
            let previous = OSSL_LIB_CTX_set0_default(context)
            defer { OSSL_LIB_CTX_set0_default(previous) }
            return PKCS12_parse(file, text, &key, &leaf, &others) == 1
        }
        guard isParsed else {
            let errors = ErrorQueue.take()
            if errors.saysUnsupportedAlgorithm { return nil }
            throw Self.reason(errors, passphraseGiven: passphrase != nil)
        }
        defer {
            EVP_PKEY_free(key)
            X509_free(leaf)
            copenssl_certificates_free(others)
        }
        guard let key else { throw .noPrivateKey }
        privateKey = try Self.inDefaultContext(key)
        certificate = if let leaf { try Self.certificate(leaf) } else { nil }
        self.others = try Self.certificates(others)
    }

    private static func decode(_ contents: [UInt8]) throws(CryptoError) -> OpaquePointer {
        let decoded = contents.withUnsafeBufferPointer { bytes in
            InputBytes.decodeDER(bytes, with: { d2i_PKCS12(nil, $0, $1) }, free: { PKCS12_free($0) })
        }
        guard let decoded else { throw .malformed("it is not a PKCS#12 file, or a damaged one") }
        return decoded
    }

    /// The authentication code over the file is optional (RFC 7292 section 4), but OpenSSL 3.0 takes its absence for
    /// a wrong passphrase. So the file in memory gets one; whether the passphrase is right, decryption then shows.
    private static func allowMissingCode(
        _ file: OpaquePointer, passphrase: UnsafePointer<CChar>?
    ) throws(CryptoError) {
        guard let passphrase, passphrase.pointee != 0, PKCS12_mac_present(file) == 0 else { return }
        guard PKCS12_set_mac(file, passphrase, -1, nil, 0, 1, EVP_sha256()) == 1 else {
            throw ErrorQueue.failure(in: "PKCS12_set_mac")
        }
    }

    private static func reason(_ errors: ErrorQueue, passphraseGiven: Bool) -> CryptoError {
        // A code that could not be computed is also reported as one that does not fit, so this comes first.
        if errors.contains(library: ERR_LIB_PKCS12, reason: PKCS12_R_UNKNOWN_DIGEST_ALGORITHM)
            || errors.contains(library: ERR_LIB_PKCS12, reason: PKCS12_R_MAC_GENERATION_ERROR)
        {
            return .unsupportedEncryption
        }
        if errors.contains(library: ERR_LIB_PKCS12, reason: PKCS12_R_MAC_VERIFY_FAILURE)
            || errors.contains(library: ERR_LIB_PKCS12, reason: PKCS12_R_PKCS12_CIPHERFINAL_ERROR)
            || errors.contains(library: ERR_LIB_PKCS12, reason: PKCS12_R_DECODE_ERROR)
        {
            return passphraseGiven ? .wrongPassphrase : .passphraseRequired
        }
        return .malformed("the PKCS#12 file is damaged")
    }

    /// A key belongs to the library context it was read in; this one is about to go.
    private static func inDefaultContext(_ key: OpaquePointer) throws(CryptoError) -> PrivateKey {
        var der = try PrivateKey.pkcs8DER(of: key)
        defer { der.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) } }
        return try der.withUnsafeBufferPointer { (bytes) throws(CryptoError) in try PrivateKey(pkcs8: bytes) }
    }

    private static func certificate(_ x509: OpaquePointer) throws(CryptoError) -> Certificate {
        try Certificate(der: try InputBytes.encodeDER("i2d_X509") { i2d_X509(x509, $0) })
    }

    private static func certificates(_ stack: OpaquePointer?) throws(CryptoError) -> [Certificate] {
        guard let stack else { return [] }
        var certificates: [Certificate] = []
        for index in 0..<copenssl_certificate_count(stack) {
            guard let x509 = copenssl_certificate_at(stack, index) else { continue }
            certificates.append(try certificate(x509))
        }
        return certificates
    }
}
