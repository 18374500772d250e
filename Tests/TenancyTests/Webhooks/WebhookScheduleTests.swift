import Foundation
import Tenancy
import Testing

@Suite("Webhook schedule")
struct WebhookScheduleTests {
    private let now = ManualClock.start

    private func webhook(succeededAt: Date? = nil, failures: Int = 0) throws -> Webhook {
        Webhook(
            id: try #require(WebhookID("0123456789ab")), url: try #require(WebhookURL("https://example.com/")),
            types: [.all], addedAt: now, cursor: 0, succeededAt: succeededAt, failures: failures)
    }

    private func delivery(attempts: Int = 0) throws -> WebhookDelivery {
        WebhookDelivery(
            id: "msg_x", webhook: try webhook().id, event: 1, type: "a.b", payload: "{}", enqueuedAt: now,
            attempts: attempts, due: now)
    }

    private func failure(_ status: Int? = 500) -> WebhookAttempt {
        WebhookAttempt(at: now, milliseconds: 5, status: status, error: "It failed.")
    }

    @Test("takes about three days in all, each pause uniform from nothing to twice its step")
    func steps() {
        let total = WebhookSchedule.pauses.reduce(0, +)
        #expect((3 * 86_400...3.5 * 86_400).contains(total))
        for (attempts, step) in WebhookSchedule.pauses.enumerated() {
            #expect(WebhookSchedule.pause(after: attempts + 1, luck: 0, wish: nil) == 0)
            #expect(WebhookSchedule.pause(after: attempts + 1, luck: 0.5, wish: nil) == step)
        }
        #expect(WebhookSchedule.pause(after: WebhookSchedule.pauses.count + 1, luck: 0.5, wish: nil) == nil)
    }

    @Test("keeps to what the receiver wishes, up to a day")
    func wishes() {
        #expect(WebhookSchedule.pause(after: 1, luck: 0.5, wish: 600) == 600)
        #expect(WebhookSchedule.pause(after: 1, luck: 0.5, wish: 1) == 5)
        #expect(WebhookSchedule.pause(after: 1, luck: 0.5, wish: 1e9) == 86_400)
    }

    @Test("A success ends the delivery and every doubt")
    func success() throws {
        let attempt = WebhookAttempt(at: now, milliseconds: 5, status: 204, error: nil)
        let (webhook, delivery) = try webhook(failures: 7).taking(
            attempt, of: try delivery(attempts: 3), wish: nil, luck: 0.5, at: now)
        #expect(delivery.state == .delivered && delivery.due == nil && delivery.attempts == 4)
        #expect(webhook.failures == 0 && webhook.succeededAt == now && webhook.failingSince == nil)
        #expect(webhook.isBack(after: try self.webhook(failures: 7)))
        #expect(!webhook.isBack(after: try self.webhook(failures: 4)), "a single bad message is no outage")
    }

    @Test("410 ends the webhook at once")
    func gone() throws {
        let (webhook, delivery) = try webhook().taking(failure(410), of: try delivery(), wish: nil, luck: 0.5, at: now)
        #expect(webhook.ending == .gone && delivery.state == .failed && delivery.due == nil)
    }

    @Test("Three days in which nothing got through end it; one bad message among good ones does not")
    func givenUp() throws {
        let late = now + WebhookSchedule.patience
        let (ended, _) = try webhook().taking(failure(), of: try delivery(attempts: 6), wish: nil, luck: 0.5, at: late)
        #expect(ended.ending == .failing && ended.endedAt == late)
        let (early, _) = try webhook().taking(
            failure(), of: try delivery(attempts: 6), wish: nil, luck: 0.5, at: late - 1)
        #expect(early.isEnabled && early.failingSince == late - 1)
        let (alive, delivery) = try webhook(succeededAt: now + 60).taking(
            failure(), of: try delivery(attempts: WebhookSchedule.pauses.count), wish: nil, luck: 0.5, at: late)
        #expect(alive.isEnabled && delivery.state == .failed && delivery.due == nil)
        let (exhausted, _) = try webhook().taking(
            failure(nil), of: try self.delivery(attempts: WebhookSchedule.pauses.count), wish: nil, luck: 0, at: now)
        #expect(exhausted.ending == .failing)
    }
}

@Suite("Webhook values")
struct WebhookValueTests {
    @Test(
        "A secret is whsec_ and the Base64 of 24 to 64 bytes",
        arguments: [(23, false), (24, true), (64, true), (65, false)])
    func secrets(count: Int, isGood: Bool) {
        let text = "whsec_" + Data([UInt8](repeating: 7, count: count)).base64EncodedString()
        #expect((WebhookSecret(parsing: Secret(text))?.text.exposed == text) == isGood)
        #expect((WebhookSecret(parsing: Secret(String(text.dropFirst(6)))) != nil) == isGood)
    }

    @Test("A secret is never printed")
    func hidden() {
        let secret = WebhookSecret(.seeded(1))
        #expect(!"\(secret)".contains(secret.text.exposed.dropFirst(6)) && "\(secret)".contains("<secret>"))
    }

    @Test("The message of an event is the same bytes and the same id each time, and never another event's")
    func message() throws {
        let id = try #require(WebhookID("0123456789ab"))
        func event(_ sequence: Int64, at: Date = ManualClock.start) -> Event {
            Event(
                sequence: sequence, at: at, type: "tenant.added", tenant: nil, app: nil, actor: "service",
                data: .object(["name": .string("A/B"), "sequence": .string("not this one")]))
        }
        let first = try WebhookDelivery(of: event(7), to: id, at: .now)
        let again = try WebhookDelivery(of: event(7), to: id, at: .distantFuture)
        #expect(first.id == again.id && first.payload == again.payload)
        #expect(
            first.payload == #"{"data":{"actor":"service","name":"A/B","sequence":7},"#
                + #""timestamp":"2027-01-15T08:00:00Z","type":"tenant.added"}"#)
        #expect(try WebhookDelivery(of: event(8), to: id, at: .now).id != first.id)
        #expect(
            try WebhookDelivery(of: event(7, at: ManualClock.start + 1), to: id, at: .now).id != first.id,
            "a restored database counts on from where the backup was")
    }
}
