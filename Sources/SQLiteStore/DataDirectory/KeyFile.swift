import FoundationEssentials
import OpenSSLCrypto

/// The key file: a key a line, 32 bytes each in Base64. The first is to be used, the others open what they have sealed
/// before.
///
/// It belongs to one data directory, which takes out the lines that it is done with.
struct KeyFile: Sendable {
    let path: String
    /// More than a file of that many lines is something else.
    private static let mostKeys = 16
    private static let lineByteCount = 45

    /// Reads it. A key that others can read is refused: it must not become a habit.
    func read() throws(DataDirectoryError) -> [SealingKey] {
        let text: [UInt8]
        let isOpenToOthers: Bool
        do throws(SystemError) {
            let file = try OpenFile(reading: path)
            isOpenToOthers = try file.isOpenToOthers()
            text = try file.bytes(at: 0, count: Self.mostKeys * Self.lineByteCount + 1)
        } catch {
            throw error.isMissing ? .keyMissing(path) : .notReadable(path, error.text)
        }
        guard !isOpenToOthers else { throw .insecurePermissions(path: path, chmod: "600") }
        let trimmed = text.last == 0x0a ? text.dropLast() : text[...]
        var keys: [SealingKey] = []
        for line in trimmed.split(separator: 0x0a, omittingEmptySubsequences: false) {
            guard let bytes = Data(base64Encoded: String(decoding: line, as: UTF8.self)),
                let key = try? SealingKey(bytes: Array(bytes))
            else { throw .keyMalformed(path) }
            keys.append(key)
        }
        guard (1...Self.mostKeys).contains(keys.count) else { throw .keyMalformed(path) }
        return keys
    }

    /// The keys of the file, ready to seal and open.
    func ring() throws(DataDirectoryError) -> KeyRing {
        let keys = try read()
        guard let first = keys.first else { throw .keyMalformed(path) }
        return KeyRing(first, Array(keys.dropFirst()))
    }

    /// Makes the file anew, for its owner alone. Its contents are durable when this returns, its name is not.
    func write(_ keys: [SealingKey]) throws(SystemError) {
        try FileSystem.remove(path)
        let file = try OpenFile(creating: path)
        for key in keys {
            try file.write(Array(key.withBytes { Data($0).base64EncodedString() + "\n" }.utf8))
        }
        try file.flush()
    }

    /// Puts these keys in the place of those in it: all at once, and durable when this returns.
    func replace(with keys: [SealingKey]) throws(SystemError) {
        let draft = KeyFile(path: path + ".partial")
        try draft.write(keys)
        do throws(SystemError) {
            try FileSystem.rename(draft.path, to: path)
        } catch {
            // No key is left lying about under a name that nobody looks at.
            try FileSystem.remove(draft.path)
            throw error
        }
        let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        try FileSystem.flushDirectory(parent.isEmpty ? "/" : parent)
    }
}
