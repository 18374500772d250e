import COpenSSL
import FoundationEssentials

extension CertificateIdentity {
    /// Certificate and unencrypted private key (PKCS#8) as one PEM file. Whoever asks for it answers for the key.
    package func pem() throws(CryptoError) -> [UInt8] {
        let key = Data(try privateKey.pkcs8DER())
            .base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return Array("\(certificate.pem)-----BEGIN PRIVATE KEY-----\n\(key)\n-----END PRIVATE KEY-----\n".utf8)
    }

    /// Certificate and private key as a PKCS#12 file (RFC 7292), encrypted with AES-256.
    ///
    /// - Throws: `wrongPassphrase` for one with a zero byte, `internalFailure`.
    package func pkcs12(passphrase: [UInt8], name: String) throws(CryptoError) -> [UInt8] {
        try ErrorQueue.isolated { () throws(CryptoError) in
            try privateKey.handle.withPointer { (key) throws(CryptoError) in
                try Certificate.withX509(certificate.der) { (x509) throws(CryptoError) in
                    try InputBytes.withCString(passphrase) { (text) throws(CryptoError) in
                        // Zeros stand for OpenSSL 3's own choices: AES-256-CBC, SHA-256, 2,048 iterations.
                        guard let file = PKCS12_create(text, name, key, x509, nil, 0, 0, 0, 0, 0) else {
                            throw ErrorQueue.failure(in: "PKCS12_create")
                        }
                        defer { PKCS12_free(file) }
                        return try InputBytes.encodeDER("i2d_PKCS12") { i2d_PKCS12(file, $0) }
                    }
                }
            }
        }
    }
}
