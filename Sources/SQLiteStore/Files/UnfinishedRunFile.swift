import Glibc
import Tenancy

/// A file being written under a passing name, `….partial`.
struct UnfinishedRunFile: RunFile {
    private let draft: Draft
    private let path: String
    /// The directories whose names must be durable for the file to be found, the nearest first.
    private let directories: [String]
    private var buffer: [UInt8] = []
    /// Few large writes instead of one per line.
    private static let bufferSize = 64 * 1_024

    init(path: String, directories: [String]) throws(SystemError) {
        self.path = path
        self.directories = directories
        try FileSystem.remove(path)
        draft = try Draft(path: path + ".partial")
    }

    mutating func append(_ lines: [[UInt8]]) throws(OutputError) {
        for line in lines {
            buffer += line
            buffer.append(0x0a)
        }
        if buffer.count >= Self.bufferSize { try saying { () throws(SystemError) in try flushBuffer() } }
    }

    mutating func finish() throws(OutputError) {
        try saying { () throws(SystemError) in
            try flushBuffer()
            try draft.publish(as: path)
            for directory in directories { try FileSystem.flushDirectory(directory) }
        }
    }

    private mutating func flushBuffer() throws(SystemError) {
        try draft.file.write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    private func saying(_ body: () throws(SystemError) -> Void) throws(OutputError) {
        do throws(SystemError) { try body() } catch { throw OutputError(error.text) }
    }
}

/// The file under its passing name, which goes with its last owner unless it was published.
///
/// A later attempt removes the name and makes a file of its own; this one then finds that the name is no longer its
/// own and leaves it alone.
private final class Draft: Sendable {
    let file: OpenFile
    private let path: String

    init(path: String) throws(SystemError) {
        self.path = path
        try FileSystem.remove(path)
        file = try OpenFile(creating: path)
    }

    deinit {
        // Nothing can be done about a file that cannot be removed; the next attempt replaces it.
        if (try? file.isNamed(path)) == true { unlink(path) }
    }

    func publish(as name: String) throws(SystemError) {
        try file.flush()
        guard try file.isNamed(path) else { throw SystemError(ESTALE) }
        try FileSystem.rename(path, to: name)
    }
}
