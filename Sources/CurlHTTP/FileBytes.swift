import Glibc

/// Reads a small file whole.
enum FileBytes {
    struct Failure: Error {
        let reason: String
    }

    /// A CA bundle has some 200 KB; whatever is far larger is not one.
    private static let limit = 8 << 20

    static func read(_ path: String) throws(Failure) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw last() }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw last()
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else { throw Failure(reason: "it is larger than \(limit >> 20) MiB") }
        }
    }

    private static func last() -> Failure { Failure(reason: String(cString: strerror(errno))) }
}
