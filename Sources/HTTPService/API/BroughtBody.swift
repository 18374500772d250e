import FoundationEssentials
import Tenancy

/// A credential in a request: exactly one of `secret`, `pem`, `pkcs12`, `assertion_file` and `assertion_command`.
struct BroughtBody: Decodable {
    let secret: String?
    /// Of the secret.
    let expiresAt: Date?
    let pem: String?
    /// Base64.
    let pkcs12: String?
    let passphrase: String?
    let assertionFile: String?
    let assertionCommand: [String]?

    /// - Parameter actor: files are read and programs run for people on this machine only.
    func credential(from actor: Actor) throws -> BroughtCredential {
        guard expiresAt == nil || secret != nil else {
            throw RequestError.parameter(
                "credential.expires_at", rule: "an end only for a secret; the others bring theirs")
        }
        let passphrase = passphrase.map { Secret($0) }
        switch (secret, pem, pkcs12, assertionFile, assertionCommand) {
        case (let secret?, nil, nil, nil, nil): return .secret(Secret(secret), expiresAt: expiresAt)
        case (nil, let pem?, nil, nil, nil): return .pem(Secret(Array(pem.utf8)), passphrase: passphrase)
        case (nil, nil, let pkcs12?, nil, nil):
            guard let bytes = Data(base64Encoded: pkcs12) else {
                throw RequestError.parameter("credential.pkcs12", rule: "Base64")
            }
            return .pkcs12(Secret(Array(bytes)), passphrase: passphrase)
        case (nil, nil, nil, let path?, nil):
            try Self.requireLocal(actor)
            guard path.hasPrefix("/") else {
                throw RequestError.parameter("credential.assertion_file", rule: "an absolute path")
            }
            return .federated(.file(path))
        case (nil, nil, nil, nil, let words?):
            try Self.requireLocal(actor)
            guard let program = words.first, program.hasPrefix("/") else {
                throw RequestError.parameter(
                    "credential.assertion_command", rule: "a program by its absolute path, then its arguments")
            }
            return .federated(.command(words))
        default:
            throw RequestError.parameter(
                "credential",
                rule: "exactly one of secret, pem, pkcs12, assertion_file and assertion_command")
        }
    }

    private static func requireLocal(_ actor: Actor) throws(RegistrationError) {
        if case .localUser = actor { return }
        throw .localOnly("A federated assertion's file or program")
    }
}
