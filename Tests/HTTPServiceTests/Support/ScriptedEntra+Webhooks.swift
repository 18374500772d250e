import Tenancy

extension ScriptedEntra: WebhookSender {
    func objection(to url: WebhookURL) -> String? {
        url.host == "localhost" ? "localhost is not an address of the public Internet." : nil
    }

    func send(_ message: WebhookMessage, to url: WebhookURL) async -> WebhookReply {
        .answered(status: 204, retryAfter: nil, excerpt: nil)
    }
}
