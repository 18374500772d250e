import FoundationEssentials
package import Logging
import Synchronization

/// Takes the looks that are due, and survives restarts because what is due stands in the store.
///
/// Looks that somebody waits for, after a claim or a doubt, come first. Routine looks at what was proven long ago have
/// a budget of their own.
package final class VerificationLoop: Sendable {
    private let verifier: GrantVerifier
    private let apps: any AppStore
    private let store: any ConsentStore
    private let clock: WallClock
    private let wake: Wake
    private let logger: Logger
    private let budget: Mutex<RecheckBudget>
    /// How many tenants are looked at together.
    private static let concurrency = 16

    package init(
        verifier: GrantVerifier, apps: any AppStore, store: any ConsentStore, clock: WallClock, wake: Wake,
        logger: Logger, rechecksPerMinute: Int = RecheckBudget.defaultRate
    ) {
        self.verifier = verifier
        self.apps = apps
        self.store = store
        self.clock = clock
        self.wake = wake
        self.logger = logger
        budget = Mutex(RecheckBudget(perMinute: rechecksPerMinute))
    }

    /// Runs until the task is cancelled. A failing store is reported and asked again after a while.
    package func run() async {
        // Side by side, so that nobody waits for routine looks at an authority that hangs.
        await withTaskGroup { group in
            group.addTask {
                await self.repeating(until: self.wake) { () async throws(StoreError) in
                    try await self.takeDueLooks()
                    return try await self.store.nextCheck() ?? .distantFuture
                }
            }
            group.addTask {
                await self.repeating(until: Wake()) { () async throws(StoreError) in
                    try await self.takeRoutineLooks() ? self.clock.now() + 1 : .distantFuture
                }
            }
        }
    }

    /// - Parameter work: says when it wants to be done next. Whatever that is, the authority is never asked in a hot
    ///   loop, and nothing that is due is overlooked for longer than a minute.
    private func repeating(until wake: Wake, _ work: () async throws(StoreError) -> Date) async {
        while !Task.isCancelled {
            do throws(StoreError) {
                let next = try await work()
                let now = clock.now()
                await wake.wait(until: min(max(next, now + 0.25), now + 60), now: now)
            } catch {
                logger.error("verification paused", metadata: ["reason": "\(error)"])
                await wake.wait(until: clock.now() + 5, now: clock.now())
            }
        }
    }

    /// Takes every look that is due now, once.
    ///
    /// - Throws: the first failure of the store, after every look was taken.
    package func takeDueLooks() async throws(StoreError) {
        try await look(at: try await store.dueChecks(at: clock.now(), limit: 500))
    }

    /// Takes the routine looks that are due, as far as the budget goes.
    ///
    /// - Returns: whether some are left.
    /// - Throws: as ``takeDueLooks()``.
    package func takeRoutineLooks() async throws(StoreError) -> Bool {
        let allowance = budget.withLock { $0.take(at: clock.now()) }
        let due = try await store.dueRechecks(at: clock.now(), limit: allowance + 1)
        budget.withLock { $0.giveBack(max(0, allowance - due.count)) }
        try await look(at: Array(due.prefix(allowance)))
        // What they found may have to be looked at again soon.
        if !due.isEmpty { wake.signal() }
        return due.count > allowance
    }

    private func look(at due: [(tenant: TenantID, app: AppName)]) async throws(StoreError) {
        guard !due.isEmpty else { return }
        let apps = Dictionary(uniqueKeysWithValues: try await apps.apps().map { ($0.name, $0) })
        let failure = Mutex<StoreError?>(nil)
        await due.forEachConcurrently(limit: Self.concurrency) { tenant, name in
            guard let app = apps[name] else { return }
            do throws(StoreError) {
                let connection = try await self.verifier.verify(tenant, app: app, by: .service)
                self.logger.info(
                    "consent checked",
                    metadata: ["tenant": "\(tenant)", "app": "\(name)", "state": "\(connection.state.rawValue)"])
            } catch {
                self.logger.error("consent not checked", metadata: ["tenant": "\(tenant)", "reason": "\(error)"])
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
