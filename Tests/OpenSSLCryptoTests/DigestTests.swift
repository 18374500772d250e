import OpenSSLCrypto
import Testing

@Suite("Digests")
struct DigestTests {
    @Test("SHA-256 gives the published values of FIPS 180-2")
    func sha256() {
        #expect(
            Digest.sha256([])
                == bytes(hex: "e3b0c44298fc1c149afbf4c8996fb924 27ae41e4649b934ca495991b7852b855"))
        #expect(
            Digest.sha256(Array("abc".utf8))
                == bytes(hex: "ba7816bf8f01cfea414140de5dae2223 b00361a396177a9cb410ff61f20015ad"))
        #expect(
            Digest.sha256([UInt8](repeating: 0x61, count: 1_000_000))
                == bytes(hex: "cdc76e5c9914fb9281a1c7e284d73e67 f1809a48a497200e046d39ccc7112cd0"))
    }

    @Test("SHA-1 gives the published values of FIPS 180-2")
    func sha1() {
        #expect(Digest.sha1([]) == bytes(hex: "da39a3ee5e6b4b0d3255bfef95601890afd80709"))
        #expect(Digest.sha1(Array("abc".utf8)) == bytes(hex: "a9993e364706816aba3e25717850c26c9cd0d89d"))
    }

    @Test("HMAC-SHA256 gives the values of RFC 4231: a short key, a text key, a key longer than a block")
    func hmac() {
        #expect(
            Digest.hmacSHA256(key: [UInt8](repeating: 0x0B, count: 20), message: Array("Hi There".utf8))
                == bytes(hex: "b0344c61d8db38535ca8afceaf0bf12b 881dc200c9833da726e9376c2e32cff7"))
        #expect(
            Digest.hmacSHA256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
                == bytes(hex: "5bdcc146bf60754e6a042426089575c7 5a003f089d2739839dec58b964ec3843"))
        #expect(
            Digest.hmacSHA256(
                key: [UInt8](repeating: 0xAA, count: 131),
                message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
                == bytes(hex: "60e431591ee0b67f0d8a26aacbf5b77f 8e0bc6213728c5140546040f0ee37f54"))
    }

    @Test("HMAC-SHA256 takes an empty key and an empty message")
    func hmacOfNothing() {
        #expect(
            Digest.hmacSHA256(key: [], message: [])
                == bytes(hex: "b613679a0814d9ec772f95d778c35fc5 ff1697c493715653c6c712144292c5ad"))
    }
}

@Suite("Constant-time comparison")
struct ConstantTimeComparisonTests {
    @Test("The same bytes are equal, none included")
    func equal() {
        #expect(constantTimeEquals([], []))
        #expect(constantTimeEquals([1, 2, 3], [1, 2, 3]))
    }

    @Test("A difference at any position is seen", arguments: 0..<32)
    func different(position: Int) {
        let left = [UInt8](repeating: 7, count: 32)
        var right = left
        right[position] ^= 0x80
        #expect(!constantTimeEquals(left, right))
    }

    @Test("Different lengths are different, even with a common beginning")
    func lengths() {
        #expect(!constantTimeEquals([1, 2, 3], [1, 2]))
        #expect(!constantTimeEquals([], [0]))
    }
}

@Suite("Random bytes")
struct SecureRandomTests {
    @Test("As many come as were asked for, and none twice")
    func countAndVariety() throws {
        #expect(try SecureRandom.bytes(0).isEmpty)
        #expect(try SecureRandom.bytes(-1).isEmpty)
        #expect(try SecureRandom.bytes(33).count == 33)
        let drawn = try Set((0..<1000).map { _ in try SecureRandom.bytes(16) })
        #expect(drawn.count == 1000)
    }
}
