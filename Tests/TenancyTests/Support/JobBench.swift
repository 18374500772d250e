import Foundation
import Logging
import SQLiteStore
import Synchronization
import Tenancy

/// What a job needs, over a real store and real files.
struct JobBench: Sendable {
    let fixture: Fixture
    /// Grants tokens that outlive every test, whatever the clock does.
    let endpoint: ScriptedTokenEndpoint
    private let wake = Wake()

    init() throws {
        let clock = ManualClock(step: 120)
        fixture = try Fixture(clock: clock)
        endpoint = .granting(at: clock, lifetime: 365 * 86_400)
    }

    func connected(_ count: Int) async throws -> (app: App, tenants: [Tenant]) {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...count)
        try await fixture.prove(tenants, app)
        return (app, tenants)
    }

    func runner(_ graph: ScriptedGraph, store: (any RunStore)? = nil) -> JobRunner {
        JobRunner(
            store: store ?? fixture.store.runs, consent: fixture.store.consent, apps: fixture.store.apps,
            export: GraphExport(
                tokens: fixture.broker(endpoint), graph: graph, output: fixture.directory.runFiles()),
            clock: fixture.clock.wallClock, randomness: fixture.randomness, wake: wake,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func start(
        _ app: App, _ runner: JobRunner, tenants: Set<TenantID>? = nil, maxConcurrent: Int = 4
    ) async throws -> Run {
        try await runner.start(
            .graphGet(graphPath("/users")), app: app, tenants: tenants, maxConcurrent: maxConcurrent, by: .service)
    }

    /// Starts a run and works until it has ended.
    func finished(_ app: App, _ graph: ScriptedGraph) async throws -> Run {
        let runner = runner(graph)
        return try await drive(try await start(app, runner), runner)
    }

    /// Works until the run has ended, and stops the runner.
    func drive(_ run: Run, _ runner: JobRunner) async throws -> Run {
        let running = Task { await runner.run() }
        defer { running.cancel() }
        while true {
            guard let now = try await fixture.store.runs.run(run.id) else { throw StoreError.notFound("Run") }
            if now.state.isFinal { return now }
            await Task.yield()
        }
    }

    func items(_ run: Run) async throws -> [RunItem] {
        try await fixture.store.runs.items(of: run.id, after: nil, limit: 100)
    }

    /// The finished file of that tenant; `nil` when there is none.
    func file(_ run: Run, _ tenant: Tenant) throws -> String? {
        guard let file = try fixture.directory.runFiles().finished(run: run.id, tenant: tenant.id) else { return nil }
        return String(decoding: try file.bytes(at: 0, count: 100_000), as: UTF8.self)
    }
}

/// Counts who is inside, and how many were at most.
final class Meter: Sendable {
    private let state = Mutex((inside: 0, highest: 0))

    var highest: Int { state.withLock(\.highest) }

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.highest = max(state.highest, state.inside)
        }
    }

    func leave() { state.withLock { $0.inside -= 1 } }
}

/// The real store, whose first look for waiting items takes as long as it takes to book a result.
struct SlowToLook: RunStore {
    let real: any RunStore
    /// Opened to let the first result be booked.
    let firstBooking: Gate
    let booked = Gate()
    /// Passed whenever a run is closed, or was found not to be over.
    let closing = Gate()

    init(real: any RunStore, firstBooking: Gate) {
        self.real = real
        self.firstBooking = firstBooking
    }

    func nextDue(in run: RunID) async throws(StoreError) -> Date? {
        let due = try await real.nextDue(in: run)
        if booked.arrivals == 0 {
            firstBooking.count()
            await booked.arrival()
            for _ in 0..<1_000 { await Task.yield() }
        }
        return due
    }

    func finish(
        _ item: ClaimedItem, of run: RunID, state: ItemState, retryAt: Date?, fault: ItemFault?, rows: Int,
        at now: Date
    ) async throws(StoreError) -> Bool {
        defer { booked.count() }
        return try await real.finish(item, of: run, state: state, retryAt: retryAt, fault: fault, rows: rows, at: now)
    }

    func close(_ run: RunID, at now: Date) async throws(StoreError) {
        try await real.close(run, at: now)
        closing.count()
    }

    func create(_ run: Run, items: [RunItem], by actor: Actor) async throws(StoreError) {
        try await real.create(run, items: items, by: actor)
    }

    func run(_ id: RunID) async throws(StoreError) -> Run? { try await real.run(id) }

    func runs(limit: Int) async throws(StoreError) -> [Run] { try await real.runs(limit: limit) }

    func items(of run: RunID, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [RunItem] {
        try await real.items(of: run, after: tenant, limit: limit)
    }

    func unfinishedRuns() async throws(StoreError) -> [Run] { try await real.unfinishedRuns() }

    func requeueInterrupted() async throws(StoreError) { try await real.requeueInterrupted() }

    func claim(from run: RunID, limit: Int, at now: Date) async throws(StoreError) -> [ClaimedItem] {
        try await real.claim(from: run, limit: limit, at: now)
    }
}
