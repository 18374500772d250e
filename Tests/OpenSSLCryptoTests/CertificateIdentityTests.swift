import FoundationEssentials
import OpenSSLCrypto
import Testing

@Suite("Certificate identity")
struct CertificateIdentityTests {
    @Test("PEM is read in any order, and other certificates become the chain")
    func pemOrder() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl.makeIdentity("issuer")
            let key = try openssl.read("app.key")
            let leaf = try openssl.read("app.crt")
            let issuer = try openssl.read("issuer.crt")
            for contents in [key + leaf + issuer, leaf + key + issuer, issuer + leaf + key] {
                let identity = try CertificateIdentity.pem(contents, passphrase: nil, now: Date())
                #expect(identity.certificate.subject == "CN=app")
                #expect(identity.chain.map(\.subject) == ["CN=issuer"])
            }
            #expect(try CertificateIdentity.pem(key + leaf, passphrase: nil, now: Date()).chain.isEmpty)
        }
    }

    @Test("PEM with an encrypted key needs its passphrase")
    func pemPassphrase() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("pkcs8 -topk8 -in app.key -passout pass:s3cret -out encrypted.key")
            let contents = try openssl.read("encrypted.key") + openssl.read("app.crt")
            let identity = try CertificateIdentity.pem(contents, passphrase: Array("s3cret".utf8), now: Date())
            #expect(identity.certificate.subject == "CN=app")
            #expect(throws: CryptoError.passphraseRequired) {
                try CertificateIdentity.pem(contents, passphrase: nil, now: Date())
            }
            #expect(throws: CryptoError.wrongPassphrase) {
                try CertificateIdentity.pem(contents, passphrase: Array("other".utf8), now: Date())
            }
        }
    }

    @Test("A missing key, a missing certificate and a stranger's certificate are three different errors")
    func missingParts() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl.makeIdentity("stranger")
            let key = try openssl.read("app.key")
            let certificate = try openssl.read("app.crt")
            let stranger = try openssl.read("stranger.crt")
            #expect(throws: CryptoError.noPrivateKey) {
                try CertificateIdentity.pem(certificate, passphrase: nil, now: Date())
            }
            #expect(throws: CryptoError.noCertificate) {
                try CertificateIdentity.pem(key, passphrase: nil, now: Date())
            }
            #expect(throws: CryptoError.keyDoesNotMatchCertificate) {
                try CertificateIdentity.pem(key + stranger, passphrase: nil, now: Date())
            }
        }
    }

    @Test("An EC identity is refused for its key")
    func ellipticCurve() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.key")
            try await openssl("req -x509 -key ec.key -subj /CN=ec -days 30 -out ec.crt")
            try await openssl("pkcs12 -export -inkey ec.key -in ec.crt -passout pass:x -out ec.p12")
            let contents = try openssl.read("ec.key") + openssl.read("ec.crt")
            let file = try openssl.read("ec.p12")
            #expect(throws: CryptoError.unsupportedKey("EC P-256")) {
                try CertificateIdentity.pem(contents, passphrase: nil, now: Date())
            }
            #expect(throws: CryptoError.unsupportedKey("EC P-256")) {
                try CertificateIdentity.pkcs12(file, passphrase: [0x78], now: Date())
            }
        }
    }

    @Test("Validity begins at notBefore itself", arguments: [-1.0, 0, 1])
    func notBefore(offset: TimeInterval) throws {
        let identity = try Self.identity()
        let begin = identity.certificate.notBefore
        let now = begin.addingTimeInterval(offset)
        if offset >= 0 {
            #expect(try rejoined(identity, now: now).certificate == identity.certificate)
        } else {
            #expect(throws: CryptoError.certificateNotYetValid(notBefore: begin)) { try rejoined(identity, now: now) }
        }
    }

    @Test("Validity is over at notAfter itself", arguments: [-1.0, 0, 1])
    func notAfter(offset: TimeInterval) throws {
        let identity = try Self.identity()
        let end = identity.certificate.notAfter
        let now = end.addingTimeInterval(offset)
        if offset < 0 {
            #expect(try rejoined(identity, now: now).certificate == identity.certificate)
        } else {
            #expect(throws: CryptoError.certificateExpired(notAfter: end)) { try rejoined(identity, now: now) }
        }
    }

    @Test("A key whose public half matches but which signs wrongly is refused")
    func damagedKey() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity("app")
            try await openssl.makeIdentity("other")
            for name in ["app", "other"] {
                try await openssl("rsa -in \(name).key -traditional -outform DER -out \(name).der")
            }
            // RFC 8017 A.1.2: version, n, e, then the private numbers. Those of another key follow our n and e.
            let own = integers(ofRSAPrivateKey: try openssl.read("app.der"))
            let other = integers(ofRSAPrivateKey: try openssl.read("other.der"))
            let body = (own[0...2] + other[3...]).flatMap { $0 }
            let mixed = Data([0x30, 0x82, UInt8(body.count >> 8), UInt8(body.count & 0xFF)] + body)
            let key = "-----BEGIN RSA PRIVATE KEY-----\n\(mixed.base64EncodedString(options: .lineLength64Characters))"
            let contents = try Array((key + "\n-----END RSA PRIVATE KEY-----\n").utf8) + openssl.read("app.crt")
            let certificate = try Certificate(pem: contents)
            #expect(certificate.matches(try PrivateKey(pem: contents, passphrase: nil)))
            #expect(throws: CryptoError.malformed("the private key in it is damaged: it signs wrongly")) {
                try CertificateIdentity.pem(contents, passphrase: nil, now: Date())
            }
        }
    }

    @Test("Printing an identity shows the certificate, not the key")
    func redaction() throws {
        let identity = try Self.identity()
        var dumped = ""
        dump(identity, to: &dumped)
        #expect("\(identity)".contains("PrivateKey(RSA, 2048 bits)") && dumped.contains("PrivateKey(RSA, 2048 bits)"))
        #expect(!dumped.contains("handle") && !dumped.contains("0x"))
    }

    @Test("Every error has a sentence that says what to do next")
    func sentences() {
        let date = Date(timeIntervalSince1970: 0)
        let errors: [CryptoError] = [
            .wrongPassphrase, .passphraseRequired, .keyDoesNotMatchCertificate, .certificateExpired(notAfter: date),
            .certificateNotYetValid(notBefore: date), .unsupportedKey("EC P-256"), .keyTooSmall(bits: 1024),
            .noPrivateKey, .noCertificate, .malformed("it is empty"), .unsupportedEncryption, .invalidCommonName,
            .invalidValidity, .sealBroken, .invalidKeyLength, .internalFailure("EVP_DigestSign"),
        ]
        for error in errors { #expect(error.description.hasSuffix(".") && error.description.count > 30) }
        #expect(Set(errors.map(\.description)).count == errors.count)
        #expect("\(CryptoError.certificateExpired(notAfter: date))".contains("1970-01-01T00:00:00Z"))
    }

    private static func identity() throws -> CertificateIdentity {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        return try CertificateIdentity.selfSigned(commonName: "app", validFor: .seconds(3600), now: now)
    }

    private func rejoined(_ identity: CertificateIdentity, now: Date) throws -> CertificateIdentity {
        try CertificateIdentity(certificate: identity.certificate, privateKey: identity.privateKey, now: now)
    }

    /// The DER of each number in an `RSAPrivateKey`, whose outer length takes two bytes.
    private func integers(ofRSAPrivateKey der: [UInt8]) -> [[UInt8]] {
        var rest = der.dropFirst(4)
        var integers: [[UInt8]] = []
        while rest.count >= 2 {
            let start = rest.startIndex
            let lengthBytes = rest[start + 1] < 0x80 ? 0 : Int(rest[start + 1] & 0x7F)
            let length =
                lengthBytes == 0
                ? Int(rest[start + 1])
                : rest[(start + 2)..<(start + 2 + lengthBytes)].reduce(0) { $0 << 8 | Int($1) }
            integers.append(Array(rest.prefix(2 + lengthBytes + length)))
            rest = rest.dropFirst(2 + lengthBytes + length)
        }
        return integers
    }
}
