import COpenSSL

/// A key of 32 bytes that seals with AES-256-GCM and from which further keys are derived.
///
/// It cannot be printed, compared or encoded; its memory is wiped with its last copy.
///
/// Nonces are random, so one key should seal no more than 2^32 times (NIST SP 800-38D section 8.3).
package struct SealingKey: Sendable {
    /// The length of a key in bytes.
    package static let byteCount = 32

    private let storage: SecretBytes

    /// Copies the key. Whoever made `bytes` answers for wiping them.
    ///
    /// - Throws: `invalidKeyLength` unless there are exactly 32.
    package init(bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == Self.byteCount else { throw .invalidKeyLength }
        storage = SecretBytes(copying: bytes)
    }

    private init(wiping bytes: inout [UInt8]) {
        storage = SecretBytes(copying: bytes)
        bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// A new random key.
    ///
    /// - Throws: `internalFailure` if there is no randomness to be had.
    package static func random() throws(CryptoError) -> SealingKey {
        var bytes = try SecureRandom.bytes(byteCount)
        return SealingKey(wiping: &bytes)
    }

    /// Gives `body` the 32 bytes of the key, to write its file. They are valid only during the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try storage.withBytes(body)
    }

    /// Eight bytes that tell keys apart and say nothing about them: the beginning of
    /// HMAC-SHA256(key, "tenantry key id"). A database keeps it to be able to say "sealed under another key".
    package var identifier: [UInt8] {
        Array(storage.withBytes { Digest.hmacSHA256(key: $0, message: Array("tenantry key id".utf8)) }.prefix(8))
    }

    /// Another key for one purpose: HMAC-SHA256(key, "tenantry subkey " + label). The same label gives the same key,
    /// and no derived key tells about another or about this one. The prefix keeps every label apart from `identifier`.
    package func derive(_ label: String) -> SealingKey {
        let message = Array("tenantry subkey \(label)".utf8)
        var bytes = storage.withBytes { Digest.hmacSHA256(key: $0, message: message) }
        return SealingKey(wiping: &bytes)
    }
}

extension SealingKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that there is a key, not which.
    package var description: String { "SealingKey(redacted)" }
    /// The same as `description`.
    package var debugDescription: String { description }
    /// A mirror without children: `dump` and test failures show nothing of the key.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Bytes that are wiped when their last owner goes.
///
/// `@unchecked Sendable`: the memory is written in `init` and in `deinit` only.
private final class SecretBytes: @unchecked Sendable {
    private let memory: UnsafeMutableRawBufferPointer

    init(copying bytes: [UInt8]) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
    }

    deinit {
        OPENSSL_cleanse(memory.baseAddress, memory.count)
        memory.deallocate()
    }

    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }
}
