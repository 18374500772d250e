import FoundationEssentials
import Glibc
import Subprocess
import Synchronization

/// A server as a child process. Whoever starts it ends it.
final class BackgroundProcess: Sendable {
    struct NotReady: Error, CustomStringConvertible {
        let description: String
    }

    let processID: Int32
    /// The first line it printed.
    let announcement: String
    private let ending: Task<Int32, any Error>
    private let hasEnded: Mutex<Bool>

    private init(processID: Int32, announcement: String, ending: Task<Int32, any Error>) {
        self.processID = processID
        self.announcement = announcement
        self.ending = ending
        hasEnded = Mutex(false)
    }

    /// Starts it and waits for its first line of standard output; the rest of it and standard error go to the log.
    static func start(
        _ program: String, _ arguments: [String], environment: [String: String] = Command.environment,
        umask: String = "022",
        log: String
    ) async throws -> BackgroundProcess {
        let (started, starting) = AsyncStream.makeStream(of: (Int32, String).self)
        // "exec" keeps the process id that Subprocess knows; the shell is there to send standard error to the log.
        let words = ["-c", "umask \(umask); exec 2>>\"$0\"; exec \"$@\"", log, program] + arguments
        let ending = Task {
            defer { starting.finish() }
            let result = try await Subprocess.run(
                .name("sh"), arguments: Arguments(words), environment: .only(environment), input: .none,
                output: .sequence, error: .discarded
            ) { execution in
                var isFirst = true
                for try await line in execution.standardOutput.strings() {
                    if isFirst { starting.yield((execution.processIdentifier.value, line)) }
                    isFirst = false
                    try Self.append(line, to: log)
                }
            }
            return result.terminationStatus.code
        }
        for await (processID, line) in started {
            return BackgroundProcess(processID: processID, announcement: line, ending: ending)
        }
        let code = try await ending.value
        let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw NotReady(description: "\(program) ended with \(code) before it was ready: \(said)")
    }

    /// Sends the signal, unless the process is gone.
    func signal(_ number: Int32) { hasEnded.withLock { if !$0 { kill(processID, number) } } }

    /// Waits for the end and tells the exit code; 128 + n when signal n ended it.
    func wait() async throws -> Int32 {
        let code = try await ending.value
        hasEnded.withLock { $0 = true }
        return code
    }

    /// What stands in its `/proc/<pid>/cmdline`, the words separated by spaces.
    func commandLine() throws -> String {
        let bytes = try Data(contentsOf: URL(filePath: "/proc/\(processID)/cmdline"))
        return String(decoding: bytes.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
    }

    private static func append(_ line: String, to log: String) throws {
        let descriptor = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw NotReady(description: "the log \(log) cannot be written") }
            rest = rest.dropFirst(count)
        }
    }
}
