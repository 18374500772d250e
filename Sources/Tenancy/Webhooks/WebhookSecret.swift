import FoundationEssentials

/// What a webhook's messages are signed with: `whsec_` and the Base64 of 24 to 64 bytes.
///
/// Source: github.com/standard-webhooks/standard-webhooks, specification 1.0, "Signature scheme".
package struct WebhookSecret: Sendable, Equatable {
    package let bytes: Secret<[UInt8]>

    /// A new one, of 32 bytes.
    package init(_ randomness: Randomness) { bytes = Secret(randomness.bytes(32)) }

    package init?(bytes: [UInt8]) {
        guard (24...64).contains(bytes.count) else { return nil }
        self.bytes = Secret(bytes)
    }

    /// As the receiver has it; the prefix may be missing.
    package init?(parsing text: Secret<String>) {
        let body = text.exposed.hasPrefix("whsec_") ? text.exposed.dropFirst(6) : text.exposed[...]
        guard let data = Data(base64Encoded: String(body)) else { return nil }
        self.init(bytes: [UInt8](data))
    }

    /// As the receiver needs it.
    package var text: Secret<String> { Secret("whsec_" + Data(bytes.exposed).base64EncodedString()) }
}
