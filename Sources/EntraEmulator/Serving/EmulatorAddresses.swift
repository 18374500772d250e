/// Where a running emulator listens.
package struct EmulatorAddresses: Sendable {
    /// The login authority, such as `https://localhost:8443`.
    package let login: String
    /// Microsoft Graph without a version, such as `https://localhost:8444`.
    package let graph: String
    /// The control plane, such as `http://127.0.0.1:8445`.
    package let control: String
    /// The absolute path of the file that holds the CA certificate in PEM, `nil` when none was asked for.
    package let caFile: String?
    /// The CA certificate in PEM.
    package let caCertificate: String
    /// What variation and trouble follow from.
    package let chaosSeed: UInt32

    /// One line of JSON: `login`, `graph`, `control`, `ca_file`, `chaos_seed`.
    package var json: String {
        let value = JSON.object([
            ("login", .string(login)), ("graph", .string(graph)), ("control", .string(control)),
            ("ca_file", caFile.map { .string($0) } ?? .null), ("chaos_seed", .integer(Int64(chaosSeed))),
        ])
        return String(decoding: value.bytes, as: UTF8.self)
    }

    /// Every spelling of an address on this machine: the certificate is valid for all of them.
    static func spellings(of address: String) -> [String] {
        guard let port = address.split(separator: ":").last else { return [address] }
        let scheme = address.hasPrefix("https") ? "https" : "http"
        return ["localhost", "127.0.0.1", "[::1]"].map { "\(scheme)://\($0):\(port)" }
    }
}
