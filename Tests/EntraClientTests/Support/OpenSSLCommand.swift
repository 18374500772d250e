import Foundation

/// The `openssl` command in a directory of its own: the foreign witness of these tests.
struct OpenSSLCommand {
    let directory: URL

    struct Failed: Error {
        let arguments: String
        let diagnostics: String
    }

    /// Gives `body` a fresh directory, which is removed afterwards.
    static func inTemporaryDirectory<Result>(_ body: (OpenSSLCommand) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tenantry-entra-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await body(OpenSSLCommand(directory: directory))
    }

    /// Runs `openssl` with these arguments (split at spaces) in the directory and returns what it prints.
    @discardableResult
    func callAsFunction(_ arguments: String) async throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments.split(separator: " ").map(String.init)
        process.currentDirectoryURL = directory
        let (output, diagnostics) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = diagnostics
        process.standardInput = FileHandle.nullDevice
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        guard process.terminationStatus == 0 else {
            let text = try diagnostics.fileHandleForReading.readToEnd() ?? Data()
            throw Failed(arguments: arguments, diagnostics: String(decoding: text, as: UTF8.self))
        }
        return String(decoding: printed, as: UTF8.self)
    }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: directory.appending(path: name))) }

    func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        try Data(bytes).write(to: directory.appending(path: name))
    }
}
