import FoundationEssentials
package import Logging
import Synchronization

/// Makes deliveries of events and brings them over. What is under way stands in the store before it is sent, so that
/// whatever is interrupted is sent again, under the same id.
///
/// Every webhook has a lane of its own, with a few messages on the way at once: a slow receiver waits for itself alone.
package final class WebhookLoop: Sendable {
    private let store: any WebhookStore
    private let events: any EventLog
    private let sender: any WebhookSender
    private let clock: WallClock
    private let randomness: Randomness
    private let wake: Wake
    private let logger: Logger
    /// Lanes that are not to be begun before that instant; those that run, in the distant future.
    private let resting = Mutex<[WebhookID: Date]>([:])
    /// How far the events were looked through beyond a cursor that stayed, for none of them was wanted.
    private let passed = Mutex<[WebhookID: Passed]>([:])

    private struct Passed {
        let cursor: Int64
        let sequence: Int64
    }

    /// Messages on the way to one receiver at a time.
    private static let concurrency = 4
    /// Deliveries in line for one receiver; events beyond it wait in the log.
    static let longestLine = 1_000
    private static let portion = 500
    /// What of the deliveries is kept once they have ended.
    private static let (kept, keptFor): (Int, TimeInterval) = (1_000, 30 * 86_400)

    package init(
        store: any WebhookStore, events: any EventLog, sender: any WebhookSender, clock: WallClock,
        randomness: Randomness, wake: Wake, logger: Logger
    ) {
        self.store = store
        self.events = events
        self.sender = sender
        self.clock = clock
        self.randomness = randomness
        self.wake = wake
        self.logger = logger
    }

    /// Runs until the task is cancelled.
    package func run() async {
        let attachment = events.signal.attach(wake)
        defer { withExtendedLifetime(attachment) {} }
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let now = clock.now()
                do {
                    let (ready, next) = try await survey(at: now)
                    for id in ready {
                        group.addTask { await self.runLane(id) }
                    }
                    await wake.wait(until: min(max(next, now + 0.05), now + 60), now: now)
                } catch {
                    logger.error("webhooks paused", metadata: ["reason": "\(error)"])
                    await wake.wait(until: now + 5, now: now)
                }
            }
            group.cancelAll()
        }
    }

    /// Makes deliveries of the events there are, and tries once what is due; for tests and for the end of a command.
    package func deliverDue() async throws(StoreError) {
        for lane in try await store.lanes() { try await work(lane.webhook.id) }
    }

    /// The lanes to begin now, which count as begun, and when to look again.
    private func survey(at now: Date) async throws(StoreError) -> ([WebhookID], Date) {
        var (ready, next): ([WebhookID], Date) = ([], .distantFuture)
        for lane in try await store.lanes() {
            let id = lane.webhook.id
            let rest = resting.withLock { $0[id] } ?? .distantPast
            let isDue = lane.due.map { $0 <= now } ?? false
            let hasNews = events.signal.newest > place(of: lane.webhook) && lane.waiting < Self.longestLine
            guard isDue || hasNews else {
                next = min(next, lane.due ?? .distantFuture)
                continue
            }
            if now < rest {
                // One that runs wakes this loop when it ends.
                next = min(next, rest)
                continue
            }
            resting.withLock { $0[id] = .distantFuture }
            ready.append(id)
        }
        return (ready, next)
    }

    private func runLane(_ id: WebhookID) async {
        var rest: Date?
        do throws(StoreError) {
            try await work(id)
        } catch {
            if case .notFound = error {
            } else {
                logger.error("webhook paused", metadata: ["webhook": "\(id)", "reason": "\(error)"])
                rest = clock.now() + 5
            }
        }
        let until = rest
        resting.withLock { $0[id] = until }
        wake.signal()
    }

    /// Works on one webhook until nothing is due.
    private func work(_ id: WebhookID) async throws(StoreError) {
        while !Task.isCancelled {
            let hasMade = try await makeDeliveries(id)
            let due = try await store.dueDeliveries(of: id, at: clock.now(), limit: 100)
            if due.isEmpty, !hasMade { break }
            let failure = Mutex<StoreError?>(nil)
            let count = Counter()
            await due.forEachConcurrently(limit: Self.concurrency) { delivery in
                do throws(StoreError) {
                    if try await self.attempt(delivery) { count.add(1) }
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
            if let failure = failure.withLock({ $0 }) { throw failure }
            // Nothing was found out, so asking again at once would find out no more.
            if !due.isEmpty, count.value == 0 { break }
        }
        try await store.prune(before: clock.now() - Self.keptFor, keeping: Self.kept)
    }

    /// - Returns: whether there may be more events to look at.
    private func makeDeliveries(_ id: WebhookID) async throws(StoreError) -> Bool {
        guard let lane = try await store.lanes().first(where: { $0.webhook.id == id }) else { return false }
        let (webhook, now, start) = (lane.webhook, clock.now(), place(of: lane.webhook))
        guard lane.waiting < Self.longestLine, start < events.signal.newest else { return false }
        let found = try await events.events(after: start, matching: EventFilter(), limit: Self.portion)
        guard let last = found.last?.sequence else { return false }
        var deliveries: [WebhookDelivery] = []
        for event in found where webhook.wants(event.type) {
            deliveries.append(try WebhookDelivery(of: event, to: id, at: now))
        }
        if deliveries.isEmpty, last - webhook.cursor < 10_000 {
            // Not worth a flush of the disk: after a restart they are looked through again.
            passed.withLock { $0[id] = Passed(cursor: webhook.cursor, sequence: last) }
            return true
        }
        return try await store.enqueue(deliveries, of: id, from: webhook.cursor, to: last)
    }

    private func place(of webhook: Webhook) -> Int64 {
        let passed = passed.withLock { $0[webhook.id] }
        guard let passed, passed.cursor == webhook.cursor else { return webhook.cursor }
        return passed.sequence
    }

    /// - Returns: whether an outcome was recorded.
    private func attempt(_ delivery: WebhookDelivery) async throws(StoreError) -> Bool {
        let (began, start) = (clock.now(), ContinuousClock.now)
        let webhook = try await store.webhook(delivery.webhook)
        guard webhook.isEnabled, !Task.isCancelled else { return false }
        let message = WebhookMessage(
            id: delivery.id, timestamp: began, payload: delivery.payload,
            secrets: try await store.secrets(of: webhook.id, at: began))
        let reply = await sender.send(message, to: webhook.url)
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        guard let (attempt, wish) = reply.judged(at: began, milliseconds: milliseconds) else { return false }
        try await store.record(
            attempt, of: delivery.id, wish: wish, luck: randomness.fraction(), at: clock.now())
        logger.debug(
            "webhook tried",
            metadata: [
                "webhook": "\(webhook.id)", "delivery": "\(delivery.id)",
                "outcome": "\(attempt.error ?? "received")",
            ])
        return true
    }
}
