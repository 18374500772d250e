import FoundationEssentials
package import Logging
import Synchronization

/// Makes the links of open waves, reminds, and ends campaigns. Survives restarts because all of it stands in the store.
package struct CampaignLoop: Sendable {
    private let store: any CampaignStore
    private let apps: any AppStore
    private let tenants: any TenantStore
    private let consent: ConsentBroker
    private let clock: WallClock
    private let wake: Wake
    private let logger: Logger
    /// Links made at once: enough for the store to write many with one flush.
    private static let atOnce = 64
    private static let chunk = 1_000

    package init(
        store: any CampaignStore, apps: any AppStore, tenants: any TenantStore, consent: ConsentBroker,
        clock: WallClock, wake: Wake, logger: Logger
    ) {
        self.store = store
        self.apps = apps
        self.tenants = tenants
        self.consent = consent
        self.clock = clock
        self.wake = wake
        self.logger = logger
    }

    /// Runs until the task is cancelled. A failing store is reported and asked again after a while.
    package func run() async {
        while !Task.isCancelled {
            var next = clock.now() + 30
            do {
                for campaign in try await store.campaigns() where campaign.state == .running {
                    try await step(campaign)
                    if let campaign = try await store.campaign(campaign.id), campaign.state == .running {
                        next = min(next, campaign.deadline, campaign.nextWaveAt ?? .distantFuture)
                    }
                }
            } catch {
                logger.error("campaigns paused", metadata: ["reason": "\(error)"])
                next = clock.now() + 5
            }
            let now = clock.now()
            await wake.wait(until: max(next, now + 0.25), now: now)
        }
    }

    /// Does what is due for it now.
    package func step(_ campaign: Campaign) async throws(StoreError) {
        guard let app = try await apps.app(campaign.app) else { return }
        let now = clock.now()
        if now >= campaign.deadline { return try await end(campaign, at: now) }
        if let due = campaign.nextWaveAt, due <= now {
            let wave = campaign.openWaves + 1
            try await makeLinks(campaign, app, throughWave: wave)
            let isLast = wave >= campaign.schedule.waves.parts.count
            try await store.opened(
                wave: wave, of: campaign.id, next: isLast ? nil : now + campaign.schedule.waveEvery, at: now)
        } else {
            // Those who were put aside when their wave opened, and are not any more.
            try await makeLinks(campaign, app, throughWave: campaign.openWaves)
        }
        try await remind(campaign, app)
        let progress = try await store.progress(campaign.id, at: now)
        if progress.allSatisfy(\.isSettled) { try await end(campaign, at: now) }
    }

    private func end(_ campaign: Campaign, at now: Date) async throws(StoreError) {
        _ = try await store.change(campaign.id, to: .ended, by: .service, at: now)
    }

    private func makeLinks(_ campaign: Campaign, _ app: App, throughWave wave: Int) async throws(StoreError) {
        while case let ids = try await store.withoutLink(campaign.id, throughWave: wave, limit: Self.chunk),
            !ids.isEmpty
        {
            let failure = Mutex<StoreError?>(nil)
            await ids.forEachConcurrently(limit: Self.atOnce) { id in
                do throws(StoreError) {
                    _ = try await link(id, campaign, app)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
            if let failure = failure.withLock({ $0 }) { throw failure }
        }
    }

    /// - Returns: the link; `nil` when none can be made, which is noted with the tenant.
    private func link(_ id: TenantID, _ campaign: Campaign, _ app: App) async throws(StoreError) -> ConsentLink? {
        do throws(ConsentError) {
            guard let tenant = try await tenant(id) else { throw .store(.notFound("Tenant \(id)")) }
            // Past its end a campaign makes no links, so what is left of it is never less than a moment.
            let life = max(60, campaign.deadline.timeIntervalSince(clock.now()))
            return try await consent.link(
                tenant: tenant, app: app, life: life, campaign: campaign.id.description, by: .service)
        } catch {
            if case .store(let error) = error, case .unavailable = error { throw error }
            try await store.refuse(id, in: campaign.id, Fault(error.problem))
            return nil
        }
    }

    private func tenant(_ id: TenantID) async throws(ConsentError) -> Tenant? {
        do { return try await tenants.tenant(.id(id)) } catch { throw .store(error) }
    }

    private func remind(_ campaign: Campaign, _ app: App) async throws(StoreError) {
        guard !campaign.schedule.reminders.isEmpty else { return }
        while case let due = try await store.dueReminders(campaign.id, at: clock.now(), limit: Self.chunk), !due.isEmpty
        {
            let failure = Mutex<StoreError?>(nil)
            await due.forEachConcurrently(limit: Self.atOnce) { member in
                do throws(StoreError) {
                    let now = clock.now()
                    try await store.remind(
                        member.tenant.id, in: campaign.id, number: number(of: member, campaign, at: now), at: now)
                } catch {
                    failure.withLock { $0 = $0 ?? error }
                }
            }
            if let failure = failure.withLock({ $0 }) { throw failure }
        }
    }

    /// The newest reminder that is due: after a pause or an outage nobody is sent all that were missed.
    private func number(of member: CampaignMember, _ campaign: Campaign, at now: Date) -> Int {
        let due = member.link.map { link in campaign.schedule.reminders.count { link.createdAt + $0 <= now } } ?? 0
        return max(due, member.reminders + 1)
    }
}
