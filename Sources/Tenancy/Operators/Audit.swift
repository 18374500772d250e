package import FoundationEssentials

/// Who did something.
package enum Actor: Sendable, Hashable, CustomStringConvertible {
    /// A person on this machine, through the socket in the data directory.
    case localUser(uid: UInt32)
    case apiKey(APIKeyID)
    /// A customer's browser on the public door; nobody has proven who sits there.
    case visitor
    /// The service itself.
    case service

    package var description: String {
        switch self {
        case .localUser(let uid): "local:\(uid)"
        case .apiKey(let id): "key:\(id)"
        case .visitor: "visitor"
        case .service: "service"
        }
    }
}

/// One line of the record of who did what. Written in the same transaction as what it tells of.
package struct AuditEntry: Sendable, Equatable {
    package let sequence: Int64
    package let at: Date
    package let actor: String
    /// `noun.verb`, such as `tenant.add`.
    package let action: String
    package let subject: String
    /// One sentence; never holds a secret.
    package let detail: String

    package init(sequence: Int64, at: Date, actor: String, action: String, subject: String, detail: String) {
        self.sequence = sequence
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.detail = detail
    }
}

/// The record of who did what. What changes something is recorded by the store that changes it.
package protocol AuditLog: Sendable {
    /// Adds a line for something that changes nothing here, such as a token taken out; durable when this returns.
    func record(
        _ action: String, subject: String, detail: String, by actor: Actor, at instant: Date
    ) async throws(StoreError)

    /// Up to `limit` entries after the given sequence number, oldest first.
    func entries(after sequence: Int64, limit: Int) async throws(StoreError) -> [AuditEntry]
}
