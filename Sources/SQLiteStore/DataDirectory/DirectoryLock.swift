import Glibc

/// The file `lock`: whoever holds its lock owns the data directory. The kernel takes it back when the owner dies.
final class DirectoryLock: Sendable {
    private let file: OpenFile

    init(in directory: String) throws(DataDirectoryError) {
        let path = directory + "/lock"
        do throws(SystemError) {
            file = try OpenFile(path, O_RDWR | O_CREAT)
        } catch {
            throw .notWritable(path, error.text)
        }
        do throws(SystemError) {
            try file.lock()
            try file.truncate()
            try file.write(Array("\(getpid()) \(Self.ownName)\n".utf8))
        } catch {
            throw error.meansLocked ? Self.owner(of: file, directory) : .notWritable(path, error.text)
        }
    }

    /// Unlocks before the file is closed: a child process that is just being started has the open file for a moment
    /// too, and would keep the lock alive.
    deinit { file.unlock() }

    private static func owner(of file: OpenFile, _ directory: String) -> DataDirectoryError {
        let text = (try? file.bytes(at: 0, count: 100)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        let words = text.split(maxSplits: 1) { $0 == " " || $0 == "\n" }
        let name = words.count == 2 ? words[1].filter { !$0.isNewline } : "another process"
        return .owned(path: directory, pid: words.first.flatMap { Int32($0) }, by: name)
    }

    /// The command's name without its arguments, which may hold secrets.
    private static var ownName: String {
        let name = (try? OpenFile(reading: "/proc/self/comm").bytes(at: 0, count: 64)) ?? []
        let text = String(decoding: name, as: UTF8.self).filter { !$0.isNewline }
        return text.isEmpty ? "tenantry" : text
    }
}
