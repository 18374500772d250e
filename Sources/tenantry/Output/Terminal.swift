@preconcurrency import Glibc
import Tenancy

/// Standard output is data, standard error is talk.
enum Terminal {
    static func print(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// As it is: for scripts and files, whose line ends are their own.
    static func printVerbatim(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Whether a person sits at it who can be asked.
    static var isAttended: Bool { isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 }

    /// Asks a person; where nobody sits at a terminal, nobody agrees.
    static func agrees(_ question: String, to answer: String) -> Bool {
        guard isAttended else { return false }
        write(question, to: STDERR_FILENO)
        return readLine() == answer
    }

    /// Asks a person for a secret, which is not shown; `nil` where nobody sits at a terminal.
    static func askSecret(_ question: String) -> Secret<String>? {
        guard isAttended else { return nil }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return nil }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            write("\n", to: STDERR_FILENO)
        }
        write(question, to: STDERR_FILENO)
        return readLine().map { Secret($0) }
    }

    static func say(_ text: String) { write(clean(text) + "\n", to: STDERR_FILENO) }

    /// Replaces the line that shows progress; only on a terminal.
    static func progress(_ text: String) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[2K" + clean(text), to: STDERR_FILENO)
    }

    /// Text from outside, without the control characters that could steer a terminal.
    static func clean(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter { $0 == "\n" || $0.properties.generalCategory != .control }))
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that has gone away needs no more.
            guard count > 0 || errno == EINTR else { return }
            rest = rest.dropFirst(max(0, count))
        }
    }
}
