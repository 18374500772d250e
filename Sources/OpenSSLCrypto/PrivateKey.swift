import COpenSSL

/// An RSA private key of at least 2,048 bits.
///
/// It cannot be printed: descriptions and mirrors show its size only. Signing is synchronous work for the processor
/// (about 0.25 ms with 2,048 bits, 2 ms with 3,072) and may be done by any number of threads at once.
package struct PrivateKey: Sendable {
    let handle: RSAKeyHandle

    init(owning pointer: OpaquePointer) throws(CryptoError) {
        handle = try RSAKeyHandle(owning: pointer)
    }

    /// Reads an unencrypted PKCS#8 key in DER, as `pkcs8DER()` writes it.
    ///
    /// - Throws: `malformed` for anything else, bytes left over included; `unsupportedKey`; `keyTooSmall`.
    package init(pkcs8DER: [UInt8]) throws(CryptoError) {
        self = try ErrorQueue.isolated { () throws(CryptoError) in
            try pkcs8DER.withUnsafeBufferPointer { (bytes) throws(CryptoError) in try PrivateKey(pkcs8: bytes) }
        }
    }

    init(pkcs8 bytes: UnsafeBufferPointer<UInt8>) throws(CryptoError) {
        let decoded = InputBytes.decodeDER(
            bytes, with: { d2i_PKCS8_PRIV_KEY_INFO(nil, $0, $1) }, free: { PKCS8_PRIV_KEY_INFO_free($0) })
        guard let info = decoded else { throw .malformed("it is not a PKCS#8 private key in DER") }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        try self.init(info: info)
    }

    /// Reads a decoded `PKCS8_PRIV_KEY_INFO`, which stays the caller's, into OpenSSL's default library context.
    init(info: OpaquePointer) throws(CryptoError) {
        guard let key = EVP_PKCS82PKEY(info) else { throw .malformed("the private key in it is damaged or unknown") }
        try self.init(owning: key)
    }

    /// Makes a new key.
    ///
    /// The default of 2,048 bits is what authorities accept everywhere, is approved through 2030 (NIST SP 800-57 part 1),
    /// and signs eight times as fast as 3,072 bits on the same core.
    ///
    /// - Parameter bits: 2,048 to 8,192; more would take minutes to make and gain nothing.
    /// - Throws: `keyTooSmall` or `unsupportedKey` for a size outside that range, `internalFailure`.
    package static func generateRSA(bits: Int = 2048) throws(CryptoError) -> PrivateKey {
        guard bits >= RSAKeyHandle.minimumBits else { throw .keyTooSmall(bits: bits) }
        guard bits <= 8192 else { throw .unsupportedKey("RSA with more than 8192 bits") }
        return try ErrorQueue.isolated { () throws(CryptoError) in
            guard let key = copenssl_rsa_generate(bits) else { throw ErrorQueue.failure(in: "EVP_PKEY_Q_keygen") }
            return try PrivateKey(owning: key)
        }
    }

    /// The key as unencrypted PKCS#8 in DER. Whoever asks for it answers for sealing and wiping it.
    ///
    /// - Throws: `internalFailure`.
    package func pkcs8DER() throws(CryptoError) -> [UInt8] {
        try ErrorQueue.isolated { () throws(CryptoError) in
            try handle.withPointer { (key) throws(CryptoError) in try Self.pkcs8DER(of: key) }
        }
    }

    static func pkcs8DER(of key: OpaquePointer) throws(CryptoError) -> [UInt8] {
        guard let info = EVP_PKEY2PKCS8(key) else { throw ErrorQueue.failure(in: "EVP_PKEY2PKCS8") }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        return try InputBytes.encodeDER("i2d_PKCS8_PRIV_KEY_INFO") { i2d_PKCS8_PRIV_KEY_INFO(info, $0) }
    }

    /// The size of the modulus in bits.
    package var bits: Int { handle.bits }
}

extension PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The key's size, never the key.
    package var description: String { "PrivateKey(RSA, \(bits) bits)" }
    /// The same as `description`.
    package var debugDescription: String { description }
    /// A mirror without children: `dump` and test failures show nothing of the key.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
