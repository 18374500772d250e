import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Event log", .timeLimit(.minutes(1))) struct EventLogTests {
    @Test("Events come in their order, in pages that join up, of one tenant, of one type, of all of a noun")
    func filters() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        _ = try await fixture.addTenants(2...3)
        let events = fixture.store.events
        func types(_ filter: EventFilter, after: Int64 = 0, limit: Int = 100) async throws -> [String] {
            try await events.events(after: after, matching: filter, limit: limit).map(\.type)
        }
        let all = ["tenant.added", "consent.granted", "tenant.added", "tenant.added"]
        #expect(try await types(EventFilter()) == all)
        let first = try await events.events(after: 0, matching: EventFilter(), limit: 2)
        #expect(try await types(EventFilter(), after: try #require(first.last).sequence) == Array(all.dropFirst(2)))
        #expect(try await types(EventFilter(tenant: tenant.id)) == Array(all.prefix(2)))
        #expect(try await types(EventFilter(type: EventPattern("tenant.*"))).count == 3)
        #expect(try await types(EventFilter(type: EventPattern("tenant"))).isEmpty)
        #expect(
            try await types(EventFilter(tenant: tenant.id, type: EventPattern("consent.granted")))
                == ["consent.granted"])
        #expect(first[1].app == app.name && first[1].tenant == tenant.id && first[1].actor == "service")
    }

    @Test("A connection that looks find as it was, or doubt, is no news; what changed is told once")
    func news() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let (policy, gone) = (Self.note("policy"), Self.note("gone"))
        func types(_ events: ConnectionEvent..., after seconds: TimeInterval) async throws -> [String] {
            let newest = try await fixture.store.events.newestEvent()
            for event in events {
                _ = try await fixture.store.consent.apply(
                    event, to: tenant.id, app.name, grants: nil, evidence: [], at: Fixture.start + seconds, by: .service
                )
            }
            return try await fixture.store.events.events(after: newest, matching: EventFilter(), limit: 9).map(\.type)
        }
        func granted(_ principal: Int) -> ConnectionEvent {
            .judged(.granted(release: 1, servicePrincipal: guid(principal)))
        }
        #expect(try await types(granted(77), .judged(.undecided(policy)), after: 1) == [])
        #expect(try await types(.judged(.absent(gone)), .refused(gone), .refused(gone), after: 2) == [], "a doubt")
        #expect(try await types(granted(77), after: 20) == [], "it was dispelled")
        #expect(try await types(granted(78), after: 21) == ["consent.granted"], "given again")
        let narrow = ConnectionEvent.judged(.partial(missing: ["A"], servicePrincipal: guid(78)))
        let narrower = ConnectionEvent.judged(.partial(missing: ["A", "B"], servicePrincipal: guid(78)))
        #expect(try await types(narrow, narrow, after: 22) == ["consent.narrowed"])
        #expect(try await types(narrower, narrower, after: 23) == ["consent.narrowed"])
        let blocked = ConnectionEvent.judged(.unreachable(policy))
        #expect(try await types(blocked, blocked, after: 24) == ["consent.unreachable"])
        #expect(try await types(.judged(.unreachable(gone)), after: 25).contains("consent.unreachable"), "why else")
    }

    private static func note(_ code: String) -> Fault {
        Fault(code: code, detail: "The \(code).", whoMustAct: .customerAdmin)
    }

    @Test("The signal says so once an event is on disk, and not for a write that failed or held none")
    func signals() async throws {
        let fixture = try Fixture()
        let (events, wake) = (fixture.store.events, Wake())
        let attachment = events.signal.attach(wake)
        #expect(events.signal.newest == 0)
        _ = try await fixture.addTenants(1...1)
        #expect(events.signal.newest == 1, "before the writer learns of his success")
        await wake.wait(until: nil, now: .now)
        await #expect(throws: StoreError.self) { try await fixture.addTenants(1...1) }
        try await fixture.store.audit.record(
            "token.get", subject: "x", detail: "No event.", by: .service, at: Fixture.start)
        #expect(events.signal.newest == 1)
        #expect(try await events.newestEvent() == 1)
        withExtendedLifetime(attachment) {}
    }

    @Test("A store that is opened again knows its newest event")
    func reopened() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...3)
        try fixture.directory.close()
        let reopened = try DataDirectory.open(at: fixture.path, key: nil)
        #expect(reopened.store.events.signal.newest == 3)
        try reopened.close()
    }
}
