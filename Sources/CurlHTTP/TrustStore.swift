import CCurl
import Glibc

/// The certificate authorities that servers are checked against: the system's, and those of one extra file.
///
/// libcurl's own extra-CA options replace the system's authorities or (`CURLOPT_CAINFO_BLOB`) are parsed anew for every
/// connection: the whole bundle, on the one thread that serves everyone. A *file* is parsed once and shared, provided no
/// CA directory is set. So both sets are joined in a file in memory, which libcurl opens by its name under /proc.
final class TrustStore: Sendable {
    /// For `CURLOPT_CAINFO`. Nil where libcurl was built without a bundle; its default CA directory then stays in force.
    let path: String?
    private let descriptor: CInt?

    init(adding extraFile: String?) throws(CurlError) {
        let system = ccurl_default_ca_file().map { String(cString: $0) }
        guard let extraFile else {
            path = system
            descriptor = nil
            return
        }
        let extra = try Self.certificates(in: extraFile)
        // A machine without a bundle (package ca-certificates not installed) trusts the extra authorities alone.
        let bundle = system.flatMap { try? FileBytes.read($0) } ?? []
        let file = try Self.makeFile(of: bundle + [UInt8(ascii: "\n")] + extra)
        descriptor = file
        path = "/proc/self/fd/\(file)"
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    private static func certificates(in file: String) throws(CurlError) -> [UInt8] {
        let bytes: [UInt8]
        do {
            bytes = try FileBytes.read(file)
        } catch {
            throw .refused(reason: "The CA file \(file) cannot be read: \(error.reason).")
        }
        let blocks = PEMCertificates(bytes)
        guard !blocks.isEmpty else {
            throw .refused(reason: "The CA file \(file) holds no certificate in PEM form.")
        }
        guard blocks.areWellFormed else {
            throw .refused(reason: "The CA file \(file) holds a damaged certificate.")
        }
        return blocks.bytes
    }

    private static func makeFile(of bytes: [UInt8]) throws(CurlError) -> CInt {
        let file = ccurl_memory_file("curl-trust-store")
        guard file >= 0 else { throw cannotHold() }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            guard count > 0 else {
                let failure = cannotHold()
                close(file)
                throw failure
            }
            rest = rest.dropFirst(count)
        }
        return file
    }

    private static func cannotHold() -> CurlError {
        .refused(reason: "The CA certificates cannot be held in memory: \(String(cString: strerror(errno))).")
    }
}
