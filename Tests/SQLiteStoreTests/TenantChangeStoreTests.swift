import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Changes of tenants in the store") struct TenantChangeStoreTests {
    @Test("A change is stored with its event and its line of audit; one that changes nothing leaves no trace")
    func traces() async throws {
        let fixture = try Fixture()
        let tenant = try await fixture.addTenants(1...1)[0]
        let actor = Actor.localUser(uid: 1_000)
        func change(_ change: TenantChange) async throws -> TenantChange.Outcome? {
            try await fixture.store.tenants.change(tenant.id, change, at: Fixture.start + 5, by: actor)
        }
        for edit in [
            try TenantChange.tagging(set: ["ring": "late", "new": "x"], remove: ["plan"]),
            .edit(name: "Other", set: [:], remove: []),
            .enter(.quarantined, reason: "odd"), .enter(.active, reason: nil),
        ] {
            guard case .changed(let after) = try await change(edit) else {
                Issue.record("\(edit) changed nothing")
                continue
            }
            #expect(try await fixture.store.tenants.tenant(.id(tenant.id)) == after)
            guard case .unchanged = try await change(edit) else {
                Issue.record("\(edit) changes twice")
                continue
            }
        }
        let events = try await fixture.store.events.events(after: 0, tenant: tenant.id, limit: 100)
        #expect(
            events.map(\.type) == [
                "tenant.added", "tenant.tagged", "tenant.renamed", "tenant.quarantined", "tenant.resumed",
            ])
        #expect(
            events[1].data
                == .object([
                    "set": .object(["ring": .string("late"), "new": .string("x")]),
                    "removed": .array([.string("plan")]),
                ]))
        #expect(events[3].data == .object(["from": .string("active"), "reason": .string("odd")]))
        let audit = try await fixture.store.audit.entries(after: 0, limit: 100)
        #expect(
            audit.map(\.action) == [
                "tenant.add", "tenant.tag", "tenant.rename", "tenant.quarantine", "tenant.resume",
            ])
        #expect(audit[1].detail == "new=x ring=late plan-." && audit[1].actor == "local:1000")
        #expect(audit[3].detail == "active → quarantined: odd")
        #expect(try await fixture.integer("SELECT count(*) AS value FROM tenant_tag") == 2)
    }

    @Test("The service ends a quarantine of its own, and none of an operator's, whatever was before")
    func byWhoseHand() async throws {
        let fixture = try Fixture()
        let (app, tenant, _) = try await fixture.addConnected()
        let fault = Fault(code: "policy", detail: "A policy.", whoMustAct: .customerAdmin)
        func state(after looks: Verdict...) async throws -> TenantState? {
            for look in looks {
                // Each in its time: a look before it counts for nothing.
                let due = try await fixture.store.consent.connection(tenant.id, app.name).recheckDue ?? Fixture.start
                _ = try await fixture.store.consent.apply(
                    .judged(look), to: tenant.id, app.name, grants: nil, evidence: [], at: due, by: .service)
            }
            return try await fixture.store.tenants.tenant(.id(tenant.id))?.state
        }
        func quarantine(_ reason: String) async throws {
            _ = try await fixture.store.tenants.change(
                tenant.id, .enter(.quarantined, reason: reason), at: Fixture.start, by: .localUser(uid: 1_000))
        }
        let (blocked, granted) = (Verdict.unreachable(fault), Verdict.granted(release: 1, servicePrincipal: guid(77)))
        #expect(try await state(after: blocked, blocked, blocked) == .quarantined)
        #expect(try await state(after: granted) == .active)
        try await quarantine("is being sold")
        #expect(try await state(after: granted) == .quarantined)

        _ = try await fixture.store.tenants.change(
            tenant.id, .enter(.active, reason: nil), at: Fixture.start, by: .localUser(uid: 1_000))
        #expect(try await state(after: blocked, blocked, blocked) == .quarantined)
        try await quarantine("and is being sold")
        #expect(try await state(after: granted) == .quarantined, "an operator has taken it over")
    }

    @Test("An unknown tenant takes no change")
    func unknown() async throws {
        let fixture = try Fixture()
        let outcome = try await fixture.store.tenants.change(
            TenantID(guid(1)), .edit(name: "X", set: [:], remove: []), at: Fixture.start, by: .service)
        #expect(outcome == nil)
    }
}

@Suite("Groups in the store") struct GroupStoreTests {
    private func create(_ fixture: Fixture, _ name: String, _ text: String) async throws {
        try await fixture.store.groups.create(
            TenantGroup(
                name: try #require(GroupName(name)), selector: try Selector(parsing: text), createdAt: Fixture.start),
            by: .service)
    }

    @Test("A group comes back as it was made, by name, until it is deleted")
    func roundTrip() async throws {
        let fixture = try Fixture()
        try await create(fixture, "b", "ring=canary,name~\"x, y\"")
        try await create(fixture, "a", "group=b")
        let groups = fixture.store.groups
        #expect(try await groups.groups().map(\.name.description) == ["a", "b"])
        let b = try #require(GroupName("b"))
        #expect(try await groups.group(b)?.selector.description == "name~\"x, y\",ring=canary")
        let a = try #require(GroupName("a"))
        await #expect(throws: GroupError.inUse(b, by: a)) {
            try await groups.delete(b, at: Fixture.start, by: .service)
        }
        try await groups.delete(a, at: Fixture.start, by: .service)
        try await groups.delete(b, at: Fixture.start, by: .service)
        await #expect(throws: GroupError.unknown(b)) { try await groups.delete(b, at: Fixture.start, by: .service) }
        #expect(
            try await fixture.store.events.events(after: 0, tenant: nil, limit: 10).map(\.type) == [
                "group.created", "group.created", "group.deleted", "group.deleted",
            ])
    }

    @Test("A group cannot name itself, nor one that is not there, nor be made twice, nor grow without end")
    func refusals() async throws {
        let fixture = try Fixture()
        let (a, b) = (try #require(GroupName("a")), try #require(GroupName("b")))
        await #expect(throws: GroupError.unknown(a)) { try await create(fixture, "a", "group=a") }
        await #expect(throws: GroupError.unknown(b)) { try await create(fixture, "a", "ring,group!=b") }
        let many = (0..<90).map { "t\($0)" }.joined(separator: ",")
        try await create(fixture, "a", many)
        await #expect(throws: GroupError.alreadyExists(a)) { try await create(fixture, "a", "ring") }
        try await create(fixture, "b", "group=a")
        await #expect(throws: GroupError.tooLarge(try #require(GroupName("c")))) {
            try await create(fixture, "c", "group=a|b,\((0..<30).map { "u\($0)" }.joined(separator: ","))")
        }
    }
}

@Suite("Plans in the store") struct BulkStoreTests {
    private func id(_ digit: Character = "0") throws -> BulkPlanID {
        try #require(BulkPlanID(String(repeating: digit, count: 26)))
    }

    private let pause = BulkAction.change(.enter(.paused, reason: "why"))

    private func plan(_ fixture: Fixture, _ text: String, _ id: BulkPlanID) async throws -> BulkPlan {
        try await fixture.store.bulk.plan(
            id, pause, selector: try Selector(parsing: text), app: nil, at: Fixture.start)
    }

    private func carryOut(
        _ fixture: Fixture, _ id: BulkPlanID, believing action: BulkAction? = nil, selector: String? = nil,
        after: TimeInterval = 1
    ) async throws -> [TenantChange.Outcome] {
        try await fixture.store.bulk.carryOut(
            id, believing: action, selector: try selector.map { try Selector(parsing: $0) }, at: Fixture.start + after,
            by: .service
        ).outcomes
    }

    @Test("A plan changes nothing until it is carried out, and then everyone it meant, once")
    func once() async throws {
        let fixture = try Fixture()
        let tenants = try await fixture.addTenants(1...5)
        let plan = try await plan(fixture, "ring=canary", try id())
        #expect(plan.tenants == tenants.map(\.id))
        #expect(try await fixture.store.fleet.members(try Selector(parsing: "tenant.state=paused"), app: nil) == [])
        let outcomes = try await carryOut(fixture, plan.id, believing: pause, selector: "ring=canary")
        #expect(outcomes.count == 5)
        #expect(
            try await fixture.store.fleet.members(try Selector(parsing: "tenant.state=paused"), app: nil)
                == plan.tenants)
        let events = try await fixture.store.events.events(after: 0, tenant: nil, limit: 100)
        #expect(events.count { $0.type == "tenant.paused" } == 5)
        await #expect(throws: BulkError.used(plan.id)) { try await carryOut(fixture, plan.id) }
    }

    @Test("A plan whose tenants have changed changes nothing, and says how many came and went")
    func changed() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...5)
        let plan = try await plan(fixture, "ring=canary", try id())
        _ = try await fixture.addTenants(6...7)
        _ = try await fixture.store.tenants.change(
            TenantID(guid(2)), .edit(name: nil, set: [:], remove: ["ring"]), at: Fixture.start, by: .service)
        await #expect(throws: BulkError.changed(came: 2, went: 1)) { try await carryOut(fixture, plan.id) }
        #expect(try await fixture.store.fleet.members(try Selector(parsing: "tenant.state=paused"), app: nil) == [])
        _ = try await fixture.store.tenants.change(
            TenantID(guid(2)), .edit(name: nil, set: ["ring": "canary"], remove: []), at: Fixture.start, by: .service)
        await #expect(throws: BulkError.changed(came: 2, went: 0)) { try await carryOut(fixture, plan.id) }
    }

    @Test("A plan is for what it was made for, for 15 minutes, and an id that was never given is no plan")
    func refusals() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...2)
        let plan = try await plan(fixture, "ring=canary", try id())
        await #expect(throws: BulkError.otherAction(plan.id)) {
            try await carryOut(fixture, plan.id, believing: .change(.enter(.active, reason: nil)))
        }
        await #expect(throws: BulkError.otherAction(plan.id)) {
            try await carryOut(fixture, plan.id, selector: "plan=gold")
        }
        await #expect(throws: BulkError.expired(plan.id)) { try await carryOut(fixture, plan.id, after: 900) }
        await #expect(throws: BulkError.unknown(String(repeating: "1", count: 26))) {
            try await carryOut(fixture, try id("1"))
        }
        #expect(try await carryOut(fixture, plan.id, after: 899).count == 2)
    }

    @Test("A tenant that refuses stops no other")
    func refusing() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addTenants(1...3)
        try await fixture.sql("UPDATE tenant SET state = 'leaving' WHERE id = ?1", [TenantID(guid(2))])
        let plan = try await plan(fixture, "ring", try id())
        let outcomes = try await carryOut(fixture, plan.id)
        #expect(outcomes.count { if case .changed = $0 { true } else { false } } == 2)
        #expect(outcomes.count { if case .refused(_, .leaving(.leaving)) = $0 { true } else { false } } == 1)
    }
}
