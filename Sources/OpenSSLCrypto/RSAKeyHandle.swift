import COpenSSL

/// Owns an `EVP_PKEY` that is known to be an acceptable RSA key.
///
/// `@unchecked Sendable`: the pointer never changes, the key behind it is never written after `init`, and OpenSSL 3
/// allows any number of threads to sign with one `EVP_PKEY` (each signature has its own context).
final class RSAKeyHandle: @unchecked Sendable {
    /// The least size accepted. NIST SP 800-131A allows no signatures with fewer bits.
    static let minimumBits = 2048

    private let pointer: OpaquePointer

    /// Takes ownership of `pointer`, which is freed even when the key is refused.
    ///
    /// - Throws: `unsupportedKey` unless it is RSA, `keyTooSmall` below 2,048 bits.
    init(owning pointer: OpaquePointer) throws(CryptoError) {
        do throws(CryptoError) {
            try Self.check(pointer)
        } catch {
            EVP_PKEY_free(pointer)
            throw error
        }
        self.pointer = pointer
    }

    deinit { EVP_PKEY_free(pointer) }

    /// Lends the key to `body`. Only so is it certain that the key outlives its use.
    func withPointer<Result>(_ body: (OpaquePointer) throws(CryptoError) -> Result) throws(CryptoError) -> Result {
        try body(pointer)
    }

    var bits: Int { Int(EVP_PKEY_get_bits(pointer)) }

    private static func check(_ pointer: OpaquePointer) throws(CryptoError) {
        guard EVP_PKEY_get_base_id(pointer) == EVP_PKEY_RSA else { throw .unsupportedKey(kind(of: pointer)) }
        let bits = Int(EVP_PKEY_get_bits(pointer))
        guard bits >= minimumBits else { throw .keyTooSmall(bits: bits) }
    }

    /// What to call a key that is refused, such as "EC P-256" or "ED25519".
    private static func kind(of pointer: OpaquePointer) -> String {
        guard let typeName = EVP_PKEY_get0_type_name(pointer) else { return "of an unknown kind" }
        let type = String(cString: typeName)
        guard type == "EC" else { return type }
        var group = [CChar](repeating: 0, count: 80)
        guard EVP_PKEY_get_group_name(pointer, &group, group.count, nil) == 1 else { return type }
        let name = String(decoding: group.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        // OpenSSL's names for the curves that everyone else calls by NIST's (RFC 5480 section 2.1.1.1).
        let names = ["prime256v1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"]
        return "EC \(names[name] ?? name)"
    }
}
