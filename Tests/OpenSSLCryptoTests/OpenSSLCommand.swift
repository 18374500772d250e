import FoundationEssentials
import Subprocess

/// The `openssl` command in a directory of its own: the foreign witness of these tests.
struct OpenSSLCommand {
    let directory: URL

    struct Failed: Error {
        let arguments: [String]
        let diagnostics: String
    }

    /// Gives `body` a fresh directory, which is removed afterwards.
    static func inTemporaryDirectory<Result>(_ body: (OpenSSLCommand) async throws -> Result) async throws -> Result {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tenantry-crypto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        return try await body(OpenSSLCommand(directory: directory))
    }

    /// Runs `openssl` with these arguments (split at spaces) in the directory and returns what it prints.
    @discardableResult
    func callAsFunction(_ arguments: String) async throws -> String {
        let words = arguments.split(separator: " ").map(String.init)
        // "env -C" changes the directory: Subprocess wants a path type from a package of its own for that.
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(["-C", directory.path, "openssl"] + words),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw Failed(arguments: words, diagnostics: result.standardError)
        }
        return result.standardOutput
    }

    func read(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: directory.appending(path: name))) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: directory.appending(path: name))
    }

    /// Makes `NAME.key` (RSA, PKCS#8) and `NAME.crt`, which the key itself signed.
    func makeIdentity(_ name: String = "app") async throws {
        try await self("genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out \(name).key")
        try await self("req -x509 -key \(name).key -subj /CN=\(name) -days 30 -out \(name).crt")
    }
}

/// Bytes from hexadecimal digits; anything else between them is skipped.
func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
