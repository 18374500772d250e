import FoundationEssentials
import Tenancy

/// Remembers webhooks; their secrets sealed.
struct SQLiteWebhookStore: WebhookStore {
    let database: SQLiteDatabase
    let sealer: Sealer
    private static let mostSecrets = 5

    func add(_ webhook: Webhook, secret: WebhookSecret, by actor: Actor) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            do throws(StoreError) {
                try db.execute(
                    "INSERT INTO webhook (id, url, types, added_at, cursor) VALUES (?1, ?2, ?3, ?4, ?5)",
                    [
                        webhook.id, webhook.url, webhook.types.map(\.description).joined(separator: " "),
                        webhook.addedAt, webhook.cursor,
                    ])
            } catch {
                throw error.naming("Webhook \(webhook.id)", orMissing: "")
            }
            try db.save(
                try StoredWebhookSecret(sealing: secret, of: webhook.id, number: 1, with: sealer), at: webhook.addedAt)
            try db.audit(
                "webhook.add", webhook.id,
                "Events are sent to \(webhook.url.host): \(webhook.types.map(\.description).joined(separator: ", ")).",
                by: actor, at: webhook.addedAt)
        }
    }

    func webhooks() async throws(StoreError) -> [Webhook] {
        try await database.readList { (db) throws(StoreError) in
            try db.query("SELECT * FROM webhook ORDER BY added_at, id", [], Webhook.init)
        }
    }

    func webhook(_ id: WebhookID) async throws(StoreError) -> Webhook {
        try database.look { (db) throws(StoreError) in try db.webhook(id) }
    }

    func remove(_ id: WebhookID, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let webhook = try db.webhook(id)
            try db.execute("DELETE FROM webhook_delivery WHERE webhook = ?1", [id])
            try db.execute("DELETE FROM webhook_secret WHERE webhook = ?1", [id])
            try db.execute("DELETE FROM webhook WHERE id = ?1", [id])
            try db.audit(
                "webhook.remove", id, "Nothing is sent to \(webhook.url.host) by it any more.", by: actor, at: now)
        }
    }

    func set(_ id: WebhookID, ending: Webhook.Ending?, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            var webhook = try db.webhook(id)
            guard webhook.isEnabled != (ending == nil) else { return }
            if let ending {
                webhook.end(ending, at: now)
                try db.tellEnding(of: webhook, by: actor, at: now)
            } else {
                webhook.begin()
                try db.execute(
                    """
                    UPDATE webhook_delivery SET enqueued_at = ?2, due = ?2, attempts = 0
                    WHERE webhook = ?1 AND due IS NOT NULL
                    """,
                    [id, now])
                try db.audit("webhook.enable", id, "Events are sent to \(webhook.url.host) again.", by: actor, at: now)
                try db.emit("webhook.enabled", ["webhook": .string(id.description)], by: actor, at: now)
            }
            try db.update(webhook)
        }
    }

    // MARK: Secrets

    func rotate(
        _ id: WebhookID, to secret: WebhookSecret, endingOthers end: Date, by actor: Actor, at now: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let host = try db.webhook(id).url.host
            let newest = try db.query("SELECT * FROM webhook_secret WHERE webhook = ?1", [id]) {
                (row) throws(StoreError) in try row.integer("number")
            }.max()
            let number = (newest ?? 0) + 1
            try db.execute(
                "UPDATE webhook_secret SET expires_at = min(ifnull(expires_at, ?2), ?2) WHERE webhook = ?1", [id, end])
            try db.execute(
                "DELETE FROM webhook_secret WHERE webhook = ?1 AND (expires_at <= ?2 OR number <= ?3)",
                [id, now, number - Self.mostSecrets])
            try db.save(try StoredWebhookSecret(sealing: secret, of: id, number: number, with: sealer), at: now)
            try db.audit(
                "webhook.rotate_secret", id,
                "Messages to \(host) are signed with a new secret; the one before is good until "
                    + "\(end.formatted(.iso8601)).", by: actor, at: now)
        }
    }

    func secrets(of id: WebhookID, at now: Date) async throws(StoreError) -> [WebhookSecret] {
        let stored = try database.look { (db) throws(StoreError) in
            try db.query(
                """
                SELECT * FROM webhook_secret WHERE webhook = ?1 AND (expires_at IS NULL OR expires_at > ?2)
                ORDER BY number DESC
                """,
                [id, now], StoredWebhookSecret.init)
        }
        var secrets: [WebhookSecret] = []
        for stored in stored { secrets.append(try stored.opened(with: sealer)) }
        return secrets
    }
}
