import FoundationEssentials
import OpenSSLCrypto
package import Tenancy

/// The three headers of a message (github.com/standard-webhooks/standard-webhooks, specification 1.0).
package enum WebhookSignature {
    /// `webhook-id`, `webhook-timestamp` in whole seconds, and `webhook-signature`: one for each secret, separated by
    /// spaces.
    package static func headers(of message: WebhookMessage) -> [(name: String, value: String)] {
        let seconds = Int64(message.timestamp.timeIntervalSince1970.rounded(.down))
        let signed = Array("\(message.id).\(seconds).\(message.payload)".utf8)
        let signatures = message.secrets.map { secret in
            "v1," + Data(Digest.hmacSHA256(key: secret.bytes.exposed, message: signed)).base64EncodedString()
        }
        return [
            ("webhook-id", message.id), ("webhook-timestamp", String(seconds)),
            ("webhook-signature", signatures.joined(separator: " ")),
        ]
    }
}
