import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite struct RunStoreTests {
    private let fault = Fault(
        code: "graph_throttled", detail: "Slow down.", whoMustAct: .nobodyWait,
        trace: AuthorityTrace(aadsts: nil, correlationID: nil, traceID: "req-1"))

    private func run(at offset: TimeInterval = 0) throws -> Run {
        Run(
            id: RunID(at: Fixture.start + offset, randomness: .system), app: appName("crm"),
            job: .graphGet(try #require(GraphPath("/users?$select=id"))), maxConcurrent: 8,
            createdAt: Fixture.start + offset)
    }

    /// A fixture with an app, as many tenants, and a run with a waiting item for each.
    private func started(_ count: Int) async throws -> (Fixture, Run) {
        let fixture = try Fixture()
        _ = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...count)
        let run = try run()
        try await fixture.store.runs.create(
            run, items: tenants.map { RunItem(tenant: $0.id, state: .waiting) }, by: .service)
        return (fixture, run)
    }

    private func finish(
        _ item: ClaimedItem, _ run: Run, _ fixture: Fixture, _ state: ItemState, retryAt: Date? = nil,
        fault: Fault? = nil, rows: Int = 0
    ) async throws -> Bool {
        try await fixture.store.runs.finish(
            item, of: run.id, state: state, retryAt: retryAt, fault: fault, rows: rows, at: Fixture.start + 5)
    }

    @Test("A run comes back with its frozen items and their counts")
    func roundTrip() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...3)
        let run = try run()
        let items = [
            RunItem(tenant: tenants[0].id, state: .waiting),
            RunItem(tenant: tenants[1].id, state: .skipped, fault: fault, finishedAt: Fixture.start),
            RunItem(tenant: tenants[2].id, state: .waiting),
        ]
        try await fixture.store.runs.create(run, items: items.reversed(), by: .service)
        let stored = try #require(try await fixture.store.runs.run(run.id))
        #expect(stored.counts == [.waiting: 2, .skipped: 1])
        #expect(stored.id == run.id && stored.job == run.job && stored.createdAt == run.createdAt)
        #expect(stored.state == .running && stored.maxConcurrent == 8)
        #expect(try await fixture.store.runs.items(of: run.id, after: nil, limit: 10) == items)
        #expect(try await fixture.store.runs.items(of: run.id, after: tenants[0].id, limit: 1) == [items[1]])
    }

    @Test("A run with one unknown tenant is not created at all")
    func allOrNone() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        let run = try run()
        let items = [tenant.id, TenantID(guid(9))].map { RunItem(tenant: $0, state: .waiting) }
        await #expect(throws: StoreError.notFound("Tenant \(guid(9))")) {
            try await fixture.store.runs.create(run, items: items, by: .service)
        }
        #expect(try await fixture.store.runs.run(run.id) == nil)
    }

    @Test("Runs are listed newest first, unfinished ones oldest first")
    func order() async throws {
        let fixture = try Fixture()
        _ = try await fixture.addApp()
        let runs = try [2.0, 0, 1].map { try run(at: $0) }
        for run in runs { try await fixture.store.runs.create(run, items: [], by: .service) }
        #expect(try await fixture.store.runs.runs(limit: 2).map(\.id) == [runs[0].id, runs[2].id])
        #expect(try await fixture.store.runs.unfinishedRuns().map(\.id) == [runs[1].id, runs[2].id, runs[0].id])
        try await fixture.store.runs.close(runs[2].id, at: Fixture.start + 9)
        #expect(try await fixture.store.runs.unfinishedRuns().map(\.id) == [runs[1].id, runs[0].id])
    }

    @Test("Concurrent claims hand no item out twice and leave none behind")
    func claimsAreDisjoint() async throws {
        let (fixture, run) = try await started(300)
        let claimed = try await withThrowingTaskGroup(of: [ClaimedItem].self) { group in
            for _ in 0..<60 {
                group.addTask { try await fixture.store.runs.claim(from: run.id, limit: 7, at: Fixture.start) }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(claimed.count == 300)
        #expect(Set(claimed.map(\.tenant)).count == 300)
        #expect(claimed.allSatisfy { $0.attempt == 1 })
        #expect(try await fixture.store.runs.nextDue(in: run.id) == nil)
    }

    @Test("Only an item's present attempt can end it")
    func fence() async throws {
        let (fixture, run) = try await started(1)
        let runs = fixture.store.runs
        let first = try #require(try await runs.claim(from: run.id, limit: 5, at: Fixture.start).first)
        try await runs.requeueInterrupted()
        #expect(try await !finish(first, run, fixture, .succeeded))
        let second = try #require(try await runs.claim(from: run.id, limit: 5, at: Fixture.start).first)
        #expect(second == ClaimedItem(tenant: first.tenant, attempt: 2))
        #expect(try await !finish(first, run, fixture, .failed, fault: fault))
        #expect(try await finish(second, run, fixture, .succeeded, rows: 12))
        #expect(try await !finish(second, run, fixture, .failed, fault: fault))
        let item = try #require(try await runs.items(of: run.id, after: nil, limit: 1).first)
        #expect(
            item
                == RunItem(
                    tenant: first.tenant, state: .succeeded, attempts: 2, rows: 12, finishedAt: Fixture.start + 5))
    }

    @Test("An item that waits for its retry is taken at that instant and not before")
    func retry() async throws {
        let (fixture, run) = try await started(1)
        let runs = fixture.store.runs
        let item = try #require(try await runs.claim(from: run.id, limit: 1, at: Fixture.start).first)
        let due = Fixture.start + 30.5
        #expect(try await finish(item, run, fixture, .waiting, retryAt: due, fault: fault))
        #expect(try await runs.items(of: run.id, after: nil, limit: 1).first?.fault == fault)
        #expect(try await runs.nextDue(in: run.id) == due)
        #expect(try await runs.claim(from: run.id, limit: 1, at: due - 0.001).isEmpty)
        #expect(try await runs.claim(from: run.id, limit: 1, at: due).map(\.attempt) == [2])
    }

    @Test("Claims take at most what was asked, the longest waiting first")
    func claimOrder() async throws {
        let (fixture, run) = try await started(3)
        let runs = fixture.store.runs
        let first = try #require(try await runs.claim(from: run.id, limit: 1, at: Fixture.start).first)
        #expect(first.tenant.guid == guid(1))
        #expect(try await finish(first, run, fixture, .waiting, retryAt: Fixture.start + 10))
        let rest = try await runs.claim(from: run.id, limit: 2, at: Fixture.start + 60)
        #expect(Set(rest.map(\.tenant.guid)) == [guid(2), guid(3)])
    }

    @Test("Requeueing leaves finished items and other runs' ends alone")
    func requeue() async throws {
        let (fixture, run) = try await started(2)
        let items = try await fixture.store.runs.claim(from: run.id, limit: 2, at: Fixture.start)
        #expect(try await finish(items[0], run, fixture, .failed, fault: fault))
        try await fixture.store.runs.requeueInterrupted()
        #expect(try await fixture.store.runs.run(run.id)?.counts == [.failed: 1, .waiting: 1])
        #expect(try await fixture.store.runs.claim(from: run.id, limit: 9, at: Fixture.start).map(\.attempt) == [2])
    }

    @Test("A run ends only when every item has ended")
    func closeWaits() async throws {
        let (fixture, run) = try await started(2)
        let items = try await fixture.store.runs.claim(from: run.id, limit: 1, at: Fixture.start)
        #expect(try await finish(items[0], run, fixture, .succeeded))
        try await fixture.store.runs.close(run.id, at: Fixture.start + 9)
        #expect(try await fixture.store.runs.run(run.id)?.state == .running)
    }

    @Test(
        "A run succeeds only when every item did",
        arguments: [
            ([ItemState.succeeded, .succeeded], RunState.succeeded), ([.succeeded, .failed], .partial),
            ([.succeeded, .skipped], .partial), ([.failed, .failed], .partial),
        ])
    func closing(states: [ItemState], expected: RunState) async throws {
        let (fixture, run) = try await started(2)
        let items = try await fixture.store.runs.claim(from: run.id, limit: 2, at: Fixture.start)
        for (item, state) in zip(items, states) { #expect(try await finish(item, run, fixture, state)) }
        try await fixture.store.runs.close(run.id, at: Fixture.start + 9)
        try await fixture.store.runs.close(run.id, at: Fixture.start + 99)
        let closed = try #require(try await fixture.store.runs.run(run.id))
        #expect(closed.state == expected)
        #expect(closed.finishedAt == Fixture.start + 9)
        let ends = try await fixture.store.audit.entries(after: 0, limit: 99).filter { $0.action == "run.finish" }
        #expect(ends.count == 1)
    }
}
