import ArgumentParser
import FoundationEssentials
import Glibc
import Tenancy

/// Reads what a command is given by file or standard input.
enum Input {
    /// The bytes of the file, or of standard input for `-`.
    ///
    /// - Throws: ``UsageError`` when it cannot be read or is larger than the limit.
    static func bytes(_ path: String, limit: Int = 16 * 1_024 * 1_024) throws(UsageError) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw UsageError(
                "'\(path)' cannot be read: \(String(cString: strerror(errno))).", "Name a file that is there.")
        }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw UsageError(
                    "'\(path)' cannot be read: \(String(cString: strerror(errno))).",
                    "Name a file, or - for standard input.")
            }
            bytes += chunk[..<count]
            guard bytes.count <= limit else {
                let most = limit < 1_048_576 ? "\(limit / 1_024) KiB" : "\(limit / 1_048_576) MiB"
                throw UsageError("'\(path)' is larger than \(most).", "Give a smaller file.")
            }
        }
    }

    /// A secret in one line; the line feed that editors and `echo` add is taken off.
    static func secret(_ path: String) throws(UsageError) -> Secret<String> {
        guard path == "-" || access(path, R_OK) == 0 else {
            // What was typed may be the secret itself, so it is not repeated.
            throw UsageError(
                "There is no readable file of the name given for the secret.",
                "Give a file's name, or - for standard input. If you typed the secret itself, consider it exposed.")
        }
        guard var text = String(validating: try bytes(path, limit: 65_536), as: UTF8.self) else {
            throw UsageError("The secret is not text.", "Give the file that holds the secret alone.")
        }
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else {
            throw UsageError("There is no secret in what was given.", "Give the file that holds it.")
        }
        return Secret(text)
    }
}
