/// The file `….sha256` beside a backup, as `sha256sum -c` reads it.
struct ChecksumFile {
    private let backup: String
    private var path: String { backup + ".sha256" }

    init(of backup: String) { self.backup = backup }

    /// Makes the file anew, durable but for its name.
    func write(_ sha256: String) throws(SystemError) {
        try FileSystem.remove(path)
        let file = try OpenFile(creating: path)
        let name = backup.split(separator: "/").last ?? ""
        try file.write(Array("\(sha256)  \(name)\n".utf8))
        try file.flush()
    }

    /// The digest in it; `nil` when there is no such file.
    func read() throws(SystemError) -> String? {
        do throws(SystemError) {
            let text = try OpenFile(reading: path).bytes(at: 0, count: 64)
            return String(decoding: text, as: UTF8.self)
        } catch {
            if error.isMissing { return nil }
            throw error
        }
    }
}
