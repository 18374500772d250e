import COpenSSL

/// The algorithms that OpenSSL 3 keeps in its legacy provider: RC2 and single DES, which older tools put into PKCS#12.
enum LegacyAlgorithms {
    /// Gives `body` a library context that has them beside the default ones.
    ///
    /// The context is private and lasts for this call only. Loading the provider into OpenSSL's global context would
    /// change what TLS and everything else in the process accept; and a key read under this context must be moved to
    /// the default one before `body` returns. Making one takes a few milliseconds and is needed for old files only.
    ///
    /// - Throws: `unsupportedEncryption` if the legacy provider (`legacy.so`) is not installed.
    static func with<Result>(
        _ body: (OpaquePointer) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        guard let context = OSSL_LIB_CTX_new() else { throw ErrorQueue.failure(in: "OSSL_LIB_CTX_new") }
        defer { OSSL_LIB_CTX_free(context) }
        guard let modern = OSSL_PROVIDER_load(context, "default") else { throw .unsupportedEncryption }
        defer { OSSL_PROVIDER_unload(modern) }
        guard let legacy = OSSL_PROVIDER_load(context, "legacy") else { throw .unsupportedEncryption }
        defer { OSSL_PROVIDER_unload(legacy) }
        return try body(context)
    }
}
