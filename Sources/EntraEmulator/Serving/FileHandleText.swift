import Glibc

/// Text to the two standard streams, past all buffers.
enum FileHandleText {
    static func writeOutput(_ text: String) { write(text, to: STDOUT_FILENO) }
    static func writeError(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that left cannot be told anything.
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
