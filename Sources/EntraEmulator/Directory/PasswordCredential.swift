import FoundationEssentials

/// A client secret.
struct PasswordCredential: Sendable {
    let keyID: GUID
    let value: String
    let displayName: String?
    let starts: Date?
    /// The instant from which it is refused, `nil` for never.
    let expires: Date?

    /// How much of a secret Graph shows after it was made.
    var hint: String { String(value.prefix(3)) }

    /// Whether its time has come; before that it is as good as unknown.
    func hasBegun(at now: Date) -> Bool {
        starts.map { $0 <= now } ?? true
    }

    func isLive(at now: Date) -> Bool {
        expires.map { now < $0 } ?? true
    }
}
