import COpenSSL

extension PrivateKey {
    /// Reads the one private key of a PEM file: PKCS#8 or the traditional RSA form, plain or encrypted.
    ///
    /// Other blocks (certificates, parameters) and text around them are ignored. Nothing is ever asked at a terminal.
    ///
    /// - Parameter passphrase: Ignored if the key is not encrypted.
    /// - Throws: `noPrivateKey`, `passphraseRequired`, `wrongPassphrase`, `unsupportedEncryption`, `unsupportedKey`,
    ///   `keyTooSmall`, or `malformed` (also for two private keys: which one is meant would be a guess).
    package init(pem: [UInt8], passphrase: [UInt8]?) throws(CryptoError) {
        self = try ErrorQueue.isolated { () throws(CryptoError) in
            try PrivateKey(onlyKeyIn: try PEMBlock.all(in: pem), passphrase: passphrase)
        }
    }

    init(onlyKeyIn blocks: [PEMBlock], passphrase: [UInt8]?) throws(CryptoError) {
        let keys = blocks.filter(\.holdsPrivateKey)
        guard let block = keys.first else { throw .noPrivateKey }
        guard keys.count == 1 else { throw .malformed("it holds more than one private key") }
        switch block.label {
        case "PRIVATE KEY":
            self = try block.withBytes { (bytes) throws(CryptoError) in try PrivateKey(pkcs8: bytes) }
        case "ENCRYPTED PRIVATE KEY":
            guard let passphrase else { throw .passphraseRequired }
            self = try block.withBytes { (bytes) throws(CryptoError) in
                try PrivateKey(encryptedPKCS8: bytes, passphrase: passphrase)
            }
        case "OPENSSH PRIVATE KEY": throw .unsupportedKey("it is in OpenSSH's own format")
        default: self = try PrivateKey(traditional: block, passphrase: passphrase)
        }
    }

    /// Reads `EncryptedPrivateKeyInfo` (RFC 5958 section 3).
    private init(encryptedPKCS8 bytes: UnsafeBufferPointer<UInt8>, passphrase: [UInt8]) throws(CryptoError) {
        let decoded = InputBytes.decodeDER(bytes, with: { d2i_X509_SIG(nil, $0, $1) }, free: { X509_SIG_free($0) })
        guard let encrypted = decoded else { throw .malformed("the encrypted private key is damaged") }
        defer { X509_SIG_free(encrypted) }
        if let key = try Self.decrypt(encrypted, passphrase: passphrase, in: nil) {
            self = key
            return
        }
        let key = try LegacyAlgorithms.with { (context) throws(CryptoError) in
            try Self.decrypt(encrypted, passphrase: passphrase, in: context)
        }
        guard let key else { throw .unsupportedEncryption }
        self = key
    }

    /// - Returns: nil if the library context lacks an algorithm that the encryption needs.
    private static func decrypt(
        _ encrypted: OpaquePointer, passphrase: [UInt8], in context: OpaquePointer?
    ) throws(CryptoError) -> PrivateKey? {
        let info = try InputBytes.withCString(passphrase) { (text) throws(CryptoError) in
            PKCS8_decrypt_ex(encrypted, text, Int32(clamping: passphrase.count), context, nil)
        }
        guard let info else {
            if ErrorQueue.take().saysUnsupportedAlgorithm { return nil }
            throw .wrongPassphrase
        }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        return try PrivateKey(info: info)
    }

    /// Reads what has a label of its own for each kind of key ("RSA PRIVATE KEY": RFC 8017 appendix A.1.2).
    private init(traditional block: PEMBlock, passphrase: [UInt8]?) throws(CryptoError) {
        let wasEncrypted = try block.decryptInPlace(passphrase: passphrase)
        let key = try block.withBytes { (bytes) throws(CryptoError) in
            InputBytes.decodeDER(bytes, with: { d2i_AutoPrivateKey(nil, $0, $1) }, free: { EVP_PKEY_free($0) })
        }
        guard let key else {
            throw wasEncrypted ? .wrongPassphrase : .malformed("the private key in it is damaged or unknown")
        }
        try self.init(owning: key)
    }
}
