import Foundation
import Tenancy
import Testing

/// Random walks over the state machine: whatever happens in whatever order, these hold. The seed is in the test's name.
@Suite("Connection, walked at random")
struct ConnectionWalkTests {
    private static let events: [ConnectionEvent] =
        ConnectionTests.lesserEvents + [
            .reminded, .overtaken, .confirmed, .released(hasOpenLink: true), .released(hasOpenLink: false),
            .answered(.requested),
            .judged(ConnectionTests.grant), .judged(.granted(release: 2, servicePrincipal: guid(78))),
            .judged(.behind(release: 1, missing: ["B"], servicePrincipal: guid(77))),
        ]

    @Test("keeps its promises", arguments: 1...40)
    func walk(_ seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        var (now, connection) = (ManualClock.start, ConnectionTests.connection(.none))
        for _ in 0..<500 {
            now +=
                TimeInterval(UInt64.random(in: 0...20, using: &generator))
                * [1, 60, 3_600][Int.random(in: 0...2, using: &generator)]
            guard let event = Self.events.randomElement(using: &generator) else { return }
            let next = connection.applying(event, at: now)
            check(connection, event, next, at: now)
            connection = next
        }
    }

    private func check(_ before: Connection, _ event: ConnectionEvent, _ after: Connection, at now: Date) {
        // Proof comes from the verifier alone.
        if after.isProven, !before.isProven {
            switch event {
            case .judged(.granted), .judged(.behind), .judged(.partial): break
            default: Issue.record("\(event) proved a consent")
            }
            if case .judged(.partial) = event {
                #expect(before.state == .unreachable && before.release != nil, "a part of nothing that was proven")
            }
        }
        if after.state == .granted, before.state != .granted {
            guard case .judged(.granted) = event else {
                Issue.record("\(event) granted")
                return
            }
        }
        // Tokens of before are never served after proof was lost, or after the app became another in the tenant.
        if before.isProven, !after.isProven { #expect(after.epoch > before.epoch, "\(event)") }
        if before.servicePrincipal != after.servicePrincipal, before.isProven { #expect(after.epoch > before.epoch) }
        #expect(after.epoch >= before.epoch)
        // One refusal revokes nothing.
        if after.state == .revoked, before.isProven {
            #expect(before.check != nil, "\(event): no second look was booked")
        }
        // A look leaves nothing that is due at once, so there is no hot loop.
        if case .judged = event {
            #expect(after.check.map { $0.due > now } ?? true)
            #expect(after.recheckDue.map { $0 > now } ?? true, "\(event)")
        }
        // What can change by itself is looked at again, some day.
        if after.isProven || after.state == .unreachable || after.state == .revoked {
            if case .judged = event {
                #expect(after.recheckDue != nil || after.check != nil, "\(event) in \(after.state)")
            }
        }
        if after.state != before.state { #expect(after.since == now) }
    }

    @Test("is looked at about daily while it is granted, within the day and not in step with others")
    func spread() {
        let due = (1...2_000).map { number -> TimeInterval in
            let connection = Connection(tenant: tenantID(number), app: appName("crm"), since: ManualClock.start)
            let granted = connection.applying(.judged(ConnectionTests.grant), at: ManualClock.start)
            return granted.recheckDue.map { $0.timeIntervalSince(ManualClock.start) } ?? 0
        }
        #expect(due.allSatisfy { (43_200...86_400).contains($0) })
        let perHour = Dictionary(grouping: due) { Int($0 / 3_600) }.mapValues(\.count)
        #expect(
            perHour.count >= 12 && perHour.values.allSatisfy { $0 < 300 }, "2,000 over twelve hours, none with 15 %")
    }

    @Test("wants quarantine after three looks that found it out of reach, and is then looked at weekly at most")
    func quarantine() throws {
        var (now, connection) = (ManualClock.start, ConnectionTests.connection(.granted))
        for look in 1...3 {
            connection = connection.applying(.judged(.unreachable(.sample)), at: now)
            #expect(connection.wantsQuarantine == (look == 3))
            now = try #require(connection.recheckDue)
        }
        #expect(now.timeIntervalSince(ManualClock.start) > 3 * 86_400)
        let back = connection.applying(.judged(ConnectionTests.grant), at: now)
        #expect(back.state == .granted && !back.wantsQuarantine)
    }

    @Test("is not out of reach for longer because somebody looks again and again")
    func earlyLooks() throws {
        let first = ConnectionTests.connection(.granted).applying(
            .judged(.unreachable(.sample)), at: ManualClock.start)
        var connection = first
        for second in 1...10 {
            connection = connection.applying(.reminded, at: ManualClock.start + Double(second))
            connection = connection.applying(.judged(.unreachable(.sample)), at: ManualClock.start + Double(second))
        }
        #expect(connection.unreachableLooks == 1 && connection.recheckDue == first.recheckDue)
    }
}
