import Synchronization

/// What became of one tenant of a plan.
package enum BulkRow: Sendable {
    case changed(Tenant)
    case unchanged(Tenant)
    case linked(ConsentLink)
    /// - name: `nil` when the tenant is not known any more.
    case refused(TenantID, name: String?, code: String, detail: String)
}

/// A plan that is used up, and what its changes have come to.
package struct TakenPlan: Sendable {
    package let plan: BulkPlan
    let outcomes: [TenantChange.Outcome]
}

/// Makes plans for many tenants and carries them out.
package struct BulkDesk: Sendable {
    private let store: any BulkStore
    private let tenants: any TenantStore
    private let apps: any AppStore
    private let consent: ConsentBroker
    private let clock: WallClock
    private let randomness: Randomness
    /// Links made at once: enough for the store to write many with one flush.
    private static let linksAtOnce = 64

    package init(
        store: any BulkStore, tenants: any TenantStore, apps: any AppStore, consent: ConsentBroker, clock: WallClock,
        randomness: Randomness
    ) {
        self.store = store
        self.tenants = tenants
        self.apps = apps
        self.consent = consent
        self.clock = clock
        self.randomness = randomness
    }

    /// Changes nothing but the list of plans.
    package func plan(
        _ action: BulkAction, selector: Selector, app: AppName?
    ) async throws(BulkError) -> BulkPlan {
        try await store.plan(BulkPlanID(randomness), action, selector: selector, app: app, at: clock.now())
    }

    /// Uses the plan up. When this returns, a change was carried out whole; when it throws, not at all.
    package func take(
        _ id: BulkPlanID, believing action: BulkAction? = nil, selector: Selector? = nil, by actor: Actor
    ) async throws(BulkError) -> TakenPlan {
        let (plan, outcomes) = try await store.carryOut(
            id, believing: action, selector: selector, at: clock.now(), by: actor)
        return TakenPlan(plan: plan, outcomes: outcomes)
    }

    /// Does what is left: links are made one by one, each tenant for itself, and an interruption leaves those that
    /// were made.
    ///
    /// - Parameter progress: told a line after every thousand links.
    /// - Returns: a row for each tenant, by id.
    package func finish(
        _ taken: TakenPlan, by actor: Actor, progress: @escaping @Sendable (String) -> Void = { _ in }
    ) async -> [BulkRow] {
        guard case .link(let app, let life) = taken.plan.action else { return taken.outcomes.map(BulkRow.init) }
        return await link(taken.plan.tenants, app, life: life, by: actor, progress)
    }

    private func link(
        _ ids: [TenantID], _ name: AppName, life: Int, by actor: Actor, _ progress: @escaping @Sendable (String) -> Void
    ) async -> [BulkRow] {
        let rows = Mutex<[BulkRow?]>(Array(repeating: nil, count: ids.count))
        let done = Mutex(0)
        await ids.enumerated().forEachConcurrently(limit: Self.linksAtOnce) { index, id in
            let row = await linkRow(id, name, life: life, by: actor)
            rows.withLock { $0[index] = row }
            let count = done.withLock { done in
                done += 1
                return done
            }
            if count.isMultiple(of: 1_000) { progress("\(count) of \(ids.count) tenants") }
        }
        return rows.withLock { $0.compactMap { $0 } }
    }

    private func linkRow(_ id: TenantID, _ name: AppName, life: Int, by actor: Actor) async -> BulkRow {
        var tenant: Tenant?
        do {
            tenant = try await tenants.tenant(.id(id))
            guard let tenant, let app = try await apps.app(name) else {
                throw StoreError.notFound(tenant == nil ? "Tenant \(id)" : "App '\(name)'")
            }
            return .linked(try await consent.link(tenant: tenant, app: app, life: Double(life), by: actor))
        } catch {
            let problem = (error as? any ExplainedError)?.problem
            return .refused(
                id, name: tenant?.name, code: problem?.code ?? "internal",
                detail: problem?.detail ?? "The service failed where it should not.")
        }
    }
}

extension BulkRow {
    fileprivate init(_ outcome: TenantChange.Outcome) {
        self =
            switch outcome {
            case .changed(let tenant): .changed(tenant)
            case .unchanged(let tenant): .unchanged(tenant)
            case .refused(let tenant, let refusal):
                .refused(tenant.id, name: tenant.name, code: refusal.code, detail: refusal.detail)
            }
    }
}
