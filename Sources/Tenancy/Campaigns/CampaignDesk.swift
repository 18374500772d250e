/// What an operator wants to ask whom.
package struct CampaignWish: Sendable {
    package let name: String
    /// The newest when `nil`.
    package let release: Int?
    package let selector: Selector
    package let schedule: CampaignSchedule
    /// What ``CampaignPreview/tenantsHash`` was when somebody looked; `nil` when nobody has.
    package let tenantsHash: String?

    package init(
        name: String, release: Int?, selector: Selector, schedule: CampaignSchedule, tenantsHash: String?
    ) {
        self.name = name
        self.release = release
        self.selector = selector
        self.schedule = schedule
        self.tenantsHash = tenantsHash
    }
}

/// What a campaign would do.
package struct CampaignPreview: Sendable {
    package let app: AppName
    package let release: Int
    /// Active tenants of the app's cloud that the selector means.
    package let selected: Int
    /// Those of them that have granted the release already, and are left out.
    package let alreadyGranted: Int
    /// Who would be asked, wave by wave.
    package let waves: [[TenantID]]
    /// Equal for equal sets.
    package let tenantsHash: String
}

/// Starts campaigns and changes their course.
package struct CampaignDesk: Sendable {
    private let apps: any AppStore
    private let fleet: any FleetReader
    private let store: any CampaignStore
    private let links: any ConsentStore
    private let clock: WallClock
    private let randomness: Randomness
    private let wake: Wake

    /// - Parameter wake: ends the wait of ``CampaignLoop``.
    package init(
        apps: any AppStore, fleet: any FleetReader, store: any CampaignStore,
        links: any ConsentStore, clock: WallClock, randomness: Randomness, wake: Wake
    ) {
        self.apps = apps
        self.fleet = fleet
        self.store = store
        self.links = links
        self.clock = clock
        self.randomness = randomness
        self.wake = wake
    }

    /// Says what a campaign would do, and changes nothing.
    package func preview(_ wish: CampaignWish, app: App) async throws(CampaignError) -> CampaignPreview {
        guard app.redirectURI != nil, app.audience == .anyTenant else { throw .ownTenantOnly(app.name) }
        guard (1...100).contains(wish.name.count), wish.name.unicodeScalars.allSatisfy({ $0.value >= 0x20 }) else {
            throw .invalidName
        }
        do {
            let current = try await apps.currentRelease(of: app.name).number
            guard wish.release ?? current == current else {
                throw CampaignError.notCurrent(wanted: wish.release ?? current, current: current)
            }
            let selector = wish.selector.and([.life([.active]), .cloud([app.cloud])])
            var (selected, wanting): (Int, [TenantID]) = (0, [])
            var last: TenantID?
            repeat {
                let page = try await fleet.statuses(of: app.name, selector, after: last, limit: 5_000)
                selected += page.count
                wanting += page.filter { !$0.connection.hasGranted(current) }.map(\.tenant.id)
                last = page.count < 5_000 ? nil : page.last?.tenant.id
            } while last != nil
            guard !wanting.isEmpty else { throw CampaignError.nobody(selected: selected) }
            var left = wanting[...]
            let waves = wish.schedule.waves.sizes(of: wanting.count).map { size in
                defer { left = left.dropFirst(size) }
                return Array(left.prefix(size))
            }
            return CampaignPreview(
                app: app.name, release: current, selected: selected, alreadyGranted: selected - wanting.count,
                waves: waves, tenantsHash: TenantID.hash(of: wanting))
        } catch {
            throw CampaignError(error)
        }
    }

    /// Freezes the tenants and begins with the first wave.
    ///
    /// - Throws: ``CampaignError/changed(_:)`` when the selector means other tenants than somebody saw.
    package func start(_ wish: CampaignWish, app: App, by actor: Actor) async throws(CampaignError) -> Campaign {
        let preview = try await preview(wish, app: app)
        guard wish.tenantsHash ?? preview.tenantsHash == preview.tenantsHash else {
            throw .changed(preview.tenantsHash)
        }
        let now = clock.now()
        let campaign = Campaign(
            id: CampaignID(randomness), name: wish.name, app: app.name, release: preview.release,
            selector: wish.selector, schedule: wish.schedule, startedAt: now, nextWaveAt: now)
        do { try await store.start(campaign, waves: preview.waves, by: actor) } catch { throw .store(error) }
        wake.signal()
        return campaign
    }

    /// Pauses, resumes or cancels. A cancelled campaign takes its open links back; cancelled again, those that are left.
    package func change(
        _ id: CampaignID, to state: CampaignState, by actor: Actor
    ) async throws(CampaignError) -> Campaign {
        do {
            guard let campaign = try await store.change(id, to: state, by: actor, at: clock.now()) else {
                guard let over = try await store.campaign(id) else { throw CampaignError.unknown(id.description) }
                guard state == .cancelled, over.state == .cancelled else { throw CampaignError.over(id) }
                // What interrupted the first cancelling may have left links open.
                try await cancelLinks(of: id, by: actor)
                return over
            }
            if state == .cancelled { try await cancelLinks(of: id, by: actor) }
            wake.signal()
            return campaign
        } catch {
            throw CampaignError(error)
        }
    }

    /// Opens the next wave now.
    package func advance(_ id: CampaignID, by actor: Actor) async throws(CampaignError) -> Campaign {
        do {
            guard try await store.hurry(id, by: actor, at: clock.now()) else { throw CampaignError.notRunning(id) }
            guard let campaign = try await store.campaign(id) else { throw CampaignError.unknown(id.description) }
            wake.signal()
            return campaign
        } catch {
            throw CampaignError(error)
        }
    }

    private func cancelLinks(of id: CampaignID, by actor: Actor) async throws(StoreError) {
        var last: TenantID?
        repeat {
            let page = try await store.members(id, after: last, limit: 1_000, at: clock.now())
            for member in page {
                // One that is not open any more stays as it is.
                if let link = member.link { _ = try await links.cancel(link.id, by: actor, at: clock.now()) }
            }
            last = page.last?.tenant.id
        } while last != nil
    }
}

extension CampaignError {
    init(_ error: any Error) {
        self =
            switch error {
            case let error as CampaignError: error
            case let error as StoreError: .store(error)
            default: .store(.unavailable("unexpected failure"))
            }
    }
}

extension Connection {
    /// Whether that release, or one that came after it, is proven.
    func hasGranted(_ release: Int) -> Bool { provenRelease.map { $0 >= release } ?? false }
}
