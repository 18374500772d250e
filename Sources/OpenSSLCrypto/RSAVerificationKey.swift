import COpenSSL

/// The public half of an RSA key of 2,048 to 8,192 bits, made of the two numbers that a JSON Web Key carries.
///
/// Verifying is synchronous work for the processor (far below 0.1 ms) and may be done by any number of threads at once.
package struct RSAVerificationKey: Sendable {
    private let handle: RSAKeyHandle

    /// The longest modulus taken, in bytes. What is longer only costs time.
    private static let longestModulus = 1024
    /// The longest exponent taken, in bytes; 65,537 is what everyone uses.
    private static let longestExponent = 8

    /// Takes the numbers as big-endian bytes without a sign (RFC 7518 section 6.3.1). Zeros in front are ignored.
    ///
    /// - Throws: `malformed` for an even or tiny number, which is no part of a key, and for an exponent of more than 64
    ///   bits; `keyTooSmall`; `unsupportedKey` above 8,192 bits.
    package init(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) {
        guard modulus.count <= Self.longestModulus + 1, exponent.count <= Self.longestModulus else {
            throw .unsupportedKey("RSA with more than \(Self.longestModulus * 8) bits")
        }
        let (n, e) = (Array(modulus.drop { $0 == 0 }), Array(exponent.drop { $0 == 0 }))
        guard n.count <= Self.longestModulus else {
            throw .unsupportedKey("RSA with more than \(Self.longestModulus * 8) bits")
        }
        // With an exponent of one every message is its own signature.
        guard let last = e.last, last & 1 == 1, e != [1], e.count <= Self.longestExponent else {
            throw .malformed("its exponent is none of an RSA key")
        }
        guard let lowest = n.last, lowest & 1 == 1 else { throw .malformed("its modulus is none of an RSA key") }
        handle = try ErrorQueue.isolated { () throws(CryptoError) in
            try RSAKeyHandle(owning: try Self.key(modulus: n, exponent: e))
        }
    }

    /// The size of the modulus in bits.
    package var bits: Int { handle.bits }

    /// Whether the signature is one of this message: RSASSA-PKCS1-v1_5 with SHA-256, JWS's RS256 (RFC 8017 section
    /// 8.2.2).
    ///
    /// A signature of another length than the modulus, and a message above 1 MiB, are refused unseen.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == (bits + 7) / 8, message.count <= InputBytes.limit else { return false }
        let verdict = try? ErrorQueue.isolated { () throws(CryptoError) in
            try handle.withPointer { (key) throws(CryptoError) in
                guard let context = EVP_MD_CTX_new() else { throw ErrorQueue.failure(in: "EVP_MD_CTX_new") }
                defer { EVP_MD_CTX_free(context) }
                var keyContext: OpaquePointer?  // Belongs to `context`.
                guard EVP_DigestVerifyInit_ex(context, &keyContext, "SHA256", nil, nil, key, nil) == 1,
                    EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PADDING) > 0
                else { throw ErrorQueue.failure(in: "EVP_DigestVerifyInit_ex") }
                return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
            }
        }
        return verdict ?? false
    }

    /// Builds the `EVP_PKEY`, for the caller to own.
    private static func key(modulus: [UInt8], exponent: [UInt8]) throws(CryptoError) -> OpaquePointer {
        guard let n = BN_bin2bn(modulus, Int32(modulus.count), nil) else { throw ErrorQueue.failure(in: "BN_bin2bn") }
        defer { BN_free(n) }
        guard let e = BN_bin2bn(exponent, Int32(exponent.count), nil) else {
            throw ErrorQueue.failure(in: "BN_bin2bn")
        }
        defer { BN_free(e) }
        guard let parameters = copenssl_rsa_public_parameters(n, e) else {
            throw ErrorQueue.failure(in: "OSSL_PARAM_BLD_to_param")
        }
        defer { OSSL_PARAM_free(parameters) }
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else {
            throw ErrorQueue.failure(in: "EVP_PKEY_CTX_new_from_name")
        }
        defer { EVP_PKEY_CTX_free(context) }
        var key: OpaquePointer?
        guard EVP_PKEY_fromdata_init(context) == 1,
            EVP_PKEY_fromdata(context, &key, copenssl_public_key(), parameters) == 1, let key
        else { throw .malformed("its numbers are none of an RSA key") }
        return key
    }
}
