import COpenSSL

extension PrivateKey {
    /// A way to sign, under the name JWS gives it (RFC 7518 section 3.1).
    package enum SignatureAlgorithm: String, Sendable {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        case rs256 = "RS256"
        /// RSASSA-PSS with SHA-256, MGF1 with SHA-256, and a salt as long as the digest (RFC 7518 section 3.5).
        case ps256 = "PS256"
    }

    /// Signs the SHA-256 digest of `message`; the signature is as long as the key's modulus.
    ///
    /// - Throws: `internalFailure`.
    package func sign(_ message: [UInt8], with algorithm: SignatureAlgorithm) throws(CryptoError) -> [UInt8] {
        try ErrorQueue.isolated { () throws(CryptoError) in
            try handle.withPointer { (key) throws(CryptoError) in try Self.sign(message, with: algorithm, key: key) }
        }
    }

    private static func sign(
        _ message: [UInt8], with algorithm: SignatureAlgorithm, key: OpaquePointer
    ) throws(CryptoError) -> [UInt8] {
        guard let context = EVP_MD_CTX_new() else { throw ErrorQueue.failure(in: "EVP_MD_CTX_new") }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?  // Belongs to `context`.
        guard EVP_DigestSignInit_ex(context, &keyContext, "SHA256", nil, nil, key, nil) == 1,
            EVP_PKEY_CTX_set_rsa_padding(keyContext, algorithm == .ps256 ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING)
                > 0,
            algorithm != .ps256 || EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) > 0
        else { throw ErrorQueue.failure(in: "EVP_DigestSignInit_ex") }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, message, message.count) == 1 else {
            throw ErrorQueue.failure(in: "EVP_DigestSign")
        }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else {
            throw ErrorQueue.failure(in: "EVP_DigestSign")
        }
        return Array(signature.prefix(count))
    }
}
