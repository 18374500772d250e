import FoundationEssentials
import OpenSSLCrypto
import Testing

@Suite("PKCS#12 file")
struct PKCS12Tests {
    private let passphrase = Array("s3cret".utf8)

    /// Options of `openssl pkcs12 -export`: how tools new and old write such files.
    static let kinds = [
        "",
        "-legacy",
        "-legacy -certpbe PBE-SHA1-RC2-40 -keypbe PBE-SHA1-RC2-40",
        "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
        "-keypbe AES-128-CBC -certpbe NONE",
    ]

    private func export(_ openssl: OpenSSLCommand, _ options: String, passphrase: String = "s3cret") async throws
        -> [UInt8]
    {
        try await openssl(
            "pkcs12 -export \(options) -inkey app.key -in app.crt -passout pass:\(passphrase) -out app.p12")
        return try openssl.read("app.p12")
    }

    @Test("It opens with its passphrase, whatever its age", arguments: kinds)
    func opens(options: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, options)
            let identity = try CertificateIdentity.pkcs12(file, passphrase: passphrase, now: Date())
            #expect(try identity.certificate == Certificate(pem: openssl.read("app.crt")))
            let plain = try PrivateKey(pem: openssl.read("app.key"), passphrase: nil)
            #expect(try identity.privateKey.sign([1], with: .rs256) == plain.sign([1], with: .rs256))
            #expect(try identity.privateKey.sign([1], with: .ps256).count == 256)
        }
    }

    @Test("Neither a wrong passphrase nor none opens it", arguments: kinds)
    func wrongPassphrase(options: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, options)
            #expect(throws: CryptoError.passphraseRequired) {
                try CertificateIdentity.pkcs12(file, passphrase: nil, now: Date())
            }
            for wrong in ["", "S3cret", "s3cret ", "s3cret\0", "pässwörd", String(repeating: "x", count: 5000)] {
                #expect(throws: CryptoError.wrongPassphrase, "\(wrong.prefix(10))") {
                    try CertificateIdentity.pkcs12(file, passphrase: Array(wrong.utf8), now: Date())
                }
            }
        }
    }

    @Test("Without a code over the file, a wrong passphrase is still a wrong passphrase", arguments: ["", "-legacy"])
    func noCode(options: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, "\(options) -nomac")
            #expect(try CertificateIdentity.pkcs12(file, passphrase: passphrase, now: Date()).chain.isEmpty)
            #expect(throws: CryptoError.wrongPassphrase) {
                try CertificateIdentity.pkcs12(file, passphrase: Array("other".utf8), now: Date())
            }
            #expect(throws: CryptoError.passphraseRequired) {
                try CertificateIdentity.pkcs12(file, passphrase: nil, now: Date())
            }
        }
    }

    @Test("An empty passphrase and none both open a file with the empty one", arguments: ["", "-legacy"])
    func emptyPassphrase(options: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, options, passphrase: "")
            for passphrase in [nil, []] as [[UInt8]?] {
                let identity = try CertificateIdentity.pkcs12(file, passphrase: passphrase, now: Date())
                #expect(identity.certificate.subject == "CN=app")
            }
        }
    }

    @Test("A file that is not protected at all opens without a passphrase")
    func unprotected() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, "-keypbe NONE -certpbe NONE -nomac")
            #expect(try CertificateIdentity.pkcs12(file, passphrase: nil, now: Date()).certificate.subject == "CN=app")
        }
    }

    @Test("A passphrase beyond ASCII is read as UTF-8")
    func passphraseInUTF8() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, "", passphrase: "pässwörd→日本")
            let identity = try CertificateIdentity.pkcs12(file, passphrase: Array("pässwörd→日本".utf8), now: Date())
            #expect(identity.certificate.subject == "CN=app")
        }
    }

    @Test("Other certificates in it become the chain, in their order", arguments: ["", "-legacy"])
    func chain(options: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            for name in ["app", "first", "second"] { try await openssl.makeIdentity(name) }
            try openssl.write(openssl.read("first.crt") + openssl.read("second.crt"), to: "chain.crt")
            let file = try await export(openssl, "\(options) -certfile chain.crt")
            let identity = try CertificateIdentity.pkcs12(file, passphrase: passphrase, now: Date())
            #expect(identity.certificate.subject == "CN=app")
            #expect(identity.chain.map(\.subject) == ["CN=first", "CN=second"])
        }
    }

    @Test("A missing key, a missing certificate and a stranger's certificate are three different errors")
    func missingParts() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl.makeIdentity("stranger")
            let export = "pkcs12 -export -passout pass:s3cret"
            try await openssl("\(export) -nokeys -in app.crt -out nokey.p12")
            try await openssl("\(export) -nocerts -inkey app.key -out nocert.p12")
            try await openssl("\(export) -nocerts -inkey app.key -certfile stranger.crt -out stranger.p12")
            let expected: [(String, CryptoError)] = [
                ("nokey.p12", .noPrivateKey), ("nocert.p12", .noCertificate),
                ("stranger.p12", .keyDoesNotMatchCertificate),
            ]
            for (name, error) in expected {
                let file = try openssl.read(name)
                #expect(throws: error, "\(name)") {
                    try CertificateIdentity.pkcs12(file, passphrase: passphrase, now: Date())
                }
            }
        }
    }

    @Test("An expired certificate in it is refused")
    func expired() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, "")
            let end = try Certificate(pem: openssl.read("app.crt")).notAfter
            #expect(throws: CryptoError.certificateExpired(notAfter: end)) {
                try CertificateIdentity.pkcs12(file, passphrase: passphrase, now: end)
            }
        }
    }

    @Test("Every beginning of it, and anything after it, is refused as damaged", arguments: ["", "-legacy"])
    func truncations(options: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let file = try await export(openssl, options)
            let damaged = CryptoError.malformed("it is not a PKCS#12 file, or a damaged one")
            for count in 0..<file.count {
                #expect(throws: damaged) {
                    try CertificateIdentity.pkcs12(Array(file.prefix(count)), passphrase: passphrase, now: Date())
                }
            }
            #expect(throws: damaged) {
                try CertificateIdentity.pkcs12(file + [0], passphrase: passphrase, now: Date())
            }
        }
    }

    @Test("Noise, other formats and huge files are refused with a typed error")
    func garbage() async throws {
        for _ in 0..<200 {
            let noise = try SecureRandom.bytes(300)
            #expect(throws: CryptoError.self) { try CertificateIdentity.pkcs12(noise, passphrase: nil, now: Date()) }
            #expect(throws: CryptoError.noPrivateKey) {
                try CertificateIdentity.pem(noise, passphrase: nil, now: Date())
            }
        }
        let tooLarge = CryptoError.malformed("it is larger than 1 MiB, too large for keys")
        let huge = [UInt8](repeating: 0x30, count: 1 << 20 + 1)
        #expect(throws: tooLarge) { try CertificateIdentity.pkcs12(huge, passphrase: nil, now: Date()) }
        #expect(throws: tooLarge) { try CertificateIdentity.pem(huge, passphrase: nil, now: Date()) }
        #expect(throws: tooLarge) { try PrivateKey(pem: huge, passphrase: nil) }
        #expect(throws: tooLarge) { try Certificate(pem: huge) }
        #expect(throws: CryptoError.self) { try Certificate(der: huge) }
        #expect(throws: CryptoError.self) { try PrivateKey(pkcs8DER: huge) }
        let largest = Array(huge.dropFirst())
        #expect(throws: CryptoError.self) { try CertificateIdentity.pkcs12(largest, passphrase: nil, now: Date()) }
        #expect(throws: CryptoError.noPrivateKey) {
            try CertificateIdentity.pem(largest, passphrase: nil, now: Date())
        }
    }
}
