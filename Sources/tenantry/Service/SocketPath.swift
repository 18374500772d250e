import FoundationEssentials
import Glibc

/// The path of a Unix socket, free to bind.
struct SocketPath {
    let path: String
    /// How the names of commands' own sockets begin.
    static let privatePrefix = "cli-"

    /// `sun_path` of Linux, less its terminating zero.
    private static let longest = 107

    /// - Throws: ``UsageError`` when the path is longer than the system allows.
    init(_ path: String) throws(UsageError) {
        try Self.checkLength(of: path)
        self.path = path
        remove()
    }

    /// - Throws: ``UsageError`` when the path is longer than the system allows.
    static func checkLength(of path: String) throws(UsageError) {
        guard path.utf8.count <= longest else {
            throw UsageError(
                "The data directory's path is too long for a socket in it (\(path.utf8.count) bytes; \(longest) are allowed).",
                "Use a directory with a shorter path.")
        }
    }

    func remove() { unlink(path) }

    /// Removes the sockets of commands that were killed; whoever owns the directory knows that none lives.
    static func removeLeftovers(in directory: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix(privatePrefix) && name.hasSuffix(".sock") {
            unlink("\(directory)/\(name)")
        }
    }
}
