package import OpenSSLCrypto

extension DataDirectory {
    /// Reads a sealing key that is kept in a file elsewhere: 32 bytes in Base64, readable by its owner only.
    package static func sealingKey(at path: String) throws(DataDirectoryError) -> SealingKey {
        try KeyFile(path: path).read()
    }
}
