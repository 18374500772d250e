import OpenSSLCrypto
import Testing

@Suite("Sealing key")
struct SealingKeyTests {
    private let context = Array("token/7".utf8)

    /// Test cases 13, 14 and 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), which NIST's vectors repeat.
    struct KnownAnswer: Sendable {
        var key = ""
        var nonce = ""
        var associatedData = ""
        var plaintext = ""
        var ciphertext = ""
        var tag = ""
    }

    static let knownAnswers = [
        KnownAnswer(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            tag: "530f8afbc74536b9a963b4f1c4cb738b"),
        KnownAnswer(
            key: String(repeating: "00", count: 32), nonce: String(repeating: "00", count: 12),
            plaintext: String(repeating: "00", count: 16), ciphertext: "cea7403d4d606b6e074ec5d3baf39d18",
            tag: "d0d1c8a799996bf0265b98b5d48ab919"),
        KnownAnswer(
            key: "feffe9928665731c6d6a8f9467308308 feffe9928665731c6d6a8f9467308308", nonce: "cafebabefacedbaddecaf888",
            associatedData: "feedfacedeadbeeffeedfacedeadbeefabaddad2",
            plaintext: """
                d9313225f88406e5a55909c5aff5269a 86a7a9531534f7da2e4c303d8a318a72
                1c3c0c95956809532fcf0e2449a6b525 b16aedf5aa0de657ba637b39
                """,
            ciphertext: """
                522dc1f099567d07f47f37a32a84427d 643a8cdcbfe5c0c97598a2bd2555d1aa
                8cb08e48590dbb3da7b08b1056828838 c5f61e6393ba7a0abcc9f662
                """,
            tag: "76fc6ece0f4e1768cddf8853bb2d551b"),
    ]

    @Test("Opens the published answers for AES-256-GCM in the documented layout", arguments: knownAnswers)
    func knownAnswer(_ answer: KnownAnswer) throws {
        let key = try SealingKey(bytes: bytes(hex: answer.key))
        let sealed = [1] + bytes(hex: answer.nonce + answer.ciphertext + answer.tag)
        let opened = try key.open(sealed, authenticating: bytes(hex: answer.associatedData))
        #expect(opened == bytes(hex: answer.plaintext))
    }

    @Test("What is sealed opens again and is 29 bytes longer", arguments: [0, 1, 15, 16, 17, 1500, 1 << 20])
    func roundTrip(count: Int) throws {
        let key = try SealingKey.random()
        let plaintext = try SecureRandom.bytes(count)
        let sealed = try key.seal(plaintext, authenticating: context)
        #expect(sealed.count == count + 29)
        #expect(try key.open(sealed, authenticating: context) == plaintext)
    }

    @Test("Empty associated data is a value like any other")
    func emptyAssociatedData() throws {
        let key = try SealingKey.random()
        let sealed = try key.seal([1, 2, 3], authenticating: [])
        #expect(try key.open(sealed, authenticating: []) == [1, 2, 3])
        #expect(throws: CryptoError.sealBroken) { try key.open(sealed, authenticating: [0]) }
    }

    @Test("Another key does not open it")
    func wrongKey() throws {
        let sealed = try SealingKey.random().seal([1, 2, 3], authenticating: context)
        let other = try SealingKey.random()
        #expect(throws: CryptoError.sealBroken) { try other.open(sealed, authenticating: context) }
    }

    @Test("It does not open in another place than it was sealed for")
    func wrongAssociatedData() throws {
        let key = try SealingKey.random()
        let sealed = try key.seal([1, 2, 3], authenticating: context)
        #expect(throws: CryptoError.sealBroken) { try key.open(sealed, authenticating: Array("token/8".utf8)) }
    }

    @Test("One flipped bit anywhere breaks the seal")
    func flippedBit() throws {
        let key = try SealingKey.random()
        let sealed = try key.seal(Array("secret".utf8), authenticating: context)
        for position in 0..<sealed.count * 8 {
            var altered = sealed
            altered[position / 8] ^= 1 << (position % 8)
            #expect(throws: CryptoError.sealBroken) { try key.open(altered, authenticating: context) }
        }
    }

    @Test("A part of it does not open, nor does more than it")
    func truncatedOrExtended() throws {
        let key = try SealingKey.random()
        let sealed = try key.seal(Array("secret".utf8), authenticating: context)
        for count in 0..<sealed.count {
            #expect(throws: CryptoError.sealBroken) {
                try key.open(Array(sealed.prefix(count)), authenticating: context)
            }
        }
        #expect(throws: CryptoError.sealBroken) { try key.open(sealed + [0], authenticating: context) }
    }

    @Test("Ten thousand seals have ten thousand nonces")
    func nonces() throws {
        let key = try SealingKey.random()
        let nonces = try Set((0..<10_000).map { _ in try Array(key.seal([], authenticating: [])[1..<13]) })
        #expect(nonces.count == 10_000)
    }

    @Test("Only 32 bytes make a key", arguments: [0, 16, 31, 33, 64])
    func keyLength(count: Int) {
        #expect(throws: CryptoError.invalidKeyLength) { try SealingKey(bytes: [UInt8](repeating: 1, count: count)) }
    }

    @Test("The identifier is the documented HMAC's beginning, so that it stays the same across versions")
    func identifier() throws {
        let raw = Array(0..<32 as Range<UInt8>)
        let key = try SealingKey(bytes: raw)
        #expect(key.identifier == Array(Digest.hmacSHA256(key: raw, message: Array("tenantry key id".utf8)).prefix(8)))
        #expect(try SealingKey.random().identifier != key.identifier)
    }

    @Test("A derived key depends on its label and its parent, and on nothing else")
    func derivation() throws {
        let raw = Array(0..<32 as Range<UInt8>)
        let key = try SealingKey(bytes: raw)
        let derived = key.derive("state").withBytes { Array($0) }
        #expect(derived == Digest.hmacSHA256(key: raw, message: Array("tenantry subkey state".utf8)))
        #expect(derived != key.derive("token").withBytes { Array($0) })
        #expect(try derived != SealingKey.random().derive("state").withBytes { Array($0) })
    }

    @Test("No label derives a key that the public identifier would give away")
    func identifierIsNoKey() throws {
        let key = try SealingKey.random()
        #expect(key.derive("tenantry key id").withBytes { Array($0.prefix(8)) } != key.identifier)
    }

    @Test("The bytes for a key file are those the key was made of")
    func keyFile() throws {
        let key = try SealingKey.random()
        let copy = try SealingKey(bytes: key.withBytes { Array($0) })
        #expect(try copy.open(key.seal([42], authenticating: []), authenticating: []) == [42])
    }

    @Test("Neither interpolation nor dump shows the key")
    func redaction() throws {
        let key = try SealingKey(bytes: [UInt8](repeating: 0x41, count: 32))
        var dumped = ""
        dump(["key": key], to: &dumped)
        for shown in ["\(key)", String(reflecting: key), String(describing: Optional(key)), dumped] {
            #expect(shown.contains("SealingKey(redacted)"))
            #expect(!shown.contains("65") && !shown.contains("AAAA") && !shown.contains("0x"))
        }
    }
}
