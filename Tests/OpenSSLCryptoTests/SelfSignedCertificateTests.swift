import FoundationEssentials
import OpenSSLCrypto
import Testing

@Suite("Self-signed certificate")
struct SelfSignedCertificateTests {
    private let now = Date(timeIntervalSince1970: 1_800_000_000.75)

    private func make(_ name: String, for length: Duration = .seconds(86_400)) throws -> CertificateIdentity {
        try CertificateIdentity.selfSigned(commonName: name, validFor: length, now: now)
    }

    @Test("openssl verifies it and sees what was promised")
    func seenByOpenSSL() async throws {
        let identity = try make("tenantry")
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try openssl.write(Array(identity.certificate.pem.utf8), to: "app.crt")
            let verdict = try await openssl("verify -check_ss_sig -attime 1800000001 -CAfile app.crt app.crt")
            #expect(verdict == "app.crt: OK\n")
            let text = try await openssl("x509 -in app.crt -noout -text")
            #expect(text.contains("Version: 3 (0x2)"))
            #expect(text.contains("Signature Algorithm: sha256WithRSAEncryption"))
            #expect(text.contains("Public-Key: (2048 bit)"))
            #expect(text.contains("X509v3 Basic Constraints: critical\n                CA:FALSE"))
            #expect(text.contains("X509v3 Key Usage: critical\n                Digital Signature\n"))
            #expect(text.contains("Issuer: CN = tenantry\n") && text.contains("Subject: CN = tenantry\n"))
            let dates = try await openssl("x509 -in app.crt -noout -dates -dateopt iso_8601")
            #expect(dates == "notBefore=2027-01-15 08:00:00Z\nnotAfter=2027-01-16 08:00:00Z\n")
        }
        #expect(identity.certificate.matches(identity.privateKey) && identity.chain.isEmpty)
    }

    @Test("Serial numbers are large, positive and never the same")
    func serials() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            var serials: Set<String> = []
            for _ in 0..<4 {
                try openssl.write(make("app").certificate.der, to: "app.der")
                let shown = try await openssl("x509 -inform DER -in app.der -noout -serial")
                #expect(shown.hasPrefix("serial=") && !shown.contains("-") && shown.count > 30)
                serials.insert(shown)
            }
            #expect(serials.count == 4)
        }
    }

    @Test(
        "A common name is text, whatever is in it",
        arguments: ["a/CN=b", "a,O=b", "a=b+c", "#abc", "DNS:x,critical", "Müller & Søn", "日本"])
    func commonName(name: String) async throws {
        let identity = try make(name)
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try openssl.write(identity.certificate.der, to: "app.der")
            let shown = try await openssl(
                "x509 -inform DER -in app.der -noout -subject -nameopt utf8,sname,sep_multiline")
            #expect(shown == "subject=\n    CN=\(name)\n")
        }
    }

    @Test("A common name has 1 to 64 characters", arguments: [0, 1, 64, 65])
    func commonNameLength(count: Int) throws {
        let name = String(repeating: "é", count: count)
        if (1...64).contains(count) {
            #expect(try make(name).certificate.subject == "CN=\(name)")
        } else {
            #expect(throws: CryptoError.invalidCommonName) { try make(name) }
        }
    }

    @Test("A common name with a control character is refused", arguments: ["a\0b", "a\nb", "\u{7F}", "\u{85}"])
    func controlCharacters(name: String) {
        #expect(throws: CryptoError.invalidCommonName) { try make(name) }
    }

    @Test("Validity is at least a second and ends before the year 10000")
    func validity() throws {
        // From now, cut to the second, to 9999-12-31T23:59:59Z.
        let longest = 253_402_300_799 - 1_800_000_000
        for length in [.zero, .milliseconds(999), .seconds(-1), .seconds(longest + 1)] as [Duration] {
            #expect(throws: CryptoError.invalidValidity) { try make("app", for: length) }
        }
        #expect(try make("app", for: .seconds(longest)).certificate.notAfter.timeIntervalSince1970 == 253_402_300_799)
        let second = try make("app", for: .seconds(1)).certificate
        #expect(second.notBefore.timeIntervalSince1970 == 1_800_000_000)
        #expect(second.notAfter.timeIntervalSince1970 == 1_800_000_001)
    }

    @Test("A size below 2,048 bits is refused")
    func smallKey() {
        #expect(throws: CryptoError.keyTooSmall(bits: 1024)) {
            try CertificateIdentity.selfSigned(commonName: "app", validFor: .seconds(60), now: now, bits: 1024)
        }
    }
}
