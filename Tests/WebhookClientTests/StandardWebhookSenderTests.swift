import CurlHTTP
import Foundation
import Tenancy
import Testing
import WebhookClient

@Suite("Webhook sender")
struct StandardWebhookSenderTests {
    private func objection(to text: String, publicOnly: Bool = true) throws -> String? {
        let client = try CurlClient(CurlClient.Configuration(reachesPublicAddressesOnly: publicOnly))
        return StandardWebhookSender(client: client, reachesPublicAddressesOnly: publicOnly, clock: .system)
            .objection(to: try #require(WebhookURL(text)))
    }

    @Test(
        "objects to addresses that are plainly not public, unless it may go there",
        arguments: [
            "https://localhost/", "https://LOCALHOST:8443/", "https://a.localhost/", "https://10.1.2.3/x",
            "https://[::1]/", "https://[fe80::1]/", "https://[::ffff:10.0.0.1]:99/",
        ])
    func objects(_ url: String) throws {
        #expect(try objection(to: url)?.contains("public Internet") == true)
        #expect(try objection(to: url, publicOnly: false) == nil)
    }

    @Test("has nothing against names and public addresses", arguments: ["https://example.com/", "https://1.1.1.1/"])
    func agrees(_ url: String) throws { #expect(try objection(to: url) == nil) }

    @Test("tells its client's refusal as a sentence, and nothing was sent")
    func refused() async throws {
        let client = try CurlClient(CurlClient.Configuration(reachesPublicAddressesOnly: true))
        let sender = StandardWebhookSender(client: client, reachesPublicAddressesOnly: true, clock: .system)
        let message = WebhookMessage(id: "msg_1", timestamp: .now, payload: "{}", secrets: [])
        let reply = await sender.send(message, to: try #require(WebhookURL("https://127.0.0.1:9/")))
        #expect(reply == .failed("127.0.0.1 is not an address of the public Internet, so it was not called."))
    }
}
