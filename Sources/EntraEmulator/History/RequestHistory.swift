import FoundationEssentials

/// Requests answered, oldest first. Keeps the last hundred thousand.
struct RequestHistory: Sendable {
    /// What part of the service a request went to.
    enum Endpoint: String, Sendable, CaseIterable {
        case token
        case discovery
        case consent
        /// The device code flow, up to the token.
        case device
        /// The page on which a user signs in to an application; its code goes to the token endpoint.
        case signIn = "sign_in"
        case graph
        case other
    }

    struct Entry: Sendable {
        let sequence: Int
        let at: Date
        let endpoint: Endpoint
        let method: String
        /// Without the query, which can hold a state somebody keeps secret.
        let path: String
        /// `nil` when no answer was sent.
        let status: Int?
        let note: HistoryNote
    }

    static let limit = 100_000
    /// Clients choose some of the texts; this many characters of each are kept.
    private static let textLimit = 512
    /// A claims challenge may be as long as a header.
    private static let claimsLimit = 8_192

    private var entries: [Entry] = []
    private var next = 1

    mutating func append(
        at now: Date, endpoint: Endpoint, method: String, path: String, status: Int?, note: HistoryNote
    ) {
        // Dropping an eighth at a time keeps appending cheap: the array is moved once in 12,500 requests.
        if entries.count >= Self.limit + Self.limit / 8 { entries.removeFirst(entries.count - Self.limit) }
        var note = note
        note.clientID = note.clientID.map { String($0.prefix(Self.textLimit)) }
        note.claims = note.claims.map { String($0.prefix(Self.claimsLimit)) }
        entries.append(
            Entry(
                sequence: next, at: now, endpoint: endpoint, method: method, path: String(path.prefix(Self.textLimit)),
                status: status, note: note))
        next += 1
    }

    mutating func clear() {
        entries = []
    }

    /// The requests after `since`, of one endpoint and one tenant if asked.
    func entries(endpoint: Endpoint?, tenant: GUID?, since: Int) -> [Entry] {
        entries.suffix(Self.limit).filter { entry in
            entry.sequence > since && (endpoint == nil || entry.endpoint == endpoint)
                && (tenant == nil || entry.note.tenant == tenant)
        }
    }
}
