package import FoundationEssentials

/// What is sent in one attempt.
package struct WebhookMessage: Sendable {
    /// The `webhook-id`.
    package let id: String
    /// The `webhook-timestamp`: when this attempt is made, so that a receiver can refuse what is old.
    package let timestamp: Date
    package let payload: String
    /// A signature is made with each.
    package let secrets: [WebhookSecret]

    package init(id: String, timestamp: Date, payload: String, secrets: [WebhookSecret]) {
        self.id = id
        self.timestamp = timestamp
        self.payload = payload
        self.secrets = secrets
    }
}

/// What came of it.
package enum WebhookReply: Sendable, Equatable {
    /// - Parameters:
    ///   - retryAfter: seconds that the receiver asks to be left alone for.
    ///   - excerpt: what it said, at most 200 printable characters.
    case answered(status: Int, retryAfter: TimeInterval?, excerpt: String?)
    /// No answer; one sentence says why.
    case failed(String)
    /// The task was cancelled. Nobody knows whether the message arrived, so it stays in line.
    case interrupted
}

/// How messages leave the process.
package protocol WebhookSender: Sendable {
    /// Why no message will ever go to that URL, one sentence; `nil` when nothing is known against it.
    func objection(to url: WebhookURL) -> String?

    /// Sends it once, signed. Follows no redirect.
    func send(_ message: WebhookMessage, to url: WebhookURL) async -> WebhookReply
}

extension WebhookReply {
    /// The attempt as it is remembered, and how long the receiver wishes to be left alone. 2xx means received;
    /// everything else does not. `nil` when nobody knows.
    func judged(at began: Date, milliseconds: Int) -> (WebhookAttempt, wish: TimeInterval?)? {
        switch self {
        case .answered(let status, _, _) where (200..<300).contains(status):
            return (WebhookAttempt(at: began, milliseconds: milliseconds, status: status, error: nil), nil)
        case .answered(let status, let wish, let excerpt):
            let why =
                switch status {
                case 300..<400: "The receiver answered with a redirect (\(status)), and none is followed."
                case 410: "The receiver answered that it is gone for good (410)."
                default: "The receiver answered with status \(status)."
                }
            return (
                WebhookAttempt(at: began, milliseconds: milliseconds, status: status, error: why, excerpt: excerpt),
                status == 429 || status == 503 ? wish : nil
            )
        case .failed(let why):
            return (WebhookAttempt(at: began, milliseconds: milliseconds, status: nil, error: why), nil)
        case .interrupted: return nil
        }
    }
}
