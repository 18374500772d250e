import FoundationEssentials
import Subprocess
import SystemPackage

/// A command that has ended.
struct Finished: Sendable {
    /// What it was called with, for messages.
    let line: String
    /// The exit code; 128 + n when signal n ended it.
    let code: Int32
    let output: String
    let errors: String

    /// The output as JSON.
    var json: JSON { get throws { try JSON(parsing: output) } }

    var lines: [Substring] { output.split(whereSeparator: \.isNewline) }
}

/// Runs commands to their end.
enum Command {
    /// - Parameters:
    ///   - program: a path, or a name that is looked for in `PATH`.
    ///   - limit: after which it is killed (137), so that a command that should end and does not fails alone.
    static func run(
        _ program: String, _ arguments: [String], environment: [String: String] = Command.environment,
        input: [UInt8] = [], limit: Duration = .seconds(60)
    ) async throws -> Finished {
        let line = ([program.split(separator: "/").last.map(String.init) ?? ""] + arguments).joined(separator: " ")
        let file = try Self.file(holding: input)
        return try await withThrowingTaskGroup(of: Finished?.self) { group in
            group.addTask {
                // Through `env`, which becomes the program: a path as a value wants a type from one more package.
                let result = try await Subprocess.run(
                    .name("env"), arguments: Arguments([program] + arguments), environment: .only(environment),
                    input: .fileDescriptor(file, closeAfterSpawningProcess: true), output: .string(limit: 64 << 20),
                    error: .string(limit: 64 << 20))
                return Finished(
                    line: line, code: result.terminationStatus.code, output: result.standardOutput,
                    errors: result.standardError)
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            if let finished = try await group.next() ?? nil {
                group.cancelAll()
                return finished
            }
            // Subprocess kills its child when its task is cancelled.
            group.cancelAll()
            _ = try? await group.next()
            return Finished(line: line, code: 137, output: "", errors: "killed after \(limit)")
        }
    }

    /// The bytes as a file without a name, open at its beginning.
    ///
    /// Not through a pipe: swift-subprocess 1.0.2 ends this process when its child ends before it has read all of it.
    private static func file(holding bytes: [UInt8]) throws -> FileDescriptor {
        guard !bytes.isEmpty else { return try FileDescriptor.open("/dev/null", .readOnly) }
        let path = "/tmp/tt-input-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let file = try FileDescriptor.open(
            FilePath(path), .readWrite, options: [.create, .exclusiveCreate], permissions: .ownerReadWrite)
        try FileManager.default.removeItem(atPath: path)
        try file.writeAll(bytes)
        try file.seek(offset: 0, from: .start)
        return file
    }

    /// What every command gets: nothing of the environment of these tests, which may hold settings of Tenantry.
    static let environment = [
        "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LANG": "C.UTF-8",
    ]
}

extension TerminationStatus {
    /// As a shell tells it.
    var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

extension Environment {
    static func only(_ variables: [String: String]) -> Environment {
        .custom(Dictionary(uniqueKeysWithValues: variables.map { (Key(stringLiteral: $0.key), $0.value) }))
    }
}
