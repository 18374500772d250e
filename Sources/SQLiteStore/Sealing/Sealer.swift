import OpenSSLCrypto

/// Seals for one purpose with the key in use, and opens what any key of the ring has sealed.
///
/// What is sealed tells its key: version (1 byte, 0x02), the key's identifier (8 bytes), then what
/// ``SealingKey/seal(_:authenticating:)`` gives. Without the first two it was sealed before keys could be replaced.
///
/// Rows are sealed within the transaction that writes them. One that was sealed earlier could be written after its key
/// was done with.
struct Sealer: Sendable {
    private static let markByteCount = 1 + 8

    let ring: KeyRing
    let purpose: SealingPurpose

    /// - Parameter part: what has a key of its own within the purpose; `nil` where nothing has.
    func seal(
        _ plaintext: [UInt8], for part: String? = nil, authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let key = ring.inUse
        return key.mark + (try key(purpose, part).seal(plaintext, authenticating: associatedData))
    }

    /// - Throws: `sealBroken` also when the key is not in the ring.
    func open(
        _ sealed: [UInt8], for part: String? = nil, authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        guard sealed.first == KeyRing.Key.version, sealed.count > Self.markByteCount else {
            return try openUnmarked(sealed, part, associatedData)
        }
        guard let key = ring.key(sealed[1..<Self.markByteCount]) else { throw .sealBroken }
        return try key(purpose, part).open(Array(sealed[Self.markByteCount...]), authenticating: associatedData)
    }

    /// The seal itself tells whether a key is the right one.
    private func openUnmarked(_ sealed: [UInt8], _ part: String?, _ associatedData: [UInt8]) throws(CryptoError)
        -> [UInt8]
    {
        for key in ring.all.reversed() {
            do { return try key(purpose, part).open(sealed, authenticating: associatedData) } catch { continue }
        }
        throw .sealBroken
    }
}
