import COpenSSL
import OpenSSLCrypto
import Testing

@Suite("Private key")
struct PrivateKeyTests {
    private let secret = Array("correct horse".utf8)

    /// Every way to write an encrypted key as PEM that operators bring; PASS stands for the passphrase.
    static let encryptions = [
        "pkcs8 -topk8 -in app.key -v2 aes-256-cbc -passout pass:PASS -out out.pem",
        "pkcs8 -topk8 -in app.key -v2 aes-256-cbc -scrypt -passout pass:PASS -out out.pem",
        "pkcs8 -topk8 -in app.key -v1 PBE-SHA1-3DES -passout pass:PASS -out out.pem",
        "pkcs8 -topk8 -in app.key -v1 PBE-MD5-DES -passout pass:PASS -provider legacy -provider default -out out.pem",
        "rsa -in app.key -traditional -aes256 -passout pass:PASS -out out.pem",
        "rsa -in app.key -traditional -des3 -passout pass:PASS -out out.pem",
    ]

    @Test("A signature made here is verified by openssl", arguments: ["RS256", "PS256"], [2048, 3072])
    func signatures(name: String, bits: Int) async throws {
        let algorithm = try #require(PrivateKey.SignatureAlgorithm(rawValue: name))
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:\(bits) -out app.key")
            try await openssl("pkey -in app.key -pubout -out app.pub")
            let key = try PrivateKey(pem: openssl.read("app.key"), passphrase: nil)
            let message = try SecureRandom.bytes(1000)
            let signature = try key.sign(message, with: algorithm)
            #expect(key.bits == bits && signature.count == bits / 8)
            try openssl.write(message, to: "message")
            try openssl.write(signature, to: "signature")
            // "digest" makes the salt's length part of what is verified.
            let padding =
                algorithm == .ps256 ? "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest " : ""
            let verdict = try await openssl("dgst -sha256 -verify app.pub \(padding)-signature signature message")
            #expect(verdict == "Verified OK\n")
        }
    }

    @Test("An empty message is signed like any other")
    func emptyMessage() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("pkey -in app.key -pubout -out app.pub")
            let key = try PrivateKey(pem: openssl.read("app.key"), passphrase: nil)
            try openssl.write([], to: "message")
            try openssl.write(key.sign([], with: .rs256), to: "signature")
            let verdict = try await openssl("dgst -sha256 -verify app.pub -signature signature message")
            #expect(verdict == "Verified OK\n")
        }
    }

    @Test("RS256 is deterministic and PS256 is not")
    func salt() throws {
        let key = try PrivateKey.generateRSA()
        #expect(try key.sign([1], with: .rs256) == key.sign([1], with: .rs256))
        #expect(try key.sign([1], with: .ps256) != key.sign([1], with: .ps256))
    }

    @Test("One key signs for many tasks at once")
    func concurrentSigning() async throws {
        let key = try PrivateKey.generateRSA()
        let expected = try key.sign([7], with: .rs256)
        try await withThrowingTaskGroup { group in
            for _ in 0..<64 { group.addTask { try key.sign([7], with: .rs256) } }
            for try await signature in group { #expect(signature == expected) }
        }
    }

    @Test("A new key survives the way through PKCS#8, and openssl finds it sound")
    func generated() async throws {
        let key = try PrivateKey.generateRSA()
        #expect(key.bits == 2048)
        let der = try key.pkcs8DER()
        #expect(try PrivateKey(pkcs8DER: der).sign([1], with: .rs256) == key.sign([1], with: .rs256))
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try openssl.write(der, to: "key.der")
            #expect(try await openssl("pkey -inform DER -in key.der -check -noout").contains("Key is valid"))
        }
    }

    @Test("A key too small or too large is not made")
    func generatedSizes() {
        #expect(throws: CryptoError.keyTooSmall(bits: 2047)) { try PrivateKey.generateRSA(bits: 2047) }
        #expect(throws: CryptoError.unsupportedKey("RSA with more than 8192 bits")) {
            try PrivateKey.generateRSA(bits: 8193)
        }
    }

    @Test("The traditional RSA form is read, with text around it and a byte order mark before it")
    func traditional() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("rsa -in app.key -traditional -out out.pem")
            let around = Array("Bag Attributes\n    localKeyID: 01\n".utf8)
            let pem = try [0xEF, 0xBB, 0xBF] as [UInt8] + openssl.read("out.pem") + around
            let plain = try PrivateKey(pem: openssl.read("app.key"), passphrase: nil)
            #expect(try PrivateKey(pem: pem, passphrase: nil).pkcs8DER() == plain.pkcs8DER())
            #expect(try PrivateKey(pem: around + openssl.read("out.pem"), passphrase: secret).bits == 2048)
        }
    }

    @Test("An encrypted key opens with its passphrase only, and never asks for one", arguments: encryptions)
    func encrypted(command: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl(command.replacing("PASS", with: "s3cret"))
            let pem = try openssl.read("out.pem")
            let plain = try PrivateKey(pem: openssl.read("app.key"), passphrase: nil)
            let opened = try PrivateKey(pem: pem, passphrase: Array("s3cret".utf8))
            #expect(try opened.pkcs8DER() == plain.pkcs8DER())
            #expect(try opened.sign([1], with: .ps256).count == 256)
            #expect(throws: CryptoError.passphraseRequired) { try PrivateKey(pem: pem, passphrase: nil) }
            for wrong in ["", "S3cret", "s3cret ", "s3cret\0", String(repeating: "x", count: 5000)] {
                #expect(throws: CryptoError.wrongPassphrase) { try PrivateKey(pem: pem, passphrase: Array(wrong.utf8)) }
            }
        }
    }

    @Test("An encrypted key under the label of a plain one is refused, not asked about")
    func mislabelled() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("pkcs8 -topk8 -in app.key -passout pass:x -out out.pem")
            let pem = String(decoding: try openssl.read("out.pem"), as: UTF8.self)
            for label in ["PRIVATE KEY", "RSA PRIVATE KEY", "ANY PRIVATE KEY"] {
                let mislabelled = Array(pem.replacing("ENCRYPTED PRIVATE KEY", with: label).utf8)
                #expect(throws: CryptoError.self) { try PrivateKey(pem: mislabelled, passphrase: nil) }
            }
        }
    }

    @Test("No wrong passphrase is taken for damage, not even when its padding fits by chance")
    func manyWrongPassphrases() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("rsa -in app.key -traditional -aes128 -passout pass:s3cret -out traditional.pem")
            try await openssl("pkcs8 -topk8 -in app.key -v2 aes-128-cbc -iter 1 -passout pass:s3cret -out pkcs8.pem")
            for name in ["traditional.pem", "pkcs8.pem"] {
                let pem = try openssl.read(name)
                for attempt in 0..<2000 {
                    let wrong = Array("wrong \(attempt)".utf8)
                    #expect(throws: CryptoError.wrongPassphrase) { try PrivateKey(pem: pem, passphrase: wrong) }
                }
            }
        }
    }

    @Test("PEM's own encryption with single DES, which OpenSSL 3 no longer has, is named as such")
    func unsupportedEncryption() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl(
                "rsa -in app.key -traditional -des -passout pass:x -provider legacy -provider default -out old.pem")
            let pem = try openssl.read("old.pem")
            #expect(throws: CryptoError.unsupportedEncryption) { try PrivateKey(pem: pem, passphrase: [0x78]) }
        }
    }

    @Test("Reading an old encryption leaves the process's own OpenSSL without old algorithms")
    func legacyStaysPrivate() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl(
                "pkcs8 -topk8 -in app.key -v1 PBE-MD5-DES -passout pass:x -provider legacy -provider default -out old")
            _ = try PrivateKey(pem: openssl.read("old"), passphrase: [0x78])
            #expect(OSSL_PROVIDER_available(nil, "legacy") == 0)
            #expect(EVP_CIPHER_fetch(nil, "RC2-40-CBC", nil) == nil)
        }
    }

    @Test(
        "A key that is not RSA is refused by name",
        arguments: [
            ("EC -pkeyopt ec_paramgen_curve:P-256", "EC P-256"), ("EC -pkeyopt ec_paramgen_curve:P-384", "EC P-384"),
            ("EC -pkeyopt ec_paramgen_curve:secp256k1", "EC secp256k1"), ("ED25519", "ED25519"),
            ("RSA-PSS -pkeyopt rsa_keygen_bits:2048", "RSA-PSS"),
        ])
    func otherKinds(options: String, kind: String) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("genpkey -quiet -algorithm \(options) -out other.key")
            let pem = try openssl.read("other.key")
            #expect(throws: CryptoError.unsupportedKey(kind)) { try PrivateKey(pem: pem, passphrase: nil) }
            try await openssl("pkcs8 -topk8 -nocrypt -in other.key -outform DER -out other.der")
            let der = try openssl.read("other.der")
            #expect(throws: CryptoError.unsupportedKey(kind)) { try PrivateKey(pkcs8DER: der) }
        }
    }

    @Test("An EC key in its traditional form, after its parameters, is refused by name")
    func traditionalEC() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("ecparam -name prime256v1 -genkey -out ec.key")
            let pem = try openssl.read("ec.key")
            #expect(String(decoding: pem, as: UTF8.self).contains("BEGIN EC PARAMETERS"))
            #expect(throws: CryptoError.unsupportedKey("EC P-256")) { try PrivateKey(pem: pem, passphrase: nil) }
        }
    }

    @Test("RSA with 1,024 bits is refused, 2,047 too, 2,048 not", arguments: [1024, 2047, 2048])
    func sizes(bits: Int) async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:\(bits) -out app.key")
            let pem = try openssl.read("app.key")
            if bits >= 2048 {
                #expect(try PrivateKey(pem: pem, passphrase: nil).bits == bits)
            } else {
                #expect(throws: CryptoError.keyTooSmall(bits: bits)) { try PrivateKey(pem: pem, passphrase: nil) }
            }
        }
    }

    @Test("What is not a key file says what it is instead")
    func notAKey() async throws {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let key = try openssl.read("app.key")
            let certificate = try openssl.read("app.crt")
            #expect(throws: CryptoError.noPrivateKey) { try PrivateKey(pem: certificate, passphrase: nil) }
            #expect(throws: CryptoError.noPrivateKey) { try PrivateKey(pem: [], passphrase: nil) }
            #expect(throws: CryptoError.malformed("it holds more than one private key")) {
                try PrivateKey(pem: key + key, passphrase: nil)
            }
            let utf16 = [0xFF, 0xFE] as [UInt8] + key.flatMap { [$0, 0] as [UInt8] }
            #expect(throws: CryptoError.malformed("it is UTF-16 text; PEM is ASCII")) {
                try PrivateKey(pem: utf16, passphrase: nil)
            }
            let openSSH = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA==\n-----END OPENSSH PRIVATE KEY-----\n"
            #expect(throws: CryptoError.unsupportedKey("it is in OpenSSH's own format")) {
                try PrivateKey(pem: Array(openSSH.utf8), passphrase: nil)
            }
        }
    }

    @Test("Every beginning of a PEM file gives a typed error, as does every beginning of DER")
    func truncations() async throws {
        let der = try PrivateKey.generateRSA().pkcs8DER()
        for count in 0..<der.count {
            #expect(throws: CryptoError.malformed("it is not a PKCS#8 private key in DER")) {
                try PrivateKey(pkcs8DER: Array(der.prefix(count)))
            }
        }
        #expect(throws: CryptoError.self) { try PrivateKey(pkcs8DER: der + [0]) }
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            try await openssl("rsa -in app.key -traditional -aes256 -passout pass:x -out out.pem")
            for pem in [try openssl.read("app.key"), try openssl.read("out.pem")] {
                // The last dashes and the line feed are dispensable to OpenSSL; what matters is that it never crashes.
                for count in 0..<pem.count - 40 {
                    #expect(throws: CryptoError.self) {
                        try PrivateKey(pem: Array(pem.prefix(count)), passphrase: [0x78])
                    }
                }
            }
        }
    }

    @Test("Altered bytes are refused or read, but never crash")
    func alteredBytes() throws {
        let der = try PrivateKey.generateRSA().pkcs8DER()
        var refused = 0
        for position in der.indices {
            var altered = der
            altered[position] ^= 0xFF
            do throws(CryptoError) { _ = try PrivateKey(pkcs8DER: altered) } catch { refused += 1 }
        }
        #expect(refused > 0)
    }

    @Test("Neither interpolation nor dump shows the key")
    func redaction() throws {
        let key = try PrivateKey.generateRSA()
        var dumped = ""
        dump(["key": key], to: &dumped)
        for shown in ["\(key)", String(reflecting: key), String(describing: Optional(key)), dumped] {
            #expect(shown.contains("PrivateKey(RSA, 2048 bits)"))
            #expect(!shown.contains("0x") && !shown.contains("handle"))
        }
    }
}
