import FoundationEssentials
import Tenancy

/// Reading and changing webhooks inside a transaction.
extension SQLConnection {
    /// - Throws: ``StoreError/notFound(_:)``.
    func webhook(_ id: WebhookID) throws(StoreError) -> Webhook {
        guard let webhook = try first("SELECT * FROM webhook WHERE id = ?1", [id], Webhook.init) else {
            throw .notFound("Webhook \(id)")
        }
        return webhook
    }

    func update(_ webhook: Webhook) throws(StoreError) {
        try execute(
            """
            UPDATE webhook SET ending = ?2, ended_at = ?3, failing_since = ?4, succeeded_at = ?5, failures = ?6
            WHERE id = ?1
            """,
            [
                webhook.id, webhook.ending, webhook.endedAt, webhook.failingSince, webhook.succeededAt,
                webhook.failures,
            ])
    }

    /// Writes the event and the audit line of a webhook that was just disabled.
    func tellEnding(of webhook: Webhook, by actor: Actor, at now: Date) throws(StoreError) {
        let why =
            switch webhook.ending {
            case .gone: "the receiver answered 410"
            case .failing: "nothing got through for three days"
            case .byHand, nil: "by hand"
            }
        try audit(
            "webhook.disable", webhook.id, "Nothing is sent to \(webhook.url.host) until it is enabled: \(why).",
            by: actor, at: now)
        let since = webhook.failingSince.map { JSONValue.string($0.formatted(.iso8601)) }
        try emit(
            "webhook.disabled",
            [
                "webhook": .string(webhook.id.description), "host": .string(webhook.url.host),
                "reason": .string(webhook.ending?.rawValue ?? ""), "failing_since": since ?? .null,
            ].filter { $0.value != .null }, by: actor, at: now)
    }

    func delivery(_ id: String) throws(StoreError) -> WebhookDelivery? {
        try first("SELECT * FROM webhook_delivery WHERE id = ?1", [id], WebhookDelivery.init)
    }

    /// - Throws: ``StoreError/notFound(_:)``, also for a delivery of another webhook.
    func delivery(_ id: String, of webhook: WebhookID) throws(StoreError) -> WebhookDelivery {
        guard let delivery = try delivery(id), delivery.webhook == webhook else {
            throw .notFound("Delivery '\(id.prefix(60))' of webhook \(webhook)")
        }
        return delivery
    }

    /// Puts it in line; one that there was already, anew. Its message stays as it is.
    func enqueue(_ delivery: WebhookDelivery) throws(StoreError) {
        try execute(
            """
            INSERT INTO webhook_delivery (id, webhook, event, type, payload, enqueued_at, state, attempts, due)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', 0, ?7)
            ON CONFLICT (id) DO UPDATE SET enqueued_at = excluded.enqueued_at, state = 'waiting', attempts = 0,
                due = excluded.due
            """,
            [
                delivery.id, delivery.webhook, delivery.event, delivery.type, delivery.payload, delivery.enqueuedAt,
                delivery.due ?? delivery.enqueuedAt,
            ])
    }

    func update(_ delivery: WebhookDelivery) throws(StoreError) {
        try execute(
            """
            UPDATE webhook_delivery SET state = ?2, attempts = ?3, due = ?4, tried_at = ?5, took_ms = ?6, status = ?7,
                error = ?8, excerpt = ?9
            WHERE id = ?1
            """,
            [
                delivery.id, delivery.state, delivery.attempts, delivery.due, delivery.last?.at,
                delivery.last?.milliseconds, delivery.last?.status, delivery.last?.error, delivery.last?.excerpt,
            ])
    }

    func save(_ secret: StoredWebhookSecret, at now: Date) throws(StoreError) {
        try execute(
            "INSERT INTO webhook_secret (webhook, number, sealed, added_at) VALUES (?1, ?2, ?3, ?4)",
            [secret.webhook, secret.number, secret.sealed, now])
    }
}

extension Webhook {
    /// Reads the columns of `webhook`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.value("id", WebhookID.init), url: try row.value("url", WebhookURL.init),
            types: try row.value("types", Self.patterns), addedAt: try row.instant("added_at"),
            cursor: Int64(try row.integer("cursor")), ending: try row.valueIfAny("ending", Ending.init),
            endedAt: try row.instantIfAny("ended_at"), failingSince: try row.instantIfAny("failing_since"),
            succeededAt: try row.instantIfAny("succeeded_at"), failures: try row.integer("failures"))
    }

    private static func patterns(_ text: String) -> [EventPattern]? {
        let words = text.split(separator: " ")
        let patterns = words.compactMap { EventPattern(String($0)) }
        return patterns.count == words.count && !patterns.isEmpty ? patterns : nil
    }
}

extension WebhookDelivery {
    /// Reads the columns of `webhook_delivery`.
    init(_ row: SQLRow) throws(StoreError) {
        self.init(
            id: try row.text("id"), webhook: try row.value("webhook", WebhookID.init),
            event: try row.integerIfAny("event").map { Int64($0) }, type: try row.text("type"),
            payload: try row.text("payload"), enqueuedAt: try row.instant("enqueued_at"),
            state: try row.value("state", State.init), attempts: try row.integer("attempts"),
            due: try row.instantIfAny("due"), last: try WebhookAttempt(row))
    }
}

extension WebhookAttempt {
    /// `nil` before the first attempt.
    fileprivate init?(_ row: SQLRow) throws(StoreError) {
        guard let at = try row.instantIfAny("tried_at") else { return nil }
        self.init(
            at: at, milliseconds: try row.integer("took_ms"), status: try row.integerIfAny("status"),
            error: try row.textIfAny("error"), excerpt: try row.textIfAny("excerpt"))
    }
}
