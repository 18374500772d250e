import Foundation
import SQLiteStore
import Tenancy
import Testing

/// The clock moves by two minutes with every reading, so that pauses between attempts are over when they begin.
@Suite("Job runner", .timeLimit(.minutes(1)))
struct JobRunnerTests {
    private let bench: JobBench

    init() throws {
        bench = try JobBench()
    }

    @Test("writes one file per tenant, page after page, an empty page between others included")
    func pages() async throws {
        let (app, tenants) = try await bench.connected(2)
        let graph = ScriptedGraph { call in
            switch call.link {
            case .path: .lines([#"{"id":"1"}"#, #"{"id":"2"}"#], next: "page 2")
            case .next("page 2"): .lines([], next: "page 3")
            case .next: .lines([#"{"id":"3"}"#])
            }
        }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .succeeded && run.counts == [.succeeded: 2])
        for tenant in tenants {
            #expect(try bench.file(run, tenant) == "{\"id\":\"1\"}\n{\"id\":\"2\"}\n{\"id\":\"3\"}\n")
        }
        let items = try await bench.items(run)
        #expect(items.allSatisfy { $0.rows == 3 && $0.attempts == 1 && $0.fault == nil && $0.finishedAt != nil })
    }

    @Test("reads with each tenant's own token")
    func ownToken() async throws {
        let (app, _) = try await bench.connected(5)
        let graph = ScriptedGraph { _ in .lines([]) }
        _ = try await bench.finished(app, graph)
        for call in graph.calls {
            #expect(TokenClaims(jwt: call.token.exposed)?.tenant == call.tenant.description)
        }
        #expect(Set(graph.calls.map(\.tenant)).count == 5)
    }

    @Test("lets each tenant fail alone, and leaves no file of one that failed")
    func failAlone() async throws {
        let (app, tenants) = try await bench.connected(3)
        let graph = ScriptedGraph { call in
            call.tenant == tenants[1].id ? .failure(.forbidden("Authorization_RequestDenied")) : .lines(["{}"])
        }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .partial && run.counts == [.succeeded: 2, .failed: 1])
        let items = try await bench.items(run)
        #expect(items.map(\.state) == [.succeeded, .failed, .succeeded])
        #expect(items[1].fault?.code == "graph_forbidden" && items[1].fault?.whoMustAct == .customerAdmin)
        #expect(items[1].attempts == 1, "what lasts is not tried again")
        #expect(try bench.file(run, tenants[1]) == nil)
    }

    @Test("leaves no half of a file when a later page fails")
    func noHalfFile() async throws {
        let (app, tenants) = try await bench.connected(1)
        let graph = ScriptedGraph { call in
            if case .path = call.link { .lines(["{}"], next: "page 2") } else { .failure(.foreignLink) }
        }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .partial)
        #expect(try await bench.items(run)[0].fault?.code == "graph_foreign_link")
        #expect(try bench.file(run, tenants[0]) == nil)
    }

    @Test("tries passing trouble again, from the first page on, until it passes")
    func retries() async throws {
        let (app, tenants) = try await bench.connected(1)
        let graph = ScriptedGraph { call in
            switch call.number {
            case 1: .failure(.throttled(7))
            case 2: .lines([#"{"half":true}"#], next: "page 2")
            case 3: .failure(.unavailable("it answered with status 503"))
            default: .lines([#"{"whole":true}"#])
            }
        }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .succeeded)
        #expect(try await bench.items(run)[0].attempts == 3)
        #expect(try bench.file(run, tenants[0]) == "{\"whole\":true}\n")
    }

    @Test("gives a tenant up after the last attempt, with the reason")
    func givesUp() async throws {
        let (app, _) = try await bench.connected(1)
        let graph = ScriptedGraph { _ in .failure(.unavailable("it answered with status 503")) }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .partial)
        let item = try await bench.items(run)[0]
        #expect(item.state == .failed && item.fault?.code == "graph_unavailable")
        #expect(item.attempts == JobRunner.retryPauses.count + 1 && graph.calls.count == item.attempts)
    }

    @Test("replaces a token that Graph refuses, once")
    func refreshes() async throws {
        let (app, _) = try await bench.connected(1)
        let graph = ScriptedGraph { call in call.number == 1 ? .failure(.unauthorized) : .lines(["{}"]) }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .succeeded)
        #expect(graph.calls.count == 2 && graph.calls[0].token != graph.calls[1].token)
        #expect(bench.endpoint.calls.count == 2)
    }

    @Test("does not replace a token for ever")
    func refreshesOnce() async throws {
        let (app, _) = try await bench.connected(1)
        let graph = ScriptedGraph { _ in .failure(.unauthorized) }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .partial && graph.calls.count == 2)
        #expect(try await bench.items(run)[0].fault?.code == "graph_unauthorized")
    }

    @Test("skips tenants without proven consent from the start, with the reason, and asks nobody about them")
    func skips() async throws {
        let (app, _) = try await bench.connected(1)
        _ = try await bench.fixture.addTenants(2...2)
        let graph = ScriptedGraph { _ in .lines([]) }
        let run = try await bench.finished(app, graph)
        #expect(run.state == .partial && run.counts == [.succeeded: 1, .skipped: 1])
        let skipped = try await bench.items(run)[1]
        #expect(skipped.fault?.code == "not_consented" && skipped.attempts == 0)
        #expect(Set(graph.calls.map(\.tenant)) == [tenantID(1)] && bench.endpoint.calls.count == 1)
    }

    @Test("skips a tenant that lost its consent after the start")
    func skipsLater() async throws {
        let (app, tenants) = try await bench.connected(1)
        let graph = ScriptedGraph { _ in .lines([]) }
        let runner = bench.runner(graph)
        let run = try await bench.start(app, runner)
        try await bench.fixture.apply(.judged(.unreachable(.sample)), to: tenants[0], app)
        let ended = try await bench.drive(run, runner)
        #expect(ended.counts == [.skipped: 1] && graph.calls.isEmpty)
    }

    @Test("skips a tenant that is put aside, before the start or after it, with the reason", arguments: [true, false])
    func putAside(_ isBefore: Bool) async throws {
        let (app, tenants) = try await bench.connected(3)
        let graph = ScriptedGraph { _ in .lines(["{}"]) }
        let runner = bench.runner(graph)
        func putAside() async throws {
            for (tenant, state) in [(tenants[0], TenantState.paused), (tenants[2], .quarantined)] {
                _ = try await bench.fixture.store.tenants.change(
                    tenant.id, .enter(state, reason: "case 7"), at: ManualClock.start, by: .service)
            }
        }
        if isBefore { try await putAside() }
        let run = try await bench.start(app, runner)
        if !isBefore { try await putAside() }
        let ended = try await bench.drive(run, runner)
        #expect(ended.counts == [.succeeded: 1, .skipped: 2])
        let faults = try await bench.items(run).map(\.fault)
        #expect(faults.map(\.?.code) == ["tenant_paused", nil, "tenant_quarantined"])
        #expect(faults[0]?.detail == "The tenant is paused: case 7." && faults[0]?.whoMustAct == .you)
        #expect(Set(graph.calls.map(\.tenant)) == [tenants[1].id])
    }

    @Test("works on as many tenants at once as it may, and never on more", arguments: [1, 3])
    func concurrency(_ limit: Int) async throws {
        let (app, _) = try await bench.connected(12)
        let meter = Meter()
        let gate = Gate()
        let graph = ScriptedGraph { _ in
            meter.enter()
            await gate.pass()
            await Task.yield()
            meter.leave()
            return .lines([])
        }
        let runner = bench.runner(graph)
        let run = try await bench.start(app, runner, maxConcurrent: limit)
        async let ended = bench.drive(run, runner)
        await gate.arrival(of: limit)
        gate.open()
        #expect(try await ended.state == .succeeded)
        #expect(meter.highest == limit)
    }

    @Test("ends a run though a tenant's trouble is booked while it looks whether anything is left")
    func lateRetry() async throws {
        let (app, _) = try await bench.connected(1)
        let booking = Gate()
        let store = ObservedRuns(real: bench.fixture.store.runs, firstBooking: booking)
        let graph = ScriptedGraph { call in
            guard call.number == 1 else { return .lines([]) }
            await booking.arrival()
            return .failure(.throttled(0))
        }
        let runner = bench.runner(graph, store: store)
        let run = try await bench.start(app, runner)
        let running = Task { await runner.run() }
        await store.closing.arrival()
        #expect(try await store.run(run.id)?.state.isFinal == true, "a run with waiting items was left to nobody")
        running.cancel()
        await running.value
    }

    // MARK: Interruption

    @Test("takes up a run that was interrupted, with a new runner, and does what is left")
    func resumes() async throws {
        let (app, tenants) = try await bench.connected(4)
        let gate = Gate()
        let first = ScriptedGraph { call in
            if call.tenant == tenants[0].id { return .lines([#"{"run":1}"#]) }
            await gate.pass()
            return .failure(.unavailable("the service stops"))
        }
        let runner = bench.runner(first)
        let run = try await bench.start(app, runner, maxConcurrent: 2)
        let running = Task { await runner.run() }
        await gate.arrival(of: 2)
        running.cancel()
        gate.open()
        await running.value
        let halfway = try #require(try await bench.fixture.store.runs.run(run.id))
        #expect(halfway.state == .running && halfway.counts[.succeeded] == 1 && halfway.counts[.failed] == nil)

        let second = ScriptedGraph { _ in .lines([#"{"run":2}"#]) }
        let ended = try await bench.drive(run, bench.runner(second))
        #expect(ended.state == .succeeded)
        #expect(Set(second.calls.map(\.tenant)) == Set(tenants.dropFirst().map(\.id)), "what is done is not done again")
        #expect(try bench.file(run, tenants[0]) == "{\"run\":1}\n")
        #expect(try bench.file(run, tenants[3]) == "{\"run\":2}\n")
    }

    // MARK: Starting

    @Test("starts for the tenants that are named, and for no others")
    func named() async throws {
        let (app, tenants) = try await bench.connected(3)
        let graph = ScriptedGraph { _ in .lines([]) }
        let runner = bench.runner(graph)
        let run = try await bench.start(app, runner, tenants: [tenants[1].id])
        #expect(try await bench.drive(run, runner).counts == [.succeeded: 1])
        #expect(graph.calls.map(\.tenant) == [tenants[1].id])
    }

    @Test("freezes its tenants when it starts")
    func frozen() async throws {
        let (app, _) = try await bench.connected(1)
        let runner = bench.runner(ScriptedGraph { _ in .lines([]) })
        let run = try await bench.start(app, runner)
        let late = try await bench.fixture.addTenants(2...2)
        try await bench.fixture.prove(late, app)
        #expect(try await bench.drive(run, runner).counts == [.succeeded: 1])
    }

    @Test("is refused for a stranger, for nobody, and for too few or too many at once")
    func refused() async throws {
        let (app, _) = try await bench.connected(1)
        let runner = bench.runner(ScriptedGraph { _ in .lines([]) })
        func refusal(_ tenants: Set<TenantID>?, _ maxConcurrent: Int = 1) async -> RunError? {
            await #expect(throws: RunError.self) {
                try await bench.start(app, runner, tenants: tenants, maxConcurrent: maxConcurrent)
            }
        }
        #expect(await refusal([tenantID(1), tenantID(9)]) == .unknownTenant(tenantID(9)))
        #expect(await refusal([]) == .noTenants)
        for count in [0, -1, JobRunner.mostConcurrent + 1] { #expect(await refusal(nil, count) == .invalidConcurrency) }
        #expect(try await bench.fixture.store.runs.runs(limit: 9).isEmpty)
    }

    @Test("fails every tenant of a cloud without Graph, with the reason")
    func noGraph() async throws {
        let app = try await bench.fixture.addApp(.sample(cloud: .china))
        try await bench.fixture.prove(try await bench.fixture.addTenants(1...1, cloud: .china), app)
        let run = try await bench.finished(app, ScriptedGraph { _ in .lines([]) })
        #expect(try await bench.items(run)[0].fault?.code == "cloud_not_configured")
    }
}
