import FoundationEssentials
import OpenSSLCrypto
import Testing

@Suite("Certificate")
struct CertificateTests {
    @Test("Thumbprints are the fingerprints openssl shows")
    func thumbprints() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let certificate = try Certificate(pem: openssl.read("app.crt"))
            let sha1 = try await openssl("x509 -in app.crt -noout -fingerprint -sha1").split(separator: "=")
            let sha256 = try await openssl("x509 -in app.crt -noout -fingerprint -sha256").split(separator: "=")
            #expect(certificate.sha1Thumbprint == bytes(hex: String(try #require(sha1.last))))
            #expect(certificate.sha256Thumbprint == bytes(hex: String(try #require(sha256.last))))
            #expect(certificate.sha1Thumbprint.count == 20 && certificate.sha256Thumbprint.count == 32)
        }
    }

    @Test("PEM and DER of one certificate are equal, and its PEM is openssl's, byte for byte")
    func encodings() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("x509 -in app.crt -outform DER -out app.der")
            let certificate = try Certificate(pem: openssl.read("app.crt"))
            #expect(try certificate == Certificate(der: openssl.read("app.der")))
            #expect(try Array(certificate.pem.utf8) == openssl.read("app.crt"))
        }
    }

    @Test("The dates are those openssl shows")
    func dates() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let certificate = try Certificate(pem: openssl.read("app.crt"))
            let shown = try await openssl("x509 -in app.crt -noout -startdate -enddate -dateopt iso_8601")
            #expect(shown == "notBefore=\(text(certificate.notBefore))\nnotAfter=\(text(certificate.notAfter))\n")
        }
    }

    @Test("A subject reads as RFC 2253 says: special characters escaped, letters of any script as they are")
    func subject() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out app.key")
            try await openssl("req -x509 -utf8 -key app.key -subj /O=Müller,Søn/CN=日本 -days 1 -out app.crt")
            #expect(try Certificate(pem: openssl.read("app.crt")).subject == "CN=日本,O=Müller\\,Søn")
        }
    }

    @Test("It matches its own key and no other")
    func matching() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let certificate = try Certificate(pem: openssl.read("app.crt"))
            #expect(certificate.matches(try PrivateKey(pem: openssl.read("app.key"), passphrase: nil)))
            #expect(!certificate.matches(try PrivateKey.generateRSA()))
        }
    }

    @Test("What holds no certificate, or a damaged one, says so")
    func malformed() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let key = try openssl.read("app.key")
            let der = try Certificate(pem: openssl.read("app.crt")).der
            let damaged = CryptoError.malformed("it is not an X.509 certificate, or a damaged one")
            #expect(throws: CryptoError.noCertificate) { try Certificate(pem: key) }
            #expect(throws: CryptoError.noCertificate) { try Certificate(pem: der) }
            #expect(throws: CryptoError.noCertificate) { try Certificate(pem: []) }
            #expect(throws: damaged) { try Certificate(der: der + [0]) }
            for count in 0..<der.count {
                #expect(throws: damaged) { try Certificate(der: Array(der.prefix(count))) }
            }
        }
    }

    @Test("Altered bytes are refused or read, but never crash")
    func alteredBytes() throws {
        let now = Date(timeIntervalSince1970: 1_800_000_000)
        let identity = try CertificateIdentity.selfSigned(commonName: "app", validFor: .seconds(60), now: now)
        let der = identity.certificate.der
        var refused = 0
        for position in der.indices {
            var altered = der
            altered[position] ^= 0xFF
            do throws(CryptoError) {
                let certificate = try Certificate(der: altered)
                #expect(certificate != identity.certificate)
                _ = certificate.matches(identity.privateKey)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }

    /// As `openssl x509 -dateopt iso_8601` writes it.
    private func text(_ date: Date) -> String {
        date.formatted(.iso8601).replacing("T", with: " ")
    }
}
