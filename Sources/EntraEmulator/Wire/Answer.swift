/// What a client is to be told, and what the history remembers of it.
struct Answer: Sendable {
    /// How the answer reaches the client.
    enum Delivery: Sendable {
        case complete
        /// The connection ends without a byte of an answer.
        case close
        /// No answer ever comes; the connection stays open until the client leaves.
        case hang
    }

    var status: Int
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// What `body` spells, when that is JSON.
    var value: JSON?
    /// Whether the connection ends after it, as its headers then say.
    var isLast = false
    var delivery = Delivery.complete
    var note = HistoryNote()

    /// A JSON answer.
    static func json(_ status: Int, _ value: JSON, headers: [(name: String, value: String)] = []) -> Answer {
        Answer(
            status: status, headers: [("Content-Type", "application/json; charset=utf-8")] + headers,
            body: value.bytes, value: value)
    }

    /// A page that runs no scripts and may be framed by nobody.
    static func page(_ status: Int, _ html: String) -> Answer {
        Answer(
            status: status,
            headers: [
                ("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store, no-cache"),
                ("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
                ("X-Frame-Options", "DENY"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ], body: Array(html.utf8))
    }

    /// Plain text.
    static func text(_ status: Int, _ text: String, headers: [(name: String, value: String)] = []) -> Answer {
        Answer(
            status: status, headers: [("Content-Type", "text/plain; charset=utf-8")] + headers,
            body: Array(text.utf8))
    }
}
