package import FoundationEssentials
package import Logging

/// Runs a job tenant by tenant. Each tenant fails alone; every item's result is durable before the run may end.
package struct JobRunner: Sendable {
    private let store: any RunStore
    private let consent: any ConsentStore
    private let apps: any AppStore
    private let export: GraphExport
    private let clock: WallClock
    private let randomness: Randomness
    private let wake: Wake
    private let logger: Logger

    /// Pauses in seconds before the second, third … attempt of an item, unless the other side names one.
    package static let retryPauses: [TimeInterval] = [1, 4, 15, 60]
    package static let mostConcurrent = 256

    package init(
        store: any RunStore, consent: any ConsentStore, apps: any AppStore, export: GraphExport, clock: WallClock,
        randomness: Randomness, wake: Wake, logger: Logger
    ) {
        self.store = store
        self.consent = consent
        self.apps = apps
        self.export = export
        self.clock = clock
        self.randomness = randomness
        self.wake = wake
        self.logger = logger
    }

    /// Freezes the tenants and starts. Tenants without proven consent are skipped from the start, with the reason.
    ///
    /// - Parameter tenants: only these; every tenant of the app's cloud when `nil`.
    package func start(
        _ job: Job, app: App, tenants: Set<TenantID>?, maxConcurrent: Int, by actor: Actor
    ) async throws(RunError) -> Run {
        guard (1...Self.mostConcurrent).contains(maxConcurrent) else { throw .invalidConcurrency }
        do {
            let statuses = try await everyStatus(of: app.name).filter { tenants?.contains($0.tenant.id) ?? true }
            let missing = (tenants ?? []).subtracting(statuses.map(\.tenant.id))
            if let stranger = missing.min() { throw RunError.unknownTenant(stranger) }
            guard !statuses.isEmpty else { throw RunError.noTenants }
            let now = clock.now()
            let run = Run(
                id: RunID(at: now, randomness: randomness), app: app.name, job: job, maxConcurrent: maxConcurrent,
                createdAt: now)
            try await store.create(run, items: statuses.map { Self.item(for: $0, at: now) }, by: actor)
            wake.signal()
            return run
        } catch let error as RunError {
            throw error
        } catch let error as StoreError {
            throw .store(error)
        } catch {
            throw .store(.unavailable("unexpected failure"))
        }
    }

    /// Drives every run that has not ended, those of an earlier process first, until the task is cancelled.
    package func run() async {
        await requeueInterrupted()
        await withDiscardingTaskGroup { group in
            var driven: Set<RunID> = []
            while !Task.isCancelled {
                do {
                    for run in try await store.unfinishedRuns() where driven.insert(run.id).inserted {
                        group.addTask { await self.driveToEnd(run) }
                    }
                    await wake.wait(until: nil, now: clock.now())
                } catch {
                    logger.error("runs paused", metadata: ["reason": "\(error)"])
                    await wake.wait(until: clock.now() + 5, now: clock.now())
                }
            }
        }
    }

    /// Without this no item of an earlier process would ever be taken up, so it is tried until it works.
    private func requeueInterrupted() async {
        while !Task.isCancelled {
            do {
                return try await store.requeueInterrupted()
            } catch {
                logger.error("runs not resumed", metadata: ["reason": "\(error)"])
                await Wake().wait(until: clock.now() + 5, now: clock.now())
            }
        }
    }

    private func driveToEnd(_ run: Run) async {
        while !Task.isCancelled {
            do {
                try await drive(run)
                if try await store.run(run.id)?.state.isFinal ?? true { return }
            } catch {
                logger.error("run paused", metadata: ["run": "\(run.id)", "reason": "\(error)"])
                await Wake().wait(until: clock.now() + 5, now: clock.now())
            }
        }
    }

    /// Works until every item has ended. A cancelled task leaves the rest to the next process.
    private func drive(_ run: Run) async throws(StoreError) {
        guard let app = try await apps.app(run.app) else { throw .notFound("App '\(run.app)'") }
        let slots = Wake()
        let running = Counter()
        let failure: StoreError? = await withDiscardingTaskGroup { group in
            do throws(StoreError) {
                while !Task.isCancelled {
                    let free = run.maxConcurrent - running.value
                    for item in free > 0 ? try await store.claim(from: run.id, limit: free, at: clock.now()) : [] {
                        running.add(1)
                        group.addTask {
                            await self.work(on: item, of: run, app: app)
                            running.add(-1)
                            slots.signal()
                        }
                    }
                    let isIdle = running.value == 0
                    let due = try await store.nextDue(in: run.id)
                    if due == nil, isIdle { break }
                    await slots.wait(until: running.value < run.maxConcurrent ? due : nil, now: clock.now())
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
        if !Task.isCancelled { try await store.close(run.id, at: clock.now()) }
    }

    private func work(on item: ClaimedItem, of run: Run, app: App) async {
        let outcome = await outcome(of: item, run, app)
        while true {
            do {
                return try await book(outcome, item, run)
            } catch {
                logger.error(
                    "result not stored",
                    metadata: ["run": "\(run.id)", "tenant": "\(item.tenant)", "reason": "\(error)"])
                // Left `running` in the store, it is taken up again by the next process.
                if Task.isCancelled { return }
                await Wake().wait(until: clock.now() + 1, now: clock.now())
            }
        }
    }

    private func outcome(of item: ClaimedItem, _ run: Run, _ app: App) async -> ItemOutcome {
        do {
            // It may have been paused since the run began.
            if let fault = try await consent.status(of: item.tenant, app: app.name)?.tenant.rest {
                return .skipped(fault)
            }
        } catch {
            return .retry(
                after: nil, Fault(code: error.problem.code, detail: error.problem.detail, whoMustAct: .you))
        }
        switch run.job {
        case .graphGet(let path):
            return await export.execute(path, tenant: item.tenant, app: app, run: run.id)
        }
    }

    private func book(_ outcome: ItemOutcome, _ item: ClaimedItem, _ run: Run) async throws(StoreError) {
        let now = clock.now()
        func finish(_ state: ItemState, retryAt: Date? = nil, fault: Fault? = nil, rows: Int = 0)
            async throws(StoreError)
        {
            _ = try await store.finish(
                item, of: run.id, state: state, retryAt: retryAt, fault: fault, rows: rows, at: now)
        }
        switch outcome {
        case .succeeded(let rows): try await finish(.succeeded, rows: rows)
        case .failed(let fault): try await finish(.failed, fault: fault)
        case .skipped(let fault): try await finish(.skipped, fault: fault)
        case .interrupted: try await finish(.waiting, retryAt: now)
        case .retry(let after, let fault):
            guard item.attempt <= Self.retryPauses.count else { return try await finish(.failed, fault: fault) }
            let pause = after ?? Self.retryPauses[item.attempt - 1] * randomness.jitter()
            try await finish(.waiting, retryAt: now + pause, fault: fault)
        }
    }

    private func everyStatus(of app: AppName) async throws(StoreError) -> [ConsentStatus] {
        var all: [ConsentStatus] = []
        while true {
            let page = try await consent.statuses(of: app, after: all.last?.tenant.id, limit: 1_000)
            all += page
            if page.count < 1_000 { return all }
        }
    }

    private static func item(for status: ConsentStatus, at now: Date) -> RunItem {
        let connection = status.connection
        if let fault = status.tenant.rest {
            return RunItem(tenant: connection.tenant, state: .skipped, fault: fault, finishedAt: now)
        }
        guard !connection.isProven else { return RunItem(tenant: connection.tenant, state: .waiting) }
        let fault = Fault(
            code: "not_consented", detail: "The tenant has no proven consent (state: \(connection.state.rawValue)).",
            whoMustAct: connection.note?.whoMustAct ?? .customerAdmin, trace: connection.note?.trace)
        return RunItem(tenant: connection.tenant, state: .skipped, fault: fault, finishedAt: now)
    }
}

extension Tenant {
    /// Why no job works on it; `nil` for an active one.
    fileprivate var rest: Fault? {
        guard state != .active else { return nil }
        let reason = stateReason.map { ": \($0)" } ?? ""
        return Fault(
            code: "tenant_\(state.rawValue)",
            detail: "The tenant is \(state.rawValue)\(reason)\(reason.hasSuffix(".") ? "" : ".")", whoMustAct: .you)
    }
}

/// Why a run was not started.
package enum RunError: ExplainedError, Equatable {
    case invalidConcurrency
    case noTenants
    case unknownTenant(TenantID)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalidConcurrency:
            Problem(
                .invalid, code: "concurrency_invalid", detail: "That many tenants cannot be worked on at once.",
                nextStep: "Choose from 1 to \(JobRunner.mostConcurrent).")
        case .noTenants:
            Problem(
                .invalid, code: "no_tenants", detail: "There is no tenant to work on.",
                nextStep: "Add tenants with `tenantry tenant add` or `tenantry tenant import`.")
        case .unknownTenant(let id):
            Problem(
                .notFound, code: "tenant_not_onboarded",
                detail: "Tenant \(id) is not onboarded in the cloud of this app.",
                nextStep: "See `tenantry tenant show \(id)` for its cloud.")
        case .store(let error): error.problem
        }
    }
}
