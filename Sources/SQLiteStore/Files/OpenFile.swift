import Glibc

/// An open file or directory, closed with its last owner. Not inherited by child processes; links are not followed.
final class OpenFile: Sendable {
    let descriptor: Int32

    /// Opens an existing file for reading.
    convenience init(reading path: String) throws(SystemError) {
        try self.init(path, O_RDONLY)
    }

    /// Makes a file that only its owner may read and write, where none is.
    convenience init(creating path: String) throws(SystemError) {
        try self.init(path, O_WRONLY | O_CREAT | O_EXCL)
    }

    init(_ path: String, _ flags: Int32) throws(SystemError) {
        descriptor = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw .last }
    }

    deinit { close(descriptor) }

    /// In bytes.
    func size() throws(SystemError) -> Int { Int(try status().st_size) }

    /// Whether anyone but the owner may do anything with it.
    func isOpenToOthers() throws(SystemError) -> Bool { try status().st_mode & 0o077 != 0 }

    /// Whether that name, links not followed, still stands for this very file.
    func isNamed(_ path: String) throws(SystemError) -> Bool {
        var named = stat()
        guard lstat(path, &named) == 0 else {
            let error = SystemError.last
            if error.isMissing { return false }
            throw error
        }
        let own = try status()
        return named.st_ino == own.st_ino && named.st_dev == own.st_dev
    }

    private func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .last }
        return status
    }

    /// Up to `count` bytes from that offset; fewer at the end of the file.
    func bytes(at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = buffer.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled, offset + filled)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .last }
            if got == 0 { break }
            filled += got
        }
        return Array(buffer.prefix(filled))
    }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .last }
            written += count
        }
    }

    /// Makes contents and size durable.
    func flush() throws(SystemError) {
        guard fsync(descriptor) == 0 else { throw .last }
    }

    func truncate() throws(SystemError) {
        guard ftruncate(descriptor, 0) == 0 else { throw .last }
    }

    /// Takes the lock on the file at once or not at all. It lasts until the file is closed, also by a crash.
    func lock() throws(SystemError) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .last }
    }

    /// Gives the lock up, also for copies of the open file. It cannot fail for a file that is open.
    func unlock() {
        _ = flock(descriptor, LOCK_UN)
    }
}

/// Changes of names in directories.
enum FileSystem {
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Its length in bytes; 0 when there is no such file.
    static func size(of path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Makes the directory, which only its owner may enter, and tells whether it was not there before.
    @discardableResult
    static func makeDirectory(_ path: String) throws(SystemError) -> Bool {
        if mkdir(path, 0o700) == 0 { return true }
        let error = SystemError.last
        guard error.meansTaken else { throw error }
        return false
    }

    /// Gives the file another name, in place of a file that had it.
    static func rename(_ old: String, to new: String) throws(SystemError) {
        guard Glibc.rename(old, new) == 0 else { throw .last }
    }

    /// Removes the file if it is there.
    static func remove(_ path: String) throws(SystemError) {
        guard unlink(path) == 0 else {
            let error = SystemError.last
            if error.isMissing { return }
            throw error
        }
    }

    /// Makes the names in a directory durable.
    static func flushDirectory(_ path: String) throws(SystemError) {
        try OpenFile(path, O_RDONLY | O_DIRECTORY).flush()
    }
}
