import FoundationEssentials
import OpenSSLCrypto

/// The file `key`: the 32 bytes that open the database's seals, in Base64 with a line feed.
struct KeyFile {
    let path: String

    /// Reads it. A key that others can read is refused: it must not become a habit.
    func read() throws(DataDirectoryError) -> SealingKey {
        let text: [UInt8]
        let isOpenToOthers: Bool
        do throws(SystemError) {
            let file = try OpenFile(reading: path)
            isOpenToOthers = try file.isOpenToOthers()
            text = try file.bytes(at: 0, count: 100)
        } catch {
            throw error.isMissing ? .keyMissing(path) : .notReadable(path, error.text)
        }
        guard !isOpenToOthers else { throw .insecurePermissions(path: path, chmod: "600") }
        let trimmed = text.last == 0x0a ? text.dropLast() : text[...]
        guard let bytes = Data(base64Encoded: String(decoding: trimmed, as: UTF8.self)) else {
            throw .keyMalformed(path)
        }
        do { return try SealingKey(bytes: Array(bytes)) } catch { throw .keyMalformed(path) }
    }

    /// Writes the key under a passing name, durably; the caller gives it its own.
    func write(_ key: SealingKey) throws(SystemError) {
        let text = key.withBytes { Data($0).base64EncodedString() + "\n" }
        try FileSystem.remove(path)
        let file = try OpenFile(creating: path)
        try file.write(Array(text.utf8))
        try file.flush()
    }
}
