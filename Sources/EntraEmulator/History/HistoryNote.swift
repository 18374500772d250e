/// What a handler learned about a request, for the history. Never a secret.
struct HistoryNote: Sendable {
    /// How a client proved who it is.
    enum Credential: String, Sendable {
        case secret
        case certificate
        case federated
        case none
    }

    /// What the callback of a consent page says.
    enum Consent: Sendable {
        case granted
        case refused
    }

    var code: Int?
    var consent: Consent?
    var tenant: GUID?
    var clientID: String?
    var credential = Credential.none
    /// The credential that was accepted.
    var keyID: GUID?
    /// The `claims` parameter as it came, even when it was refused.
    var claims: String?
    /// The fault that had a part in the answer.
    var injected: String?
}
