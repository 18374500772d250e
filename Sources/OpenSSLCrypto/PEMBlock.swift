import COpenSSL

/// One block of a PEM file, its base64 undone. It may hold a private key, so its memory is wiped when it goes.
final class PEMBlock {
    let label: String
    private let header: UnsafeMutablePointer<CChar>
    private let data: UnsafeMutablePointer<UInt8>
    private let allocated: Int
    private var count: Int

    private init(label: String, header: UnsafeMutablePointer<CChar>, data: UnsafeMutablePointer<UInt8>, count: Int) {
        self.label = label
        self.header = header
        self.data = data
        self.allocated = count
        self.count = count
    }

    deinit {
        copenssl_free(header)
        copenssl_clear_free(data, allocated)
    }

    /// All blocks of a PEM file in their order. Text around the blocks, as other tools put there, is skipped.
    ///
    /// - Throws: `malformed` for a block that does not end or is not base64.
    static func all(in pem: [UInt8]) throws(CryptoError) -> [PEMBlock] {
        try InputBytes.withBIO(try asciiCompatible(pem)) { (bio) throws(CryptoError) in
            var blocks: [PEMBlock] = []
            while let block = try next(from: bio) { blocks.append(block) }
            return blocks
        }
    }

    /// `body` is given the block's bytes, which are valid only during the call.
    func withBytes<Result>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        try body(UnsafeBufferPointer(start: data, count: count))
    }

    var holdsPrivateKey: Bool { label.hasSuffix("PRIVATE KEY") }
    var holdsCertificate: Bool { label == "CERTIFICATE" || label == "X509 CERTIFICATE" }

    /// Undoes the encryption that PEM itself knows (RFC 1421: `Proc-Type` and `DEK-Info` headers), if there is any.
    ///
    /// The callback is always ours: without one, OpenSSL asks for a passphrase at the terminal.
    ///
    /// - Returns: Whether the block was encrypted. If so, its bytes may be nonsense: a wrong passphrase goes unnoticed
    ///   once in 256 times, when the padding happens to fit.
    func decryptInPlace(passphrase: [UInt8]?) throws(CryptoError) -> Bool {
        var encryption = EVP_CIPHER_INFO()
        guard PEM_get_EVP_CIPHER_INFO(header, &encryption) == 1 else {
            throw ErrorQueue.take().contains(library: ERR_LIB_PEM, reason: PEM_R_UNSUPPORTED_ENCRYPTION)
                ? .unsupportedEncryption : .malformed("a PEM block has damaged headers")
        }
        guard encryption.cipher != nil else { return false }
        guard let passphrase else { throw .passphraseRequired }
        var length = count
        let succeeded = withUnsafePointer(to: passphrase) {
            PEM_do_header(&encryption, data, &length, givePassphrase, UnsafeMutableRawPointer(mutating: $0))
        }
        guard succeeded == 1 else {
            throw ErrorQueue.take().saysUnsupportedAlgorithm ? .unsupportedEncryption : .wrongPassphrase
        }
        count = length
        return true
    }

    private static func next(from bio: OpaquePointer) throws(CryptoError) -> PEMBlock? {
        var name: UnsafeMutablePointer<CChar>?
        var header: UnsafeMutablePointer<CChar>?
        var data: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard PEM_read_bio(bio, &name, &header, &data, &count) == 1, let name, let header, let data else {
            let errors = ErrorQueue.take()
            if errors.contains(library: ERR_LIB_PEM, reason: PEM_R_NO_START_LINE) { return nil }
            throw .malformed("a PEM block is cut off or damaged")
        }
        defer { copenssl_free(name) }
        return PEMBlock(label: String(cString: name), header: header, data: data, count: count)
    }

    /// Without the byte order mark that Windows editors write, which would hide the first block.
    private static func asciiCompatible(_ pem: [UInt8]) throws(CryptoError) -> [UInt8] {
        if pem.starts(with: [0xFF, 0xFE]) || pem.starts(with: [0xFE, 0xFF]) {
            throw .malformed("it is UTF-16 text; PEM is ASCII")
        }
        return pem.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(pem.dropFirst(3)) : pem
    }
}

/// Writes the passphrase that `context` points to; -1, which ends the attempt, if there is none or it is too long.
private func givePassphrase(
    destination: UnsafeMutablePointer<CChar>?, capacity: Int32, isForWriting: Int32, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let destination, let context else { return -1 }
    let passphrase = context.assumingMemoryBound(to: [UInt8].self).pointee
    guard passphrase.count <= Int(capacity) else { return -1 }
    for (index, byte) in passphrase.enumerated() { destination[index] = CChar(bitPattern: byte) }
    return Int32(passphrase.count)
}
