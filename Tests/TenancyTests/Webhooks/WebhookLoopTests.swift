import Foundation
import Logging
import SQLiteStore
import Synchronization
import Tenancy
import Testing

/// A receiver that answers as it is told, and keeps what it got.
private final class ScriptedReceiver: WebhookSender {
    private let log = Mutex<[(url: String, message: WebhookMessage)]>([])
    private let answer: @Sendable (_ url: String, _ call: Int) async -> WebhookReply

    init(_ answer: @escaping @Sendable (_ url: String, _ call: Int) async -> WebhookReply) { self.answer = answer }

    var messages: [WebhookMessage] { log.withLock { $0.map(\.message) } }

    func objection(to url: WebhookURL) -> String? { nil }

    func send(_ message: WebhookMessage, to url: WebhookURL) async -> WebhookReply {
        let call = log.withLock { log in
            log.append((url.description, message))
            return log.count
        }
        return await answer(url.description, call)
    }
}

extension WebhookReply {
    fileprivate static func status(_ status: Int, retryAfter: TimeInterval? = nil) -> WebhookReply {
        .answered(status: status, retryAfter: retryAfter, excerpt: nil)
    }
}

@Suite("Webhook loop", .timeLimit(.minutes(1)))
struct WebhookLoopTests {
    private let fixture: Fixture
    private let wake = Wake()

    init() throws { fixture = try Fixture() }

    private var store: any WebhookStore { fixture.store.webhooks }

    private func loop(_ receiver: ScriptedReceiver) -> WebhookLoop {
        WebhookLoop(
            store: store, events: fixture.store.events, sender: receiver, clock: fixture.clock.wallClock,
            randomness: fixture.randomness, wake: wake, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func keeper(_ receiver: ScriptedReceiver) -> WebhookKeeper {
        WebhookKeeper(
            store: store, events: fixture.store.events, sender: receiver, clock: fixture.clock.wallClock,
            randomness: .system, wake: wake)
    }

    private func add(
        _ receiver: ScriptedReceiver, _ url: String = "https://example.com/", types: [String] = []
    ) async throws -> String {
        try await keeper(receiver).add(url, types: types, secret: nil, by: .service).0.id.description
    }

    @Test("sends what happens from now on, of the types that are wanted, once")
    func sends() async throws {
        let receiver = ScriptedReceiver { _, _ in .status(200) }
        _ = try await fixture.addTenants(1...1)
        let id = try await add(receiver, types: ["tenant.*"])
        _ = try await add(receiver, "https://other.example/", types: ["consent.*"])
        _ = try await fixture.addTenants(2...4)
        let loop = loop(receiver)
        for _ in 1...2 { try await loop.deliverDue() }
        #expect(receiver.messages.count == 3)
        let delivered = try await keeper(receiver).deliveries(of: id, before: nil, limit: 10)
        #expect(delivered.map(\.event) == [4, 3, 2] && delivered.allSatisfy { $0.state == .delivered })
    }

    @Test("tries again on schedule, under the same id and with the same bytes, until it gets through")
    func retries() async throws {
        let receiver = ScriptedReceiver { _, call in call < 4 ? .failed("It does not answer.") : .status(204) }
        let id = try await add(receiver)
        _ = try await fixture.addTenants(1...1)
        let loop = loop(receiver)
        try await loop.deliverDue()
        var delivery = try await keeper(receiver).deliveries(of: id, before: nil, limit: 1)[0]
        #expect(delivery.attempts == 1 && delivery.last?.error == "It does not answer.")
        for _ in 1...3 {
            let due = try #require(delivery.due)
            fixture.clock.advance(due.timeIntervalSince(fixture.clock.now) - 0.01)
            let count = receiver.messages.count
            try await loop.deliverDue()
            #expect(receiver.messages.count == count, "it is not due yet")
            fixture.clock.advance(0.02)
            try await loop.deliverDue()
            delivery = try await keeper(receiver).deliveries(of: id, before: nil, limit: 1)[0]
        }
        #expect(delivery.state == .delivered && delivery.attempts == 4 && delivery.last?.status == 204)
        #expect(Set(receiver.messages.map(\.id)) == [delivery.id])
        #expect(Set(receiver.messages.map(\.payload)).count == 1)
        #expect(Set(receiver.messages.map(\.timestamp)).count == 4, "a receiver refuses what is signed long ago")
    }

    @Test("leaves a receiver alone for as long as it asks", arguments: [429, 503])
    func retryAfter(status: Int) async throws {
        let receiver = ScriptedReceiver { _, _ in .status(status, retryAfter: 3_000) }
        let id = try await add(receiver)
        _ = try await fixture.addTenants(1...1)
        try await loop(receiver).deliverDue()
        let delivery = try await keeper(receiver).deliveries(of: id, before: nil, limit: 1)[0]
        #expect(delivery.due == fixture.clock.now + 3_000)
    }

    @Test("sends again, under the same id, what was sent and never recorded as such")
    func killed() async throws {
        let gate = Gate()
        let receiver = ScriptedReceiver { _, call in
            // The first message arrives; the process dies before it learns so.
            if call == 1 {
                await gate.pass()
                return .interrupted
            }
            return .status(200)
        }
        let id = try await add(receiver)
        _ = try await fixture.addTenants(1...1)
        let first = Task { [loop = loop(receiver)] in await loop.run() }
        await gate.arrival()
        first.cancel()
        gate.open()
        await first.value
        #expect(try await keeper(receiver).deliveries(of: id, before: nil, limit: 1)[0].state == .waiting)
        try await loop(receiver).deliverDue()
        #expect(receiver.messages.count == 2 && receiver.messages[0].id == receiver.messages[1].id)
        #expect(try await keeper(receiver).deliveries(of: id, before: nil, limit: 1)[0].state == .delivered)
    }

    @Test("lets one slow receiver starve no other, and calls it with a few messages at a time only")
    func lanes() async throws {
        let slow = Gate()
        let fast = Gate()
        let receiver = ScriptedReceiver { url, _ in
            if url.contains("slow") { await slow.pass() } else { fast.count() }
            return .status(200)
        }
        _ = try await add(receiver, "https://slow.example/")
        _ = try await add(receiver, "https://fast.example/")
        let running = Task { [loop = loop(receiver)] in await loop.run() }
        _ = try await fixture.addTenants(1...20)
        await fast.arrival(of: 20)
        await slow.arrival(of: 4)
        #expect(slow.arrivals == 4)
        slow.open()
        await slow.arrival(of: 20)
        running.cancel()
        await running.value
    }

    @Test("disables a receiver that is gone, with an event that the others get and an audit line")
    func gone() async throws {
        let receiver = ScriptedReceiver { url, _ in url.contains("gone") ? .status(410) : .status(200) }
        let id = try await add(receiver, "https://gone.example/secret-path")
        _ = try await add(receiver, "https://other.example/", types: ["webhook.*"])
        _ = try await fixture.addTenants(1...1)
        let loop = loop(receiver)
        for _ in 1...2 { try await loop.deliverDue() }
        let webhook = try await keeper(receiver).webhook(id)
        #expect(webhook.ending == .gone)
        let told = try #require(receiver.messages.first { $0.payload.contains("webhook.disabled") })
        #expect(told.payload.contains(id) && told.payload.contains("gone.example"))
        #expect(!told.payload.contains("secret-path"))
        let audit = try await fixture.store.audit.entries(after: 0, limit: 100)
        #expect(audit.last?.action == "webhook.disable" && audit.last?.actor == "service")
        _ = try await fixture.addTenants(2...2)
        try await loop.deliverDue()
        #expect(receiver.messages.count == 2, "nothing more goes there")
        _ = try await keeper(receiver).set(id, enabled: true, by: .service)
        try await loop.deliverDue()
        #expect(receiver.messages.count > 2, "what has happened meanwhile is sent when it is enabled")
    }

    @Test("signs with the earlier secret too until its day is over")
    func rotation() async throws {
        let receiver = ScriptedReceiver { _, _ in .status(200) }
        let (webhook, first) = try await keeper(receiver).add(
            "https://example.com/", types: [], secret: nil, by: .service)
        let (second, end) = try await keeper(receiver).rotateSecret(of: webhook.id.description, by: .service)
        #expect(end == fixture.clock.now + 86_400)
        func secrets() async throws -> [WebhookSecret] {
            _ = try await keeper(receiver).test(webhook.id.description, by: .service)
            try await loop(receiver).deliverDue()
            return try #require(receiver.messages.last).secrets
        }
        #expect(try await secrets() == [second, first])
        fixture.clock.advance(86_400 - 0.01)
        #expect(try await secrets() == [second, first])
        fixture.clock.advance(0.01)
        #expect(try await secrets() == [second])
    }

    @Test("replays events under the ids they had")
    func replay() async throws {
        let receiver = ScriptedReceiver { _, _ in .status(200) }
        let id = try await add(receiver)
        _ = try await fixture.addTenants(1...3)
        let loop = loop(receiver)
        try await loop.deliverDue()
        let ids = receiver.messages.map(\.id)
        _ = try await keeper(receiver).replay(since: 1, of: id, by: .service)
        try await loop.deliverDue()
        #expect(Set(receiver.messages.dropFirst(3).map(\.id)) == Set(ids.dropFirst()))
        _ = try await keeper(receiver).replay(ids[0], of: id, by: .service)
        try await loop.deliverDue()
        #expect(receiver.messages.count == 6 && receiver.messages.last?.id == ids[0])
        await #expect(throws: WebhookError.self) {
            try await keeper(receiver).replay("msg_unknown", of: id, by: .service)
        }
    }
}
