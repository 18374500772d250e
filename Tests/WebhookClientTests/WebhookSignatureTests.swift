import Foundation
import Tenancy
import Testing

@testable import WebhookClient

@Suite("Webhook signature")
struct WebhookSignatureTests {
    private func secret(_ text: String) throws -> WebhookSecret {
        try #require(WebhookSecret(parsing: Secret(text)))
    }

    private func headers(_ secrets: [WebhookSecret]) -> [String: String] {
        let message = WebhookMessage(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: Date(timeIntervalSince1970: 1_614_265_330.9),
            payload: #"{"test": 2432232314}"#, secrets: secrets)
        return Dictionary(uniqueKeysWithValues: WebhookSignature.headers(of: message).map { ($0.name, $0.value) })
    }

    /// The vector of the reference libraries; computed with standardwebhooks 1.1.0 from PyPI.
    @Test("is that of the reference implementation")
    func reference() throws {
        let headers = headers([try secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])
        #expect(headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
        #expect(headers["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek")
        #expect(headers["webhook-timestamp"] == "1614265330")
    }

    @Test("is made with each secret, the newest first, separated by spaces")
    func several() throws {
        let other = try secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let text = headers([other, try secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")])["webhook-signature"] ?? ""
        let signatures = text.split(separator: " ")
        #expect(signatures.count == 2 && signatures.allSatisfy { $0.hasPrefix("v1,") })
        #expect(signatures[1] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }
}
