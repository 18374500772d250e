package import OpenSSLCrypto

extension DataDirectory {
    /// Reads a sealing key that is kept in a file elsewhere: 32 bytes in Base64, readable by its owner only.
    package static func sealingKey(at path: String) throws(DataDirectoryError) -> SealingKey {
        try KeyFile(path: path).read()
    }

    /// Makes a new key in a file of its own, readable by its owner only, durable when this returns.
    package static func makeSealingKey(at path: String) throws(DataDirectoryError) -> SealingKey {
        let key: SealingKey
        do { key = try .random() } catch { throw .notWritable(path, "\(error)") }
        let draft = path + ".partial"
        do throws(SystemError) {
            try KeyFile(path: draft).write(key)
            try FileSystem.rename(draft, to: path)
            let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            try FileSystem.flushDirectory(parent.isEmpty ? "/" : parent)
        } catch {
            throw .notWritable(path, error.text)
        }
        return key
    }
}
