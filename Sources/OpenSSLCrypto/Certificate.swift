import COpenSSL
package import FoundationEssentials

/// An X.509 certificate. Two are equal if their DER is the same, byte for byte.
///
/// It is only read, not judged: `CertificateIdentity` checks validity and that the key belongs to it.
package struct Certificate: Sendable, Equatable {
    /// The certificate exactly as it was given, in DER. Thumbprints are taken of these bytes.
    package let der: [UInt8]
    /// The subject's distinguished name as RFC 2253 writes it, such as `CN=Contoso,O=Contoso AG`; most specific part
    /// first, control characters escaped.
    package let subject: String
    /// The first instant of validity.
    package let notBefore: Date
    /// The end of validity. House rule for instants: the certificate counts as valid while `now < notAfter`.
    package let notAfter: Date

    /// Reads a certificate in DER.
    ///
    /// - Throws: `malformed` for anything else, bytes left over included.
    package init(der: [UInt8]) throws(CryptoError) {
        self = try ErrorQueue.isolated { () throws(CryptoError) in
            try Self.withX509(der) { (x509) throws(CryptoError) in try Certificate(der: der, x509: x509) }
        }
    }

    /// Reads the first certificate of a PEM file; other blocks and text around them are ignored.
    ///
    /// - Throws: `noCertificate`, `malformed`.
    package init(pem: [UInt8]) throws(CryptoError) {
        self = try ErrorQueue.isolated { () throws(CryptoError) in
            guard let block = try PEMBlock.all(in: pem).first(where: \.holdsCertificate) else { throw .noCertificate }
            return try Certificate(block)
        }
    }

    init(_ block: PEMBlock) throws(CryptoError) {
        try self.init(der: try block.withBytes { (bytes) throws(CryptoError) in Array(bytes) })
    }

    private init(der: [UInt8], x509: OpaquePointer) throws(CryptoError) {
        self.der = der
        subject = try Self.text(of: X509_get_subject_name(x509))
        notBefore = try Self.date(of: X509_get0_notBefore(x509))
        notAfter = try Self.date(of: X509_get0_notAfter(x509))
    }

    /// The certificate as one PEM block that ends in a line feed (RFC 7468).
    package var pem: String {
        let base64 = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n"
    }

    /// The SHA-1 digest of `der`, 20 bytes: the thumbprint that portals show and `x5t` carries (RFC 7515 section 4.1.7).
    package var sha1Thumbprint: [UInt8] { Digest.sha1(der) }

    /// The SHA-256 digest of `der`, 32 bytes, as `x5t#S256` carries it (RFC 7515 section 4.1.8).
    package var sha256Thumbprint: [UInt8] { Digest.sha256(der) }

    /// Whether the certificate holds the public half of `key`.
    package func matches(_ key: PrivateKey) -> Bool {
        let matches = try? ErrorQueue.isolated { () throws(CryptoError) in
            try Self.withX509(der) { (x509) throws(CryptoError) in
                try key.handle.withPointer { (key) throws(CryptoError) in X509_check_private_key(x509, key) == 1 }
            }
        }
        return matches ?? false
    }

    /// - Throws: `certificateNotYetValid` or `certificateExpired` unless `notBefore <= now < notAfter`.
    package func checkValidity(at now: Date) throws(CryptoError) {
        guard now >= notBefore else { throw .certificateNotYetValid(notBefore: notBefore) }
        guard now < notAfter else { throw .certificateExpired(notAfter: notAfter) }
    }

    /// Gives `body` the parsed certificate, which is valid only during the call.
    static func withX509<Result>(
        _ der: [UInt8], _ body: (OpaquePointer) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        let x509 = der.withUnsafeBufferPointer { bytes in
            InputBytes.decodeDER(bytes, with: { d2i_X509(nil, $0, $1) }, free: { X509_free($0) })
        }
        guard let x509 else { throw .malformed("it is not an X.509 certificate, or a damaged one") }
        defer { X509_free(x509) }
        return try body(x509)
    }

    private static func text(of name: OpaquePointer?) throws(CryptoError) -> String {
        guard let bio = BIO_new(BIO_s_mem()) else { throw ErrorQueue.failure(in: "BIO_new") }
        defer { BIO_free(bio) }
        guard X509_NAME_print_ex(bio, name, 0, copenssl_name_flags()) >= 0 else {
            throw .malformed("the certificate's subject is not text")
        }
        var start: UnsafeMutablePointer<CChar>?
        let count = copenssl_bio_contents(bio, &start)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
    }

    private static func date(of time: UnsafePointer<ASN1_TIME>?) throws(CryptoError) -> Date {
        guard let epoch = ASN1_TIME_set(nil, 0) else { throw ErrorQueue.failure(in: "ASN1_TIME_set") }
        defer { ASN1_TIME_free(epoch) }
        var days: Int32 = 0
        var seconds: Int32 = 0
        // With a null `time` this would measure to the system clock's now.
        guard let time, ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else {
            throw .malformed("the certificate's dates are damaged")
        }
        return Date(timeIntervalSince1970: Double(days) * 86_400 + Double(seconds))
    }
}
