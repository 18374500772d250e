package import FoundationEssentials

/// Names a webhook: 12 characters of Base32.
package struct WebhookID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 12, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) {
        description = String(Base32.encode(randomness.bytes(8)).prefix(12))
    }
}

/// A receiver of events: where they are sent, which ones, and how that has been going.
package struct Webhook: Sendable, Equatable {
    /// Why nothing is sent any more.
    package enum Ending: String, Sendable, CaseIterable {
        case byHand = "by_hand"
        /// The receiver answered 410.
        case gone
        /// Nothing got through for three days.
        case failing
    }

    package let id: WebhookID
    package let url: WebhookURL
    /// An event is sent when one of them matches.
    package let types: [EventPattern]
    package let addedAt: Date
    /// Events up to this sequence number have become deliveries, or were none of its types.
    package var cursor: Int64
    /// `nil` while it is enabled.
    package var ending: Ending?
    package var endedAt: Date?
    /// Since when nothing has got through; `nil` when the last attempt did, and before the first.
    package var failingSince: Date?
    /// When something last got through.
    package var succeededAt: Date?
    /// Attempts that failed since then.
    package var failures: Int

    package init(
        id: WebhookID, url: WebhookURL, types: [EventPattern], addedAt: Date, cursor: Int64, ending: Ending? = nil,
        endedAt: Date? = nil, failingSince: Date? = nil, succeededAt: Date? = nil, failures: Int = 0
    ) {
        self.id = id
        self.url = url
        self.types = types
        self.addedAt = addedAt
        self.cursor = cursor
        self.ending = ending
        self.endedAt = endedAt
        self.failingSince = failingSince
        self.succeededAt = succeededAt
        self.failures = failures
    }

    package var isEnabled: Bool { ending == nil }

    package func wants(_ type: String) -> Bool { types.contains { $0.matches(type) } }
}
