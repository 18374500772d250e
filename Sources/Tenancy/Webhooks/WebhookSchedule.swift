package import FoundationEssentials

/// How long a message is tried, as data: about three days in all.
///
/// Source: the specification's "Deliverability and reliability", which names these steps.
package enum WebhookSchedule {
    /// Seconds before each further attempt.
    package static let pauses: [TimeInterval] = [
        5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
    ]
    /// After which a receiver that nothing got through to is given up.
    package static let patience: TimeInterval = 3 * 86_400
    /// The most that a `Retry-After` may ask for.
    static let longestWish: TimeInterval = 86_400
    /// So many failures in a row make a receiver one that was down; when it is back, what waits is sent at once.
    static let outage = 5

    /// The pause after so many failed attempts; `nil` when the schedule is at its end.
    ///
    /// With full jitter: anything from nothing to twice the step, so that receivers that failed together are not called
    /// together, and the steps are kept on average.
    ///
    /// - Parameter luck: uniform in 0..<1.
    package static func pause(after attempts: Int, luck: Double, wish: TimeInterval?) -> TimeInterval? {
        guard pauses.indices.contains(attempts - 1) else { return nil }
        let step = pauses[attempts - 1] * 2 * luck
        return max(step, min(wish ?? 0, longestWish))
    }
}

extension Webhook {
    /// What an attempt makes of the webhook and of the delivery. Pure; the store calls it inside its transaction.
    ///
    /// - Parameters:
    ///   - wish: the receiver's `Retry-After`, in seconds.
    ///   - luck: uniform in 0..<1.
    package func taking(
        _ attempt: WebhookAttempt, of delivery: WebhookDelivery, wish: TimeInterval?, luck: Double, at now: Date
    ) -> (webhook: Webhook, delivery: WebhookDelivery) {
        var (webhook, delivery) = (self, delivery)
        delivery.attempts += 1
        delivery.last = attempt
        guard attempt.error != nil else {
            delivery.state = .delivered
            delivery.due = nil
            webhook.succeededAt = now
            webhook.failingSince = nil
            webhook.failures = 0
            return (webhook, delivery)
        }
        webhook.failures += 1
        webhook.failingSince = webhook.failingSince ?? now
        let pause = WebhookSchedule.pause(after: delivery.attempts, luck: luck, wish: wish)
        delivery.due = pause.map { now + $0 }
        if pause == nil { delivery.state = .failed }
        if attempt.isGone {
            webhook.end(.gone, at: now)
            delivery.state = .failed
            delivery.due = nil
        } else if webhook.isGivenUp(over: delivery, at: now) {
            webhook.end(.failing, at: now)
        }
        return (webhook, delivery)
    }

    /// Whether what waits should be sent at once: the receiver was down, and this got through.
    package func isBack(after before: Webhook) -> Bool {
        failures == 0 && before.failures >= WebhookSchedule.outage
    }

    /// Whether one message was tried for three days, or to the end of the schedule, while nothing else got through
    /// either. A message that the receiver chokes on ends nothing.
    private func isGivenUp(over delivery: WebhookDelivery, at now: Date) -> Bool {
        guard isEnabled, succeededAt.map({ $0 < delivery.enqueuedAt }) ?? true else { return false }
        return delivery.state == .failed || now >= delivery.enqueuedAt + WebhookSchedule.patience
    }

    package mutating func end(_ reason: Ending, at now: Date) {
        guard isEnabled else { return }
        ending = reason
        endedAt = now
    }

    /// Enabled, with a clean slate.
    package mutating func begin() {
        ending = nil
        endedAt = nil
        failingSince = nil
        failures = 0
    }
}
