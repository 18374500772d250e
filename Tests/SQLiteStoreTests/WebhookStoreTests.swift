import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Webhook store") struct WebhookStoreTests {
    private func add(_ id: String, _ fixture: Fixture) async throws -> Webhook {
        let webhook = Webhook(
            id: try #require(WebhookID(id)), url: try #require(WebhookURL("https://example.com/\(id)?k=v")),
            types: [try #require(EventPattern("consent.*")), .all], addedAt: Fixture.start, cursor: 3)
        try await fixture.store.webhooks.add(webhook, secret: WebhookSecret(.system), by: .service)
        return webhook
    }

    private func delivery(_ number: Int, of webhook: Webhook) -> WebhookDelivery {
        WebhookDelivery(
            id: "msg_\(number)", webhook: webhook.id, event: Int64(number), type: "a.b", payload: "{}",
            enqueuedAt: Fixture.start + Double(number), due: Fixture.start + Double(number))
    }

    private let success = WebhookAttempt(at: Fixture.start, milliseconds: 12, status: 200, error: nil)

    @Test("A webhook comes back as it was stored, and is gone with everything of it")
    func roundTrip() async throws {
        let fixture = try Fixture()
        let webhook = try await add("0123456789ab", fixture)
        let store = fixture.store.webhooks
        #expect(try await store.webhook(webhook.id) == webhook)
        #expect(try await store.webhooks() == [webhook])
        #expect(try await store.enqueue([delivery(4, of: webhook)], of: webhook.id, from: 3, to: 4))
        try await store.remove(webhook.id, by: .service, at: Fixture.start)
        for table in ["webhook", "webhook_secret", "webhook_delivery"] {
            #expect(try await fixture.integer("SELECT count(*) AS value FROM \(table)") == 0)
        }
        await #expect(throws: StoreError.notFound("Webhook \(webhook.id)")) { try await store.webhook(webhook.id) }
        await #expect(throws: StoreError.self) { try await store.remove(webhook.id, by: .service, at: .now) }
    }

    @Test("The cursor moves from where it was thought to be, and with its deliveries, or not at all")
    func cursor() async throws {
        let fixture = try Fixture()
        let webhook = try await add("0123456789ab", fixture)
        let store = fixture.store.webhooks
        #expect(try await !store.enqueue([delivery(9, of: webhook)], of: webhook.id, from: 2, to: 9))
        #expect(try await store.deliveries(of: webhook.id, before: nil, limit: 9).isEmpty)
        #expect(try await store.enqueue([delivery(4, of: webhook)], of: webhook.id, from: 3, to: 5))
        #expect(try await store.webhook(webhook.id).cursor == 5)
        try await store.rewind(webhook.id, to: 9, by: .service, at: .now)
        #expect(try await store.webhook(webhook.id).cursor == 5)
        try await store.rewind(webhook.id, to: 1, by: .service, at: .now)
        #expect(try await store.webhook(webhook.id).cursor == 1)
        try await store.set(webhook.id, ending: .byHand, by: .service, at: .now)
        #expect(try await !store.enqueue([], of: webhook.id, from: 1, to: 2))
        #expect(try await store.lanes().isEmpty)
    }

    @Test("What is due comes in its order, half-open, and not twice once it has ended")
    func due() async throws {
        let fixture = try Fixture()
        let webhook = try await add("0123456789ab", fixture)
        let store = fixture.store.webhooks
        _ = try await store.enqueue((4...6).map { delivery($0, of: webhook) }, of: webhook.id, from: 3, to: 6)
        func ids(at seconds: Double) async throws -> [String] {
            try await store.dueDeliveries(of: webhook.id, at: Fixture.start + seconds, limit: 10).map(\.id)
        }
        #expect(try await ids(at: 3.9) == [])
        #expect(try await ids(at: 5) == ["msg_4", "msg_5"])
        try await store.record(success, of: "msg_4", wish: nil, luck: 0, at: Fixture.start + 5)
        let failure = WebhookAttempt(at: Fixture.start, milliseconds: 1, status: 500, error: "No.", excerpt: "oh")
        try await store.record(failure, of: "msg_5", wish: nil, luck: 0.5, at: Fixture.start + 5)
        #expect(try await ids(at: 9.9) == ["msg_6"])
        #expect(try await ids(at: 10) == ["msg_6", "msg_5"])
        let lane = try await store.lanes()[0]
        #expect(lane.waiting == 2 && lane.due == Fixture.start + 6 && lane.webhook.failures == 1)
        let kept = try await store.delivery("msg_5", of: webhook.id)
        #expect(kept.last == failure && kept.attempts == 1)
        try await store.record(failure, of: "msg_4", wish: nil, luck: 0, at: .now)
        #expect(try await store.delivery("msg_4", of: webhook.id).state == .delivered, "an end is an end")
    }

    @Test("A receiver that is back after an outage gets what waits at once")
    func back() async throws {
        let fixture = try Fixture()
        let webhook = try await add("0123456789ab", fixture)
        let store = fixture.store.webhooks
        _ = try await store.enqueue((4...9).map { delivery($0, of: webhook) }, of: webhook.id, from: 3, to: 9)
        let failure = WebhookAttempt(at: Fixture.start, milliseconds: 1, status: nil, error: "No.")
        for number in 4...8 {
            try await store.record(failure, of: "msg_\(number)", wish: 5_000, luck: 0, at: Fixture.start + 10)
        }
        #expect(try await store.dueDeliveries(of: webhook.id, at: Fixture.start + 20, limit: 10).map(\.id) == ["msg_9"])
        try await store.record(success, of: "msg_9", wish: nil, luck: 0, at: Fixture.start + 20)
        #expect(try await store.dueDeliveries(of: webhook.id, at: Fixture.start + 20, limit: 10).count == 5)
    }

    @Test("A delivery belongs to its webhook")
    func foreign() async throws {
        let fixture = try Fixture()
        let (mine, other) = (try await add("0123456789ab", fixture), try await add("0123456789ac", fixture))
        let store = fixture.store.webhooks
        _ = try await store.enqueue([delivery(4, of: mine)], of: mine.id, from: 3, to: 4)
        await #expect(throws: StoreError.self) { try await store.delivery("msg_4", of: other.id) }
        await #expect(throws: StoreError.self) {
            try await store.replay("msg_4", of: other.id, by: .service, at: .now)
        }
    }

    @Test("Deliveries that have ended are kept so long and so many; those that wait, always")
    func prunes() async throws {
        let fixture = try Fixture()
        let webhook = try await add("0123456789ab", fixture)
        let store = fixture.store.webhooks
        _ = try await store.enqueue((4...9).map { delivery($0, of: webhook) }, of: webhook.id, from: 3, to: 9)
        for number in 5...9 { try await store.record(success, of: "msg_\(number)", wish: nil, luck: 0, at: .now) }
        try await store.prune(before: Fixture.start + 6, keeping: 3)
        let left = try await store.deliveries(of: webhook.id, before: nil, limit: 10).map(\.id)
        #expect(left == ["msg_9", "msg_8", "msg_7", "msg_4"])
        #expect(
            try await store.deliveries(of: webhook.id, before: "msg_8", limit: 10).map(\.id) == ["msg_7", "msg_4"])
    }

    @Test("A secret is sealed, for its own row, and of many the newest five are kept")
    func secrets() async throws {
        let fixture = try Fixture()
        let (mine, other) = (try await add("0123456789ab", fixture), try await add("0123456789ac", fixture))
        let store = fixture.store.webhooks
        var made: [WebhookSecret] = try await store.secrets(of: mine.id, at: Fixture.start)
        for _ in 1...7 {
            made.insert(WebhookSecret(.system), at: 0)
            try await store.rotate(
                mine.id, to: made[0], endingOthers: Fixture.start + 86_400, by: .service, at: Fixture.start)
        }
        #expect(try await store.secrets(of: mine.id, at: Fixture.start) == Array(made.prefix(5)))
        #expect(try await store.secrets(of: mine.id, at: Fixture.start + 86_400) == [made[0]])
        let bytes = try Data(contentsOf: URL(filePath: fixture.path + "/tenantry.db-wal"))
        #expect(bytes.range(of: Data(made[0].bytes.exposed)) == nil)
        try await fixture.sql(
            "UPDATE webhook_secret SET sealed = (SELECT sealed FROM webhook_secret WHERE webhook = ?1 AND number = 8) "
                + "WHERE webhook = ?2", [mine.id, other.id])
        await #expect(throws: StoreError.sealBroken("Secret 1 of webhook \(other.id)")) {
            try await store.secrets(of: other.id, at: Fixture.start)
        }
    }
}
