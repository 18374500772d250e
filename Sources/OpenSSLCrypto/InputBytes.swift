import COpenSSL

/// How bytes are handed to OpenSSL, and taken back.
enum InputBytes {
    /// No key or certificate file comes near this; what is larger is refused before it is parsed.
    static let limit = 1 << 20

    static func checkSize(_ bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count <= limit else { throw .malformed("it is larger than 1 MiB, too large for keys") }
    }

    /// Gives `body` a BIO that reads `bytes`.
    ///
    /// `BIO_new_mem_buf` borrows: the BIO is valid only inside the closure that pins the bytes, so it never leaves it.
    static func withBIO<Result>(
        _ bytes: [UInt8], _ body: (OpaquePointer) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        try checkSize(bytes)
        return try bytes.withUnsafeBufferPointer { (buffer) throws(CryptoError) -> Result in
            // An empty buffer may have no address, which OpenSSL refuses; there is nothing to read in it either way.
            guard
                let bio = buffer.isEmpty
                    ? BIO_new(BIO_s_mem()) : BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count))
            else { throw ErrorQueue.failure(in: "BIO_new_mem_buf") }
            defer { BIO_free(bio) }
            return try body(bio)
        }
    }

    /// Reads one DER value with `decode` (a `d2i_` function), which must use up all bytes.
    ///
    /// - Returns: What `decode` made, for the caller to free; nil if it failed or left bytes over.
    static func decodeDER(
        _ bytes: UnsafeBufferPointer<UInt8>,
        with decode: (UnsafeMutablePointer<UnsafePointer<UInt8>?>, Int) -> OpaquePointer?,
        free: (OpaquePointer) -> Void
    ) -> OpaquePointer? {
        guard let start = bytes.baseAddress, bytes.count <= limit else { return nil }
        var position: UnsafePointer<UInt8>? = start
        guard let value = decode(&position, bytes.count) else { return nil }
        guard position == start + bytes.count else {
            free(value)
            return nil
        }
        return value
    }

    /// The DER that `encode` (an `i2d_` function) writes. OpenSSL's own copy is wiped, since it may be a private key.
    static func encodeDER(
        _ function: String, with encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>) -> Int32
    ) throws(CryptoError) -> [UInt8] {
        var buffer: UnsafeMutablePointer<UInt8>?
        let count = Int(encode(&buffer))
        guard count > 0, let start = buffer else { throw ErrorQueue.failure(in: function) }
        defer { copenssl_clear_free(start, count) }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }

    /// Gives `body` the passphrase as a C string, which is wiped afterwards; null for none.
    ///
    /// - Throws: `CryptoError.wrongPassphrase` if it holds a zero byte: OpenSSL would stop reading there, and so accept
    ///   a passphrase that only begins like the right one.
    static func withCString<Result>(
        _ passphrase: [UInt8]?, _ body: (UnsafePointer<CChar>?) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        guard let passphrase else { return try body(nil) }
        guard !passphrase.contains(0) else { throw .wrongPassphrase }
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: passphrase.count + 1)
        defer {
            OPENSSL_cleanse(copy, passphrase.count)
            copy.deallocate()
        }
        for (index, byte) in passphrase.enumerated() { copy[index] = CChar(bitPattern: byte) }
        copy[passphrase.count] = 0
        return try body(copy)
    }
}
