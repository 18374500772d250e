import EntraClient
import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@Suite("Credential craft")
struct CredentialCraftTests {
    private let craft = OpenSSLCredentialCraft(randomness: .system)
    private static let passphrase = Secret("open sesame")

    private func code(_ credential: BroughtCredential, at instant: Date = testTime) -> String? {
        #expect(throws: RegistrationError.self) { try craft.read(credential, at: instant) }?.problem.code
    }

    private static func pem(_ label: String, _ der: [UInt8]) -> String {
        let lines = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN \(label)-----\n\(lines)\n-----END \(label)-----\n"
    }

    private static func brought(_ text: String, passphrase: Secret<String>? = nil) -> BroughtCredential {
        .pem(Secret(Array(text.utf8)), passphrase: passphrase)
    }

    /// Two identities, made once: keys are slow to make.
    private static let identities = Result {
        try (0..<2).map { number in
            try CertificateIdentity.selfSigned(commonName: "isv \(number)", validFor: .seconds(86_400), now: testTime)
        }
    }

    private static func parts(_ number: Int = 0) throws -> (
        certificate: String, key: String, identity: CertificateIdentity
    ) {
        let identity = try identities.get()[number]
        return (
            pem("CERTIFICATE", identity.certificate.der), pem("PRIVATE KEY", try identity.privateKey.pkcs8DER()),
            identity
        )
    }

    // MARK: Secrets

    @Test("takes a secret's value", arguments: ["abc8Q~" + String(repeating: "x", count: 34), "1234567890123456"])
    func secret(_ text: String) throws {
        let crafted = try craft.read(.secret(Secret(text), expiresAt: testTime + 60), at: testTime)
        guard case .secret(let secret) = crafted.value else {
            Issue.record("it became something else")
            return
        }
        #expect(secret.exposed == text)
        #expect(crafted.expiresAt == testTime + 60 && crafted.thumbprint == nil)
    }

    @Test("refuses a secret's id, which people paste instead of its value")
    func secretID() {
        #expect(code(.secret(Secret(guid(5).description), expiresAt: nil)) == "secret_is_id")
        #expect(code(.secret(Secret(guid(5).description.uppercased()), expiresAt: nil)) == "secret_is_id")
    }

    @Test(
        "refuses what can be no secret",
        arguments: [
            "", "short", "has a space in it somewhere", "has-a-newline-at-its-end\n", "schlüssel-schlüssel",
            String(repeating: "x", count: 257),
        ])
    func noSecret(_ text: String) {
        #expect(code(.secret(Secret(text), expiresAt: nil)) == "secret_malformed")
    }

    @Test("never shows a secret that it refuses")
    func hidden() {
        let error = #expect(throws: RegistrationError.self) {
            try craft.read(.secret(Secret("hunter2 hunter2"), expiresAt: nil), at: testTime)
        }
        #expect(error.map { "\($0) \(String(reflecting: $0))" }?.contains("hunter") == false)
    }

    // MARK: Certificates

    @Test("takes a certificate and its key in any order")
    func pem() throws {
        let (certificate, key, identity) = try Self.parts()
        for text in [certificate + key, key + certificate] {
            let crafted = try craft.read(Self.brought(text), at: testTime)
            guard case .certificate(let der, let privateKey) = crafted.value else {
                Issue.record("it became something else")
                return
            }
            #expect(der == identity.certificate.der)
            #expect(try privateKey.exposed == identity.privateKey.pkcs8DER())
            let hex = Digest.sha256(der).map { String(format: "%02x", $0) }.joined()
            #expect(crafted.expiresAt == identity.certificate.notAfter && crafted.thumbprint == hex)
            #expect(crafted.label == identity.certificate.subject)
        }
    }

    @Test("names what is missing or does not fit")
    func pemFaults() throws {
        let (certificate, key, _) = try Self.parts()
        let other = try Self.parts(1)
        #expect(code(Self.brought(certificate)) == "private_key_missing")
        #expect(code(Self.brought(key)) == "certificate_missing")
        #expect(code(Self.brought(certificate + other.key)) == "key_mismatch")
        #expect(code(Self.brought("")) != nil)
        let damaged = certificate.replacingOccurrences(of: "MII", with: "AAA")
        #expect(code(Self.brought(damaged + key)) == "certificate_unreadable")
    }

    @Test("refuses a certificate outside its time, half-open: at its end it has expired")
    func validity() throws {
        let (certificate, key, identity) = try Self.parts()
        let brought = Self.brought(certificate + key)
        let (start, end) = (identity.certificate.notBefore, identity.certificate.notAfter)
        #expect(code(brought, at: start - 1) == "certificate_not_yet_valid")
        _ = try craft.read(brought, at: start)
        _ = try craft.read(brought, at: end - 1)
        #expect(code(brought, at: end) == "certificate_expired")
        #expect(code(brought, at: end + 1) == "certificate_expired")
    }

    @Test("refuses keys that Entra does not take, and passphrases that do not fit")
    func foreignKeys() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            func request(_ key: String, _ name: String) async throws {
                try await openssl(
                    "req -x509 -newkey \(key) -nodes -keyout \(name).key -out \(name).crt -days 3650 -subj /CN=isv")
            }
            func both(_ name: String, passphrase: Secret<String>? = nil) throws -> BroughtCredential {
                .pem(Secret(try openssl.read("\(name).crt") + openssl.read("\(name).key")), passphrase: passphrase)
            }
            try await request("rsa:1024", "small")
            try await request("ec -pkeyopt ec_paramgen_curve:P-256", "ec")
            let today = Date()
            #expect(code(try both("small"), at: today) == "key_too_small")
            #expect(code(try both("ec"), at: today) == "key_unsupported")

            let (certificate, key, _) = try Self.parts()
            try openssl.write(certificate.utf8, to: "locked.crt")
            try openssl.write(key.utf8, to: "open.key")
            try await openssl("pkcs8 -topk8 -in open.key -out locked.key -passout pass:right")
            #expect(code(try both("locked")) == "passphrase_required")
            #expect(code(try both("locked", passphrase: Self.passphrase)) == "passphrase_wrong")
            _ = try craft.read(try both("locked", passphrase: Secret("right")), at: testTime)

            try await openssl("pkcs12 -export -inkey open.key -in locked.crt -out id.p12 -passout pass:right")
            let bytes = Secret(try openssl.read("id.p12"))
            #expect(code(.pkcs12(bytes, passphrase: nil)) == "passphrase_required")
            #expect(code(.pkcs12(bytes, passphrase: Self.passphrase)) == "passphrase_wrong")
            let crafted = try craft.read(.pkcs12(bytes, passphrase: Secret("right")), at: testTime)
            #expect(crafted.value.kind == .certificate && crafted.thumbprint != nil)
        }
    }

    @Test("refuses bytes that are no PKCS#12 file", arguments: ["", "nonsense"])
    func noPKCS12(_ text: String) {
        #expect(code(.pkcs12(Secret(Array(text.utf8)), passphrase: nil)) == "certificate_unreadable")
    }

    // MARK: Making and proving

    @Test("makes a certificate that it reads again, by PEM and by PKCS#12")
    func made() throws {
        let crafted = try craft.makeCertificate(named: "Fleet \u{7}Sync", life: 86_400, at: testTime)
        guard case .certificate(let der, let key) = crafted.value else {
            Issue.record("it is no certificate")
            return
        }
        #expect(crafted.label == "CN=Fleet Sync" && crafted.expiresAt == testTime + 86_400)
        let identity = try CertificateIdentity(
            certificate: Certificate(der: der), privateKey: PrivateKey(pkcs8DER: key.exposed), now: testTime)
        let again = [
            try craft.read(.pem(Secret(try identity.pem()), passphrase: nil), at: testTime),
            try craft.read(
                .pkcs12(
                    Secret(try identity.pkcs12(passphrase: Array("open sesame".utf8), name: "x")),
                    passphrase: Self.passphrase), at: testTime),
        ]
        #expect(again.map(\.thumbprint) == [crafted.thumbprint, crafted.thumbprint])
    }

    @Test("proves possession to the directory: for ten minutes, by the application's object id")
    func proof() throws {
        let crafted = try craft.makeCertificate(named: "Fleet", life: 86_400, at: testTime)
        let proof = try craft.proof(of: crafted.value, forApplication: guid(3), at: testTime).exposed
        let segments = proof.split(separator: ".")
        let payload = try #require(Base64URL.decode(segments[1]))
        let claims = try #require(try JSONSerialization.jsonObject(with: payload) as? [String: Any])
        #expect(claims["aud"] as? String == "00000002-0000-0000-c000-000000000000")
        #expect(claims["iss"] as? String == guid(3).description && claims["sub"] == nil)
        let (start, end) = (try #require(claims["nbf"] as? Int), try #require(claims["exp"] as? Int))
        #expect(end - start == 600 && start <= Int(testTime.timeIntervalSince1970))
        #expect(throws: RegistrationError.self) {
            try craft.proof(of: .secret(Secret("x")), forApplication: guid(3), at: testTime)
        }
    }

    @Test("refuses a secret whose end has come")
    func expiredSecret() {
        #expect(code(.secret(Secret("1234567890123456"), expiresAt: testTime)) == "secret_expired")
    }
}
