package import FoundationEssentials

/// A webhook as the loop sees it.
package struct WebhookLane: Sendable, Equatable {
    package let webhook: Webhook
    /// Deliveries that are neither delivered nor failed.
    package let waiting: Int
    /// When the next of them is due.
    package let due: Date?

    package init(webhook: Webhook, waiting: Int, due: Date?) {
        self.webhook = webhook
        self.waiting = waiting
        self.due = due
    }
}

/// Remembers webhooks and their deliveries; secrets sealed at rest. Every method is one transaction and durable when it
/// returns. Those that name a webhook or delivery throw ``StoreError/notFound(_:)`` when it is not there.
package protocol WebhookStore: Sendable {
    func add(_ webhook: Webhook, secret: WebhookSecret, by actor: Actor) async throws(StoreError)

    /// In the order they were added.
    func webhooks() async throws(StoreError) -> [Webhook]

    func webhook(_ id: WebhookID) async throws(StoreError) -> Webhook

    /// Forgets it, its secrets and its deliveries.
    func remove(_ id: WebhookID, by actor: Actor, at now: Date) async throws(StoreError)

    /// Ends sending, or takes it up again: what waits is then due at once, with its whole schedule before it. Changes
    /// nothing where nothing is to be changed.
    func set(_ id: WebhookID, ending: Webhook.Ending?, by actor: Actor, at now: Date) async throws(StoreError)

    /// Adds a secret; those there are end at that instant at the latest, and of many the newest five are kept.
    func rotate(
        _ id: WebhookID, to secret: WebhookSecret, endingOthers end: Date, by actor: Actor, at now: Date
    ) async throws(StoreError)

    /// The secrets that are good at that instant, the newest first.
    func secrets(of id: WebhookID, at now: Date) async throws(StoreError) -> [WebhookSecret]

    /// The enabled webhooks, with what waits for them.
    func lanes() async throws(StoreError) -> [WebhookLane]

    /// Puts deliveries in line and moves the cursor, both or neither. One that there was is put in line anew.
    ///
    /// - Returns: `false`, with nothing changed, when the cursor is not where it was or the webhook is not enabled.
    func enqueue(
        _ deliveries: [WebhookDelivery], of id: WebhookID, from: Int64, to: Int64
    ) async throws(StoreError) -> Bool

    /// Puts one delivery in line that no event stands behind.
    func enqueue(_ delivery: WebhookDelivery, by actor: Actor, at now: Date) async throws(StoreError)

    /// Deliveries of an enabled webhook that are due at that instant, the longest waiting first.
    func dueDeliveries(of id: WebhookID, at now: Date, limit: Int) async throws(StoreError) -> [WebhookDelivery]

    /// Applies ``Webhook/taking(_:of:wish:luck:at:)``; with an event and an audit line when that ends the webhook. A
    /// delivery that is gone, or waits no longer, is left as it is.
    func record(
        _ attempt: WebhookAttempt, of delivery: String, wish: TimeInterval?, luck: Double, at now: Date
    ) async throws(StoreError)

    /// Newest first, before the given one when there is one.
    func deliveries(
        of id: WebhookID, before delivery: String?, limit: Int
    ) async throws(StoreError) -> [WebhookDelivery]

    func delivery(_ delivery: String, of id: WebhookID) async throws(StoreError) -> WebhookDelivery

    /// Puts a delivery in line again, whatever became of it.
    func replay(_ delivery: String, of id: WebhookID, by actor: Actor, at now: Date) async throws(StoreError)

    /// Moves the cursor back, so that every event after that one becomes a delivery again. Never forward.
    func rewind(_ id: WebhookID, to sequence: Int64, by actor: Actor, at now: Date) async throws(StoreError)

    /// Forgets deliveries that have ended: those before that instant, and all but the newest so many of each webhook.
    func prune(before instant: Date, keeping most: Int) async throws(StoreError)
}
