package import FoundationEssentials

/// Adds, changes and ends webhooks, and says what became of their deliveries.
package struct WebhookKeeper: Sendable {
    private let store: any WebhookStore
    private let events: any EventLog
    private let sender: any WebhookSender
    private let clock: WallClock
    private let randomness: Randomness
    /// Ends a wait of the loop.
    private let wake: Wake
    /// How long the secret that was is good beside the new one.
    package static let overlap: TimeInterval = 86_400
    /// So many webhooks there may be.
    package static let most = 32

    package init(
        store: any WebhookStore, events: any EventLog, sender: any WebhookSender, clock: WallClock,
        randomness: Randomness, wake: Wake
    ) {
        self.store = store
        self.events = events
        self.sender = sender
        self.clock = clock
        self.randomness = randomness
        self.wake = wake
    }

    /// Adds one, for events from now on.
    ///
    /// - Parameter brought: a secret that the receiver has already; one is made without it.
    /// - Returns: the webhook and its secret, which is shown here and never again.
    package func add(
        _ text: String, types: [String], secret brought: Secret<String>?, by actor: Actor
    ) async throws(WebhookError) -> (Webhook, WebhookSecret) {
        guard let url = WebhookURL(text) else { throw .invalidURL }
        if let objection = sender.objection(to: url) { throw .refusedURL(objection) }
        var patterns: [EventPattern] = []
        for type in types {
            guard let pattern = EventPattern(type) else { throw .invalidType(type) }
            if !patterns.contains(pattern) { patterns.append(pattern) }
        }
        guard patterns.count <= 50 else { throw .tooManyTypes }
        let secret = brought.map { WebhookSecret(parsing: $0) } ?? WebhookSecret(randomness)
        guard let secret else { throw .invalidSecret }
        let webhook = Webhook(
            id: WebhookID(randomness), url: url, types: patterns.isEmpty ? [.all] : patterns, addedAt: clock.now(),
            cursor: events.signal.newest)
        guard try await webhooks().count < Self.most else { throw .tooMany }
        try await storing { () throws(StoreError) in try await store.add(webhook, secret: secret, by: actor) }
        return (webhook, secret)
    }

    package func webhooks() async throws(WebhookError) -> [Webhook] {
        try await storing { () throws(StoreError) in try await store.webhooks() }
    }

    package func webhook(_ text: String) async throws(WebhookError) -> Webhook {
        let id = try id(text)
        return try await storing { () throws(StoreError) in try await store.webhook(id) }
    }

    package func remove(_ text: String, by actor: Actor) async throws(WebhookError) {
        let id = try id(text)
        try await storing { () throws(StoreError) in try await store.remove(id, by: actor, at: clock.now()) }
    }

    /// Takes sending up again, or ends it. What happens while it is ended is sent when it is taken up.
    package func set(_ text: String, enabled: Bool, by actor: Actor) async throws(WebhookError) -> Webhook {
        let id = try id(text)
        try await storing { () throws(StoreError) in
            try await store.set(id, ending: enabled ? nil : .byHand, by: actor, at: clock.now())
        }
        wake.signal()
        return try await webhook(text)
    }

    /// Makes a new secret. Messages are signed with the earlier one too until the instant returned.
    package func rotateSecret(of text: String, by actor: Actor) async throws(WebhookError) -> (WebhookSecret, Date) {
        let id = try id(text)
        let (secret, now) = (WebhookSecret(randomness), clock.now())
        let end = now + Self.overlap
        try await storing { () throws(StoreError) in
            try await store.rotate(id, to: secret, endingOthers: end, by: actor, at: now)
        }
        return (secret, end)
    }

    /// Sends a message of the type `webhook.test`.
    package func test(_ text: String, by actor: Actor) async throws(WebhookError) -> WebhookDelivery {
        let webhook = try await enabled(text)
        let now = clock.now()
        let delivery = try await storing { () throws(StoreError) in
            let delivery = try WebhookDelivery(testOf: webhook.id, randomness: randomness, at: now)
            try await store.enqueue(delivery, by: actor, at: now)
            return delivery
        }
        wake.signal()
        return delivery
    }

    /// Sends a delivery again, under its id.
    package func replay(
        _ delivery: String, of text: String, by actor: Actor
    ) async throws(WebhookError) -> WebhookDelivery {
        let webhook = try await enabled(text)
        let again = try await storing { () throws(StoreError) in
            try await store.replay(delivery, of: webhook.id, by: actor, at: clock.now())
            return try await store.delivery(delivery, of: webhook.id)
        }
        wake.signal()
        return again
    }

    /// Sends everything again that has happened after that event, each under its id.
    package func replay(since sequence: Int64, of text: String, by actor: Actor) async throws(WebhookError) -> Webhook {
        let id = try await enabled(text).id
        try await storing { () throws(StoreError) in
            try await store.rewind(id, to: sequence, by: actor, at: clock.now())
        }
        wake.signal()
        return try await webhook(text)
    }

    package func deliveries(
        of text: String, before delivery: String?, limit: Int
    ) async throws(WebhookError) -> [WebhookDelivery] {
        let id = try await webhook(text).id
        return try await storing { () throws(StoreError) in
            try await store.deliveries(of: id, before: delivery, limit: limit)
        }
    }

    package func delivery(_ delivery: String, of text: String) async throws(WebhookError) -> WebhookDelivery {
        let id = try id(text)
        return try await storing { () throws(StoreError) in try await store.delivery(delivery, of: id) }
    }

    private func enabled(_ text: String) async throws(WebhookError) -> Webhook {
        let webhook = try await webhook(text)
        guard webhook.isEnabled else { throw .disabled(webhook.id) }
        return webhook
    }

    private func id(_ text: String) throws(WebhookError) -> WebhookID {
        guard let id = WebhookID(text) else { throw .store(.notFound("Webhook '\(text.prefix(20))'")) }
        return id
    }

    private func storing<Value>(_ body: () async throws(StoreError) -> Value) async throws(WebhookError) -> Value {
        do throws(StoreError) { return try await body() } catch { throw .store(error) }
    }
}
