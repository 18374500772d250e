import COpenSSL

/// One-way functions: SHA-1, SHA-256 and HMAC-SHA256.
///
/// They cannot fail for a reason in their input. Should libcrypto lack the function altogether (a broken installation),
/// they trap: an empty or zero digest in its place would compare equal to another such.
package enum Digest {
    /// The SHA-1 digest, 20 bytes. Only for thumbprints, where a peer asks for it; it does not resist collisions.
    package static func sha1(_ bytes: [UInt8]) -> [UInt8] {
        digest(bytes, "SHA1", byteCount: 20)
    }

    /// The SHA-256 digest, 32 bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        digest(bytes, "SHA256", byteCount: 32)
    }

    /// The SHA-256 digest of pieces one after the other, until an empty one comes.
    package static func sha256<Failure: Error>(of next: () throws(Failure) -> [UInt8]) throws(Failure) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { preconditionFailure("libcrypto has no memory") }
        defer { EVP_MD_CTX_free(context) }
        precondition(EVP_DigestInit_ex2(context, EVP_sha256(), nil) == 1, "libcrypto has no SHA256")
        while case let piece = try next(), !piece.isEmpty {
            precondition(EVP_DigestUpdate(context, piece, piece.count) == 1, "SHA256 takes no more")
        }
        var digest = [UInt8](repeating: 0, count: 32)
        precondition(EVP_DigestFinal_ex(context, &digest, nil) == 1, "SHA256 does not end")
        return digest
    }

    /// The HMAC-SHA256 code of RFC 2104, 32 bytes. A key of any length is accepted.
    package static func hmacSHA256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        // HMAC pads its key with zeros, so one zero byte is the empty key; OpenSSL takes a null key for "none set".
        key.isEmpty
            ? hmacSHA256(key: [0], message: message)
            : key.withUnsafeBytes { hmacSHA256(key: $0, message: message) }
    }

    static func hmacSHA256(key: UnsafeRawBufferPointer, message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: 32)
        var written = 0
        let succeeded = EVP_Q_mac(
            nil, "HMAC", nil, "SHA256", nil, key.baseAddress, key.count, message, message.count, &code, code.count,
            &written)
        precondition(succeeded != nil && written == 32, "libcrypto has no HMAC-SHA256")
        return code
    }

    private static func digest(_ bytes: [UInt8], _ name: String, byteCount: Int) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: byteCount)
        var written = 0
        let succeeded = EVP_Q_digest(nil, name, nil, bytes, bytes.count, &digest, &written)
        precondition(succeeded == 1 && written == byteCount, "libcrypto has no \(name)")
        return digest
    }
}

/// Whether both are the same bytes, in a time that depends on their length only.
///
/// Different lengths are told apart at once: the length of a secret is not kept secret.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
}
