package import FoundationEssentials

/// One message to one receiver, and what became of it. The message never changes: a receiver that knows the id has seen
/// these very bytes.
package struct WebhookDelivery: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable { case waiting, delivered, failed }

    /// The `webhook-id`, the same on every attempt and every replay.
    package let id: String
    package let webhook: WebhookID
    /// The event that it tells of; `nil` for a test.
    package let event: Int64?
    package let type: String
    /// The body, byte for byte.
    package let payload: String
    /// When it was put in line, by its event or by hand.
    package var enqueuedAt: Date
    package var state: State
    /// Since it was put in line.
    package var attempts: Int
    /// When it is tried next; `nil` when it is not.
    package var due: Date?
    package var last: WebhookAttempt?

    package init(
        id: String, webhook: WebhookID, event: Int64?, type: String, payload: String, enqueuedAt: Date,
        state: State = .waiting, attempts: Int = 0, due: Date? = nil, last: WebhookAttempt? = nil
    ) {
        self.id = id
        self.webhook = webhook
        self.event = event
        self.type = type
        self.payload = payload
        self.enqueuedAt = enqueuedAt
        self.state = state
        self.attempts = attempts
        self.due = due
        self.last = last
    }

    /// The message of an event. Its id names webhook, event and instant, so that a replay carries the same id even when
    /// the earlier delivery is long forgotten, and an event of a restored database never the id of another one.
    package init(of event: Event, to webhook: WebhookID, at now: Date) throws(StoreError) {
        let instant = Int64((event.at.timeIntervalSince1970 * 1_000).rounded())
        self.init(
            id: "msg_\(webhook)_\(event.sequence)_\(String(instant, radix: 36))", webhook: webhook,
            event: event.sequence, type: event.type, payload: try WebhookPayload(event).text(), enqueuedAt: now,
            due: now)
    }

    /// A message that only shows whether the receiver listens.
    package init(testOf webhook: WebhookID, randomness: Randomness, at now: Date) throws(StoreError) {
        let payload = WebhookPayload(
            type: "webhook.test", at: now, data: ["webhook": .string(webhook.description)])
        self.init(
            id: "msg_\(webhook)_test_\(Base32.encode(randomness.bytes(10)))", webhook: webhook, event: nil,
            type: payload.type, payload: try payload.text(), enqueuedAt: now, due: now)
    }
}

/// One try to bring a message over.
package struct WebhookAttempt: Sendable, Equatable {
    package let at: Date
    package let milliseconds: Int
    /// The HTTP status; `nil` when no answer came.
    package let status: Int?
    /// Why it did not count as received, one sentence; `nil` when it did.
    package let error: String?
    /// What the receiver said to a failure: at most 200 printable characters.
    package let excerpt: String?

    package init(at: Date, milliseconds: Int, status: Int?, error: String?, excerpt: String? = nil) {
        self.at = at
        self.milliseconds = milliseconds
        self.status = status
        self.error = error
        self.excerpt = excerpt
    }

    /// 410: it will never want this again.
    package var isGone: Bool { status == 410 }
}
