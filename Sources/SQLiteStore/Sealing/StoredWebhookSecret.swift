import OpenSSLCrypto
import Tenancy

/// A webhook's secret as its row keeps it: sealed for that row.
struct StoredWebhookSecret: Sendable {
    let webhook: WebhookID
    let number: Int
    let sealed: [UInt8]

    init(
        sealing secret: WebhookSecret, of webhook: WebhookID, number: Int, with sealer: Sealer
    ) throws(StoreError) {
        self.webhook = webhook
        self.number = number
        do {
            sealed = try sealer.seal(secret.bytes.exposed, authenticating: Self.place(webhook, number))
        } catch {
            throw .unavailable("the webhook's secret could not be sealed: \(error)")
        }
    }

    /// Reads the columns of `webhook_secret`.
    init(_ row: SQLRow) throws(StoreError) {
        webhook = try row.value("webhook", WebhookID.init)
        number = try row.integer("number")
        sealed = try row.blob("sealed")
    }

    /// - Throws: ``StoreError/sealBroken(_:)`` when any part was altered or belongs to another row.
    func opened(with sealer: Sealer) throws(StoreError) -> WebhookSecret {
        let bytes = try? sealer.open(sealed, authenticating: Self.place(webhook, number))
        guard let bytes, let secret = WebhookSecret(bytes: bytes) else {
            throw .sealBroken("Secret \(number) of webhook \(webhook)")
        }
        return secret
    }

    static let table = SealedTable(
        "webhook_secret", .webhook, position: "webhook || ' ' || number"
    ) { (row) throws(StoreError) in
        let stored = try StoredWebhookSecret(row)
        return place(stored.webhook, stored.number)
    }

    private static func place(_ webhook: WebhookID, _ number: Int) -> [UInt8] {
        BoundData.encode(texts: ["webhook_secret", "1", webhook.description, "\(number)"])
    }
}
