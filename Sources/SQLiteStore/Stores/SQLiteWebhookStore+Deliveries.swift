import FoundationEssentials
import Tenancy

extension SQLiteWebhookStore {
    func lanes() async throws(StoreError) -> [WebhookLane] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT webhook.*,
                    (SELECT count(*) FROM webhook_delivery WHERE webhook = webhook.id AND due IS NOT NULL) AS waiting,
                    (SELECT min(due) FROM webhook_delivery WHERE webhook = webhook.id AND due IS NOT NULL) AS next_due
                FROM webhook WHERE ending IS NULL ORDER BY added_at, id
                """, []
            ) { (row) throws(StoreError) in
                WebhookLane(
                    webhook: try Webhook(row), waiting: try row.integer("waiting"),
                    due: try row.instantIfAny("next_due"))
            }
        }
    }

    func enqueue(
        _ deliveries: [WebhookDelivery], of id: WebhookID, from: Int64, to: Int64
    ) async throws(StoreError) -> Bool {
        try await database.write { (db) throws(StoreError) in
            let moved = try db.execute(
                "UPDATE webhook SET cursor = ?3 WHERE id = ?1 AND cursor = ?2 AND ending IS NULL", [id, from, to])
            guard moved == 1 else { return false }
            for delivery in deliveries { try db.enqueue(delivery) }
            return true
        }
    }

    func enqueue(_ delivery: WebhookDelivery, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let webhook = try db.webhook(delivery.webhook)
            try db.enqueue(delivery)
            try db.audit("webhook.test", webhook.id, "A test is sent to \(webhook.url.host).", by: actor, at: now)
        }
    }

    func dueDeliveries(of id: WebhookID, at now: Date, limit: Int) async throws(StoreError) -> [WebhookDelivery] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT webhook_delivery.* FROM webhook_delivery JOIN webhook ON webhook.id = webhook_delivery.webhook
                WHERE webhook = ?1 AND due <= ?2 AND ending IS NULL ORDER BY due, sequence LIMIT ?3
                """,
                [id, now, limit], WebhookDelivery.init)
        }
    }

    func record(
        _ attempt: WebhookAttempt, of delivery: String, wish: TimeInterval?, luck: Double, at now: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            guard let stored = try db.delivery(delivery), stored.state == .waiting else { return }
            let before = try db.webhook(stored.webhook)
            let (after, changed) = before.taking(attempt, of: stored, wish: wish, luck: luck, at: now)
            try db.update(changed)
            try db.update(after)
            if after.isBack(after: before) {
                try db.execute(
                    "UPDATE webhook_delivery SET due = ?2 WHERE webhook = ?1 AND due > ?2", [after.id, now])
            }
            if before.isEnabled, !after.isEnabled { try db.tellEnding(of: after, by: .service, at: now) }
        }
    }

    func deliveries(
        of id: WebhookID, before delivery: String?, limit: Int
    ) async throws(StoreError) -> [WebhookDelivery] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT * FROM webhook_delivery WHERE webhook = ?1
                    AND (?2 IS NULL OR sequence < (SELECT sequence FROM webhook_delivery WHERE id = ?2))
                ORDER BY sequence DESC LIMIT ?3
                """,
                [id, delivery, limit], WebhookDelivery.init)
        }
    }

    func delivery(_ delivery: String, of id: WebhookID) async throws(StoreError) -> WebhookDelivery {
        try database.look { (db) throws(StoreError) in try db.delivery(delivery, of: id) }
    }

    func replay(_ delivery: String, of id: WebhookID, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            var again = try db.delivery(delivery, of: id)
            again.enqueuedAt = now
            try db.enqueue(again.inLine(at: now))
            try db.audit("webhook.replay", id, "Delivery \(delivery) is sent again.", by: actor, at: now)
        }
    }

    func rewind(_ id: WebhookID, to sequence: Int64, by actor: Actor, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            _ = try db.webhook(id)
            try db.execute("UPDATE webhook SET cursor = min(cursor, ?2) WHERE id = ?1", [id, sequence])
            try db.audit("webhook.replay", id, "Events after \(sequence) are sent again.", by: actor, at: now)
        }
    }

    func prune(before instant: Date, keeping most: Int) async throws(StoreError) {
        let isNeeded = try await database.readList { (db) throws(StoreError) in
            let old = try db.first(
                "SELECT 1 AS found FROM webhook_delivery WHERE due IS NULL AND enqueued_at < ?1 LIMIT 1", [instant]
            ) { (row) throws(StoreError) in try row.integer("found") }
            let many = try db.first(
                """
                SELECT 1 AS found FROM webhook_delivery WHERE due IS NULL GROUP BY webhook HAVING count(*) > ?1 LIMIT 1
                """,
                [most]
            ) { (row) throws(StoreError) in try row.integer("found") }
            return (old ?? many) != nil
        }
        guard isNeeded else { return }
        try await database.write { (db) throws(StoreError) in
            try db.execute("DELETE FROM webhook_delivery WHERE due IS NULL AND enqueued_at < ?1", [instant])
            try db.execute(
                """
                DELETE FROM webhook_delivery WHERE sequence IN (
                    SELECT sequence FROM (
                        SELECT sequence, row_number() OVER (PARTITION BY webhook ORDER BY sequence DESC) AS place
                        FROM webhook_delivery WHERE due IS NULL)
                    WHERE place > ?1)
                """,
                [most])
        }
    }
}

extension WebhookDelivery {
    /// As if it had never been tried, but for what was seen last.
    fileprivate func inLine(at now: Date) -> WebhookDelivery {
        var delivery = self
        delivery.state = .waiting
        delivery.attempts = 0
        delivery.due = now
        return delivery
    }
}
