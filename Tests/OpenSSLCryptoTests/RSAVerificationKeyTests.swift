import Foundation
import OpenSSLCrypto
import Testing

@Suite("RSA verification key")
struct RSAVerificationKeyTests {
    /// What the openssl command makes of one message with a new key.
    private struct Specimen {
        let modulus: [UInt8]
        let signature: [UInt8]
        let message: [UInt8]

        var key: RSAVerificationKey { get throws { try RSAVerificationKey(modulus: modulus, exponent: [1, 0, 1]) } }
    }

    private func specimen(bits: Int = 2048, exponent: Int = 65_537, sign: String = "-sha256") async throws -> Specimen {
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl(
                "genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:\(bits) -pkeyopt rsa_keygen_pubexp:\(exponent) "
                    + "-out app.key")
            let message = Array("header.payload".utf8)
            try openssl.write(message, to: "message")
            try await openssl("dgst \(sign) -sign app.key -out signature message")
            let modulus = try await openssl("rsa -in app.key -noout -modulus").replacing("Modulus=", with: "")
            return Specimen(
                modulus: bytes(hex: modulus), signature: try openssl.read("signature"), message: message)
        }
    }

    @Test("takes what the openssl command signed", arguments: [2048, 3072, 4096])
    func verifies(_ bits: Int) async throws {
        let specimen = try await specimen(bits: bits)
        let key = try specimen.key
        #expect(key.bits == bits)
        #expect(key.verifies(specimen.signature, of: specimen.message))
    }

    @Test("takes another exponent, and zeros before the numbers")
    func otherNumbers() async throws {
        let specimen = try await specimen(exponent: 3)
        let key = try RSAVerificationKey(modulus: [0] + specimen.modulus, exponent: [0, 0, 3])
        #expect(key.verifies(specimen.signature, of: specimen.message))
        #expect(try !specimen.key.verifies(specimen.signature, of: specimen.message))
    }

    @Test("takes what our own key signed by RS256, an empty message too, and nothing signed by PS256")
    func ourOwn() async throws {
        let specimen = try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try await openssl.makeIdentity()
            let modulus = try await openssl("rsa -in app.key -noout -modulus").replacing("Modulus=", with: "")
            return (try PrivateKey(pem: openssl.read("app.key"), passphrase: nil), bytes(hex: modulus))
        }
        let key = try RSAVerificationKey(modulus: specimen.1, exponent: [1, 0, 1])
        for message in [[], [7], [UInt8](repeating: 9, count: 70_000)] as [[UInt8]] {
            #expect(key.verifies(try specimen.0.sign(message, with: .rs256), of: message))
            #expect(!key.verifies(try specimen.0.sign(message, with: .ps256), of: message))
        }
    }

    @Test("refuses a signature with any one byte altered, an altered message, and another length")
    func corrupted() async throws {
        let specimen = try await specimen()
        let key = try specimen.key
        for position in specimen.signature.indices {
            var altered = specimen.signature
            altered[position] ^= 1
            #expect(!key.verifies(altered, of: specimen.message), "byte \(position)")
        }
        #expect(!key.verifies(specimen.signature, of: specimen.message + [0]))
        #expect(!key.verifies(specimen.signature, of: []))
        for other in [[], [0] + specimen.signature, specimen.signature + [0], Array(specimen.signature.dropLast())] {
            #expect(!key.verifies(other, of: specimen.message))
        }
        #expect(!key.verifies([UInt8](repeating: 0, count: 256), of: specimen.message))
        #expect(!key.verifies([UInt8](repeating: 255, count: 256), of: specimen.message))
    }

    @Test("refuses a signature over another digest", arguments: ["-sha1", "-sha384", "-sha512"])
    func otherDigest(_ sign: String) async throws {
        let specimen = try await specimen(sign: sign)
        #expect(try !specimen.key.verifies(specimen.signature, of: specimen.message))
    }

    @Test("refuses what another key signed")
    func otherKey() async throws {
        let (mine, other) = (try await specimen(), try await specimen())
        #expect(try !mine.key.verifies(other.signature, of: other.message))
    }

    @Test("is not made of numbers below 2,048 bits or above 8,192")
    func sizes() {
        func modulus(_ count: Int, first: UInt8 = 0x80) -> [UInt8] {
            [first] + [UInt8](repeating: 0x55, count: count - 2) + [1]
        }
        #expect(throws: CryptoError.keyTooSmall(bits: 2047)) {
            try RSAVerificationKey(modulus: modulus(256, first: 0x40), exponent: [1, 0, 1])
        }
        #expect(throws: CryptoError.keyTooSmall(bits: 1024)) {
            try RSAVerificationKey(modulus: modulus(128), exponent: [1, 0, 1])
        }
        #expect(throws: Never.self) { try RSAVerificationKey(modulus: modulus(256), exponent: [1, 0, 1]) }
        #expect(throws: Never.self) { try RSAVerificationKey(modulus: modulus(1024), exponent: [1, 0, 1]) }
        for count in [1025, 1026, 70_000] {
            #expect(throws: CryptoError.unsupportedKey("RSA with more than 8192 bits")) {
                try RSAVerificationKey(modulus: modulus(count), exponent: [1, 0, 1])
            }
        }
    }

    @Test(
        "is not made of an exponent that is none",
        arguments: [[], [0], [1], [0, 1], [2], [1, 0, 0], [1, 0, 0, 0, 0, 0, 0, 0, 1]] as [[UInt8]])
    func exponents(_ exponent: [UInt8]) {
        let modulus = [0x80] + [UInt8](repeating: 0x55, count: 255)
        #expect(throws: CryptoError.malformed("its exponent is none of an RSA key")) {
            try RSAVerificationKey(modulus: modulus, exponent: exponent)
        }
    }

    @Test("is not made of an even modulus or of none", arguments: [[], [0], [UInt8](repeating: 0x80, count: 256)])
    func moduli(_ modulus: [UInt8]) {
        #expect(throws: CryptoError.malformed("its modulus is none of an RSA key")) {
            try RSAVerificationKey(modulus: modulus, exponent: [1, 0, 1])
        }
    }
}
