import COpenSSL
package import FoundationEssentials

extension CertificateIdentity {
    /// Makes a new RSA key and a certificate for it that signs itself.
    ///
    /// X.509 version 3, signed with SHA-256, a random serial number of 128 bits, for digital signatures only
    /// (`keyUsage`), not an authority (`basicConstraints`); both extensions are critical.
    ///
    /// - Parameters:
    ///   - commonName: 1 to 64 characters (the upper bound of X.520) without control characters. Any other character is
    ///     taken as it is: none has a meaning here.
    ///   - validFor: From `now`, to the second. At least one second, and not beyond the year 9999.
    ///   - now: Where validity begins, cut to the second.
    ///   - bits: As in `PrivateKey.generateRSA(bits:)`.
    /// - Throws: `invalidCommonName`, `invalidValidity`, `keyTooSmall`, `unsupportedKey`, `internalFailure`.
    package static func selfSigned(
        commonName: String, validFor: Duration, now: Date, bits: Int = 2048
    ) throws(CryptoError) -> CertificateIdentity {
        let name = Array(commonName.utf8)
        guard (1...64).contains(commonName.unicodeScalars.count),
            !commonName.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw .invalidCommonName }
        let validity = try validity(from: now, for: validFor)
        let key = try PrivateKey.generateRSA(bits: bits)
        return try ErrorQueue.isolated { () throws(CryptoError) in
            let der = try key.handle.withPointer { (key) throws(CryptoError) in
                try selfSignedDER(commonName: name, validity: validity, key: key)
            }
            return try CertificateIdentity(certificate: Certificate(der: der), privateKey: key, now: now)
        }
    }

    /// The first second of validity and its end, in seconds since 1970.
    private static func validity(from now: Date, for length: Duration) throws(CryptoError) -> Range<Int> {
        // 9999-12-31T23:59:59Z, the last instant X.509 can write (RFC 5280 section 4.1.2.5.2).
        let last = 253_402_300_799
        let start = now.timeIntervalSince1970.rounded(.down)
        let seconds = length.components.seconds
        guard seconds >= 1, seconds <= last, start >= 0, start <= Double(last - Int(seconds)) else {
            throw .invalidValidity
        }
        return Int(start)..<Int(start) + Int(seconds)
    }

    private static func selfSignedDER(
        commonName: [UInt8], validity: Range<Int>, key: OpaquePointer
    ) throws(CryptoError) -> [UInt8] {
        guard let x509 = X509_new() else { throw ErrorQueue.failure(in: "X509_new") }
        defer { X509_free(x509) }
        let name = X509_get_subject_name(x509)
        guard X509_set_version(x509, 2) == 1,  // Counted from zero: version 3.
            X509_NAME_add_entry_by_txt(name, "CN", copenssl_utf8(), commonName, Int32(commonName.count), -1, 0) == 1,
            X509_set_issuer_name(x509, name) == 1,
            ASN1_TIME_set(X509_getm_notBefore(x509), validity.lowerBound) != nil,
            ASN1_TIME_set(X509_getm_notAfter(x509), validity.upperBound) != nil,
            X509_set_pubkey(x509, key) == 1
        else { throw ErrorQueue.failure(in: "X509_set_pubkey") }
        try setRandomSerial(x509)
        try addExtension(NID_basic_constraints, "critical,CA:FALSE", to: x509)
        try addExtension(NID_key_usage, "critical,digitalSignature", to: x509)
        try addExtension(NID_subject_key_identifier, "hash", to: x509)
        guard X509_sign(x509, key, EVP_sha256()) > 0 else { throw ErrorQueue.failure(in: "X509_sign") }
        return try InputBytes.encodeDER("i2d_X509") { i2d_X509(x509, $0) }
    }

    /// 128 random bits, positive (RFC 5280 section 4.1.2.2 allows 20 octets).
    private static func setRandomSerial(_ x509: OpaquePointer) throws(CryptoError) {
        let random = try SecureRandom.bytes(16)
        guard let number = BN_bin2bn(random, Int32(random.count), nil) else {
            throw ErrorQueue.failure(in: "BN_bin2bn")
        }
        defer { BN_free(number) }
        guard BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nil else {
            throw ErrorQueue.failure(in: "BN_to_ASN1_INTEGER")
        }
    }

    /// Adds an extension in OpenSSL's configuration language. Only constants go in here: the language has syntax.
    private static func addExtension(
        _ identifier: Int32, _ value: StaticString, to x509: OpaquePointer
    ) throws(CryptoError) {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, x509, x509, nil, nil, 0)
        guard let entry = X509V3_EXT_conf_nid(nil, &context, identifier, value.description) else {
            throw ErrorQueue.failure(in: "X509V3_EXT_conf_nid")
        }
        defer { X509_EXTENSION_free(entry) }
        guard X509_add_ext(x509, entry, -1) == 1 else { throw ErrorQueue.failure(in: "X509_add_ext") }
    }
}
