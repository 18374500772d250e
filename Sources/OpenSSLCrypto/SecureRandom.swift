import COpenSSL

/// Random bytes fit for keys, nonces and one-time states.
package enum SecureRandom {
    /// As many unpredictable bytes as asked, from OpenSSL's generator; none if `count` is zero or less.
    ///
    /// - Throws: `CryptoError.internalFailure` if the generator cannot be seeded. Never bytes of lesser quality.
    package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        guard count > 0 else { return [] }
        guard let length = Int32(exactly: count) else { throw .internalFailure("RAND_bytes: more than 2 GiB asked") }
        return try ErrorQueue.isolated { () throws(CryptoError) in
            var bytes = [UInt8](repeating: 0, count: count)
            guard RAND_bytes(&bytes, length) == 1 else { throw ErrorQueue.failure(in: "RAND_bytes") }
            return bytes
        }
    }
}
