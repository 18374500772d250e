import ArgumentParser
import FoundationEssentials
import Tenancy

/// A credential that an operator brings. It comes from standard input (-) or a file, never as an argument.
struct BroughtCredentialOptions: ParsableArguments {
    @Option(help: "File with the client secret; - for standard input.") var secretFile: String?
    @Option(help: "When that secret expires, as Entra shows it: 2027-01-31.") var secretExpires: String?
    @Option(help: "PEM file with certificate and private key; - for standard input.") var certificateFile: String?
    @Option(name: .customLong("pkcs12-file"), help: "PKCS#12 file; - for standard input.") var pkcs12File: String?
    @Option(help: "File with the passphrase of the key or PKCS#12 file; asked for on a terminal.")
    var passphraseFile: String?
    @Option(help: "File that holds a federated assertion and is replaced in time, as Kubernetes does.")
    var assertionFile: String?
    @Option(
        name: .customLong("assertion-command"), parsing: .singleValue,
        help: "Program, by its absolute path, that prints a federated assertion; repeat for its arguments.")
    var assertionCommand: [String] = []

    /// Whether any was given.
    var isGiven: Bool {
        secretFile != nil || certificateFile != nil || pkcs12File != nil || assertionFile != nil
            || !assertionCommand.isEmpty
    }

    /// The `credential` member of a request.
    func json() throws -> [String: JSONValue] {
        let passphrase: JSONValue = try passphraseFile.map { .string(try Input.secret($0).exposed) } ?? .null
        let command = assertionCommand.isEmpty ? nil : assertionCommand
        switch (secretFile, certificateFile, pkcs12File, assertionFile, command) {
        case (let file?, nil, nil, nil, nil):
            return ["secret": .string(try Input.secret(file).exposed), "expires_at": try expiry()].compact
        case (nil, let file?, nil, nil, nil):
            let pem = String(decoding: try Input.bytes(file, limit: Self.largest), as: UTF8.self)
            return ["pem": .string(pem), "passphrase": passphrase].compact
        case (nil, nil, let file?, nil, nil):
            let bytes = Data(try Input.bytes(file, limit: Self.largest))
            return ["pkcs12": .string(bytes.base64EncodedString()), "passphrase": passphrase].compact
        case (nil, nil, nil, let path?, nil):
            let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
            return ["assertion_file": .string(absolute)]
        case (nil, nil, nil, nil, let words?):
            return ["assertion_command": .array(words.map { .string($0) })]
        default:
            throw UsageError(
                "This needs exactly one credential.",
                "Give one of --secret-file, --certificate-file, --pkcs12-file, --assertion-file and --assertion-command."
            )
        }
    }

    /// A key with its certificates takes some KiB; the service takes no larger request either.
    private static let largest = 128 * 1_024

    private func expiry() throws(UsageError) -> JSONValue {
        guard let secretExpires else { return .null }
        let text = secretExpires.utf8.count == 10 ? secretExpires + "T00:00:00Z" : secretExpires
        guard (try? Date(text, strategy: .iso8601)) != nil else {
            throw UsageError("'\(secretExpires.prefix(40))' is no date.", "Write it as 2027-01-31.")
        }
        return .string(text)
    }

    /// Sends a request with the credential in it; when a passphrase is missing and a person is there, asks for it.
    func sending(
        _ credential: [String: JSONValue], _ send: ([String: JSONValue]) async throws -> JSONValue
    ) async throws -> JSONValue {
        do {
            return try await send(credential)
        } catch let refusal as ServiceRefusal where refusal.problem?["code"].string == "passphrase_required" {
            guard let passphrase = Terminal.askSecret("Passphrase: ") else { throw refusal }
            return try await send(credential.merging(["passphrase": .string(passphrase.exposed)]) { $1 })
        }
    }
}
