import Foundation
import Tenancy
import Testing

@Suite("Tenant change") struct TenantChangeTests {
    private let now = ManualClock.start + 60

    @Test("sets tags, takes tags away, and keeps the others")
    func tags() throws {
        let tenant = Tenant.sample(1, tags: ["ring": "early", "plan": "gold", "trial": "yes"])
        let change = try TenantChange.tagging(set: ["ring": "late"], remove: ["trial", "absent"])
        guard case .changed(let after) = change.applied(to: tenant, at: now) else {
            Issue.record("nothing was changed")
            return
        }
        #expect(after.tags.values == ["ring": "late", "plan": "gold"])
        #expect(change.applied(to: after, at: now) == .unchanged(after))
    }

    @Test("that makes more than 32 tags is refused by the tenant alone")
    func tooManyTags() throws {
        let tenant = Tenant.sample(1, tags: Dictionary(uniqueKeysWithValues: (1...32).map { ("k\($0)", "v") }))
        let change = try TenantChange.tagging(set: ["one": "more"], remove: [])
        #expect(change.applied(to: tenant, at: now) == .refused(tenant, .tooManyTags))
        let swap = try TenantChange.tagging(set: ["one": "more"], remove: ["k1"])
        guard case .changed = swap.applied(to: tenant, at: now) else {
            Issue.record("a tag cannot take another one's place")
            return
        }
    }

    @Test("pauses with a reason and a time, and resumes without")
    func states() throws {
        let tenant = Tenant.sample(1)
        let pause = try TenantChange.entering(.paused, reason: "moves house")
        guard case .changed(let paused) = pause.applied(to: tenant, at: now),
            case .changed(let resumed) = try TenantChange.entering(.active, reason: nil).applied(
                to: paused, at: now + 5)
        else {
            Issue.record("nothing was changed")
            return
        }
        #expect(paused.state == .paused && paused.stateReason == "moves house" && paused.stateSince == now)
        #expect(pause.applied(to: paused, at: now + 1) == .unchanged(paused))
        guard
            case .changed(let again) = try TenantChange.entering(.paused, reason: "still").applied(
                to: paused, at: now + 1)
        else {
            Issue.record("a new reason is no change")
            return
        }
        #expect(again.stateSince == now && again.stateReason == "still")
        #expect(resumed.state == .active && resumed.stateReason == nil && resumed.stateSince == now + 5)
    }

    @Test("of a customer who leaves is refused", arguments: [TenantState.leaving, .gone])
    func leaving(_ state: TenantState) throws {
        let tenant = Tenant.sample(1, state: state)
        let change = try TenantChange.entering(.active, reason: nil)
        #expect(change.applied(to: tenant, at: now) == .refused(tenant, .leaving(state)))
    }

    @Test("that cannot be meant is refused before anybody is asked")
    func invalid() {
        func refused(_ error: TenantChangeError, _ body: () throws -> TenantChange) {
            #expect(throws: error) { try body() }
        }
        refused(.nothing) { try .tagging(set: [:], remove: []) }
        refused(.invalidTags) { try .tagging(set: ["a": "b c"], remove: []) }
        refused(.invalidTags) { try .tagging(set: ["a": "b"], remove: ["a"]) }
        refused(.invalidTags) { try .tagging(set: [:], remove: [""]) }
        refused(.invalidName) { try .renaming("") }
        refused(.reasonMissing) { try .entering(.quarantined, reason: nil) }
        refused(.reasonMissing) { try .entering(.quarantined, reason: "") }
        refused(.invalidReason) { try .entering(.paused, reason: "a\u{1b}b") }
        refused(.invalidReason) { try .entering(.paused, reason: String(repeating: "x", count: 501)) }
        refused(.stateReserved(.gone)) { try .entering(.gone, reason: nil) }
    }

    @Test(
        "comes back from what is kept with a plan",
        arguments: [
            BulkAction.change(.edit(name: nil, set: ["a": "b"], remove: ["c", "d"])),
            .change(.enter(.paused, reason: "why")),
            .change(.enter(.active, reason: nil)), .change(.enter(.quarantined, reason: "x")),
        ])
    func kept(_ action: BulkAction) {
        #expect(BulkAction(action.json) == action)
    }
}

extension Tenant {
    fileprivate static func sample(
        _ number: Int, tags: [String: String] = [:], state: TenantState = .active
    ) -> Tenant {
        Tenant(
            id: tenantID(number), cloud: .public, name: "Customer \(number)", domain: nil, tags: Tags(tags) ?? .none,
            addedAt: ManualClock.start, state: state)
    }
}
