import COpenSSL

extension SealingKey {
    // Version, nonce, ciphertext, tag. The sizes are those of NIST SP 800-38D for a random nonce and a full tag.
    private static let version: UInt8 = 1
    private static let nonceByteCount = 12
    private static let tagByteCount = 16
    private static let headerByteCount = 1 + nonceByteCount

    /// Encrypts and authenticates with AES-256-GCM.
    ///
    /// - Parameters:
    ///   - plaintext: Up to 1 GiB; its length stays visible.
    ///   - associatedData: What the seal is bound to, such as the table and row it lies in. It is not stored: `open`
    ///     must be given the same again.
    /// - Returns: version (1 byte, 0x01), nonce (12 random bytes), ciphertext, tag (16 bytes): 29 bytes more than came.
    /// - Throws: `malformed` for more than 1 GiB, `internalFailure`.
    package func seal(
        _ plaintext: [UInt8], authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try Self.checkSize(plaintext, associatedData)
        let nonce = try SecureRandom.bytes(Self.nonceByteCount)
        return try ErrorQueue.isolated { () throws(CryptoError) in
            guard let context = EVP_CIPHER_CTX_new() else { throw ErrorQueue.failure(in: "EVP_CIPHER_CTX_new") }
            defer { EVP_CIPHER_CTX_free(context) }
            var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
            var tag = [UInt8](repeating: 0, count: Self.tagByteCount)
            var written: Int32 = 0
            let isSealed = withBytes { key in
                EVP_EncryptInit_ex2(context, EVP_aes_256_gcm(), key.baseAddress, nonce, nil) == 1
                    && EVP_EncryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1
                    && EVP_EncryptUpdate(context, &ciphertext, &written, plaintext, Int32(plaintext.count)) == 1
                    && EVP_EncryptFinal_ex(context, &tag, &written) == 1  // Writes nothing in this mode.
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1
            }
            guard isSealed else { throw ErrorQueue.failure(in: "EVP_EncryptFinal_ex") }
            return [Self.version] + nonce + ciphertext + tag
        }
    }

    /// Undoes `seal`.
    ///
    /// - Throws: `sealBroken` for another key, other associated data, or bytes that were altered, cut off or never
    ///   sealed; nothing of the plaintext is given out then. `internalFailure`.
    package func open(
        _ sealed: [UInt8], authenticating associatedData: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        try Self.checkSize(sealed, associatedData)
        guard sealed.count >= Self.headerByteCount + Self.tagByteCount, sealed.first == Self.version else {
            throw .sealBroken
        }
        let nonce = Array(sealed[1..<Self.headerByteCount])
        let ciphertext = Array(sealed[Self.headerByteCount..<sealed.count - Self.tagByteCount])
        var tag = Array(sealed.suffix(Self.tagByteCount))
        return try ErrorQueue.isolated { () throws(CryptoError) in
            guard let context = EVP_CIPHER_CTX_new() else { throw ErrorQueue.failure(in: "EVP_CIPHER_CTX_new") }
            defer { EVP_CIPHER_CTX_free(context) }
            var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
            var written: Int32 = 0
            let isDecrypted = withBytes { key in
                EVP_DecryptInit_ex2(context, EVP_aes_256_gcm(), key.baseAddress, nonce, nil) == 1
                    && EVP_DecryptUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1
                    && EVP_DecryptUpdate(context, &plaintext, &written, ciphertext, Int32(ciphertext.count)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1
            }
            guard isDecrypted else { throw ErrorQueue.failure(in: "EVP_DecryptUpdate") }
            var rest = [UInt8](repeating: 0, count: Self.tagByteCount)  // Stays unused in this mode.
            guard EVP_DecryptFinal_ex(context, &rest, &written) == 1 else {
                plaintext.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
                throw .sealBroken
            }
            return plaintext
        }
    }

    /// OpenSSL counts in 32 bits here.
    private static func checkSize(_ data: [UInt8], _ associatedData: [UInt8]) throws(CryptoError) {
        guard max(data.count, associatedData.count) <= 1 << 30 + headerByteCount + tagByteCount else {
            throw .malformed("it is larger than 1 GiB, too large to seal")
        }
    }
}
