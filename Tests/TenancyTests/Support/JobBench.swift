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
    let runs: ObservedRuns
    private let wake = Wake()

    init() throws {
        let clock = ManualClock(step: 120)
        fixture = try Fixture(clock: clock)
        runs = ObservedRuns(real: fixture.store.runs)
        endpoint = .granting(at: clock, lifetime: 365 * 86_400)
    }

    func connected(_ count: Int) async throws -> (app: App, tenants: [Tenant]) {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...count)
        try await fixture.prove(tenants, app)
        return (app, tenants)
    }

    func runner(_ graph: ScriptedGraph, store: ObservedRuns? = nil) -> JobRunner {
        JobRunner(
            store: store ?? runs, consent: fixture.store.consent, apps: fixture.store.apps,
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
            let closings = runs.closing.arrivals
            guard let now = try await runs.run(run.id) else { throw StoreError.notFound("Run") }
            if now.state.isFinal { return now }
            await runs.closing.arrival(of: closings + 1)
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
