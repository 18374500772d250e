package import CurlHTTP
import FoundationEssentials
package import Tenancy

/// Sends messages to their receivers over HTTP.
///
/// The client decides what may be reached; see ``CurlClient/Configuration/reachesPublicAddressesOnly``. It follows no
/// redirect and asks no proxy of the environment.
package struct StandardWebhookSender: WebhookSender {
    private let client: CurlClient
    private let reachesPublicAddressesOnly: Bool
    private let clock: WallClock
    /// Source: the specification recommends 15 to 30 seconds.
    private static let timeout = Duration.seconds(15)
    /// What a receiver says beyond it is a failure: nobody needs to say so much.
    private static let longestAnswer = 64 * 1_024
    private static let longestExcerpt = 200

    /// - Parameter reachesPublicAddressesOnly: as the client was told, for a word in time to whoever adds a webhook.
    package init(client: CurlClient, reachesPublicAddressesOnly: Bool, clock: WallClock) {
        self.client = client
        self.reachesPublicAddressesOnly = reachesPublicAddressesOnly
        self.clock = clock
    }

    package func objection(to url: WebhookURL) -> String? {
        guard reachesPublicAddressesOnly else { return nil }
        let host = url.host.hasPrefix("[") ? String(url.host.dropFirst().dropLast()) : url.host
        let isLocal = host == "localhost" || host.hasSuffix(".localhost") || PublicAddress.isPublic(host) == false
        return isLocal ? "\(url.host) is not an address of the public Internet, so nothing is sent there." : nil
    }

    package func send(_ message: WebhookMessage, to url: WebhookURL) async -> WebhookReply {
        let request = CurlRequest(
            method: .post, url: url.description,
            headers: [("Content-Type", "application/json")] + WebhookSignature.headers(of: message),
            body: Array(message.payload.utf8), timeout: Self.timeout, maxResponseBytes: Self.longestAnswer)
        do {
            let response = try await client.send(request)
            return .answered(
                status: response.status, retryAfter: retryAfter(response), excerpt: Self.excerpt(response.body))
        } catch .cancelled, .shutDown {
            return .interrupted
        } catch {
            return .failed("\(error)")
        }
    }

    /// Seconds, or until a date (RFC 9110, section 10.2.3).
    private func retryAfter(_ response: CurlResponse) -> TimeInterval? {
        guard let value = response.header("retry-after") else { return nil }
        if let seconds = Double(value), seconds.isFinite { return max(0, seconds) }
        return HTTPDate.parse(value).map { max(0, $0.timeIntervalSince(clock.now())) }
    }

    /// The beginning of what was said, if it is text.
    private static func excerpt(_ body: [UInt8]) -> String? {
        let text = String(decoding: body.prefix(4 * longestExcerpt), as: UTF8.self)
        let printable = text.unicodeScalars.map { scalar -> Character in
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: " "
            default: Character(scalar)
            }
        }
        let words = String(printable).split(separator: " ").joined(separator: " ")
        return words.isEmpty ? nil : String(words.prefix(longestExcerpt))
    }
}
