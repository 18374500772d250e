import Foundation
import Logging
import SQLiteStore
import Tenancy
import Testing

@Suite("Campaign", .timeLimit(.minutes(1)))
struct CampaignTests {
    private struct Address: AdminConsentAddress {
        func adminConsentURL(
            cloud: Cloud, tenant: TenantID, clientID: ClientID, resources: [Resource], redirectURI: String,
            state: OneTimeState
        ) -> Secret<String>? { Secret("https://login.example") }
    }

    private struct NoAuthority: AdministratorAuthority {
        func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>? { nil }
        func redeem(
            _ code: Secret<String>, for signIn: AdministratorSignIn
        ) async throws(AdministratorSignInError) -> AdministratorIdentity { throw .unavailable("nobody is there") }
    }

    private let fixture: Fixture
    private let broker: ConsentBroker
    private let desk: CampaignDesk
    private let loop: CampaignLoop

    init() throws {
        fixture = try Fixture()
        let (store, clock) = (fixture.store, fixture.clock.wallClock)
        broker = ConsentBroker(
            apps: store.apps, tenants: store.tenants, registrations: store.registrations, store: store.consent,
            address: Address(), authority: NoAuthority(), clock: clock, randomness: fixture.randomness)
        let wake = Wake()
        desk = CampaignDesk(
            apps: store.apps, fleet: store.fleet, store: store.campaigns, links: store.consent, clock: clock,
            randomness: fixture.randomness, wake: wake)
        loop = CampaignLoop(
            store: store.campaigns, apps: store.apps, tenants: store.tenants, consent: broker, clock: clock,
            wake: wake, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func wish(
        _ waves: String = "rest", reminders: [TimeInterval] = [], deadline: TimeInterval = 10 * 86_400,
        selector: String = "", hash: String? = nil, release: Int? = nil
    ) throws -> CampaignWish {
        CampaignWish(
            name: "Autumn", release: release, selector: try Selector(parsing: selector),
            schedule: try CampaignSchedule(
                waves: try #require(Waves(waves)), waveEvery: 86_400, reminders: reminders, deadline: deadline),
            tenantsHash: hash)
    }

    /// A campaign over so many tenants, none of which has granted anything.
    private func begin(
        _ count: Int, _ waves: String = "rest", reminders: [TimeInterval] = [], deadline: TimeInterval = 10 * 86_400
    ) async throws -> (campaign: Campaign, app: App, tenants: [Tenant]) {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...count)
        let campaign = try await desk.start(
            try wish(waves, reminders: reminders, deadline: deadline), app: app, by: .service)
        return (campaign, app, tenants)
    }

    private func step(_ campaign: Campaign) async throws -> Campaign {
        let now = try #require(try await fixture.store.campaigns.campaign(campaign.id))
        if now.state == .running { try await loop.step(now) }
        return try #require(try await fixture.store.campaigns.campaign(campaign.id))
    }

    private func states(_ campaign: Campaign) async throws -> [MemberState] {
        try await fixture.store.campaigns.members(campaign.id, after: nil, limit: 1_000, at: fixture.clock.now).map(
            \.state)
    }

    private func events(_ type: String) async throws -> [Event] {
        try await fixture.store.events.events(after: 0, tenant: nil, limit: 10_000).filter { $0.type == type }
    }

    @Test("says whom it would ask, leaves out who has granted already, and changes nothing")
    func preview() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...5)
        try await fixture.prove([tenants[0]], app)
        let preview = try await desk.preview(try wish("1,50%,rest"), app: app)
        #expect(preview.selected == 5 && preview.alreadyGranted == 1)
        #expect(preview.waves.map(\.count) == [1, 2, 1])
        #expect(preview.waves.flatMap { $0 } == tenants.dropFirst().map(\.id))
        #expect(try await fixture.store.campaigns.campaigns().isEmpty)
    }

    @Test("is refused for another set than the one that was seen, for nobody, and for an older release")
    func refusals() async throws {
        let app = try await fixture.addApp()
        let tenants = try await fixture.addTenants(1...2)
        func refusal(_ wish: CampaignWish) async -> CampaignError? {
            await #expect(throws: CampaignError.self) { try await desk.start(wish, app: app, by: .service) }
        }
        let seen = try await desk.preview(try wish(), app: app).tenantsHash
        _ = try await fixture.addTenants(3...3)
        let now = try await desk.preview(try wish(), app: app).tenantsHash
        #expect(await refusal(try wish(hash: seen)) == .changed(now))
        #expect(await refusal(try wish(selector: "ring=none")) == .nobody(selected: 0))
        #expect(await refusal(try wish(release: 2)) == .notCurrent(wanted: 2, current: 1))
        try await fixture.prove(tenants, app)
        #expect(await refusal(try wish(selector: "state=granted")) == .nobody(selected: 2))
        #expect(try await fixture.store.campaigns.campaigns().isEmpty)
    }

    @Test("opens wave after wave, each in its time, and makes each link once")
    func waves() async throws {
        var (campaign, _, _) = try await begin(4, "1,50%,rest")
        campaign = try await step(campaign)
        #expect(campaign.openWaves == 1 && campaign.nextWaveAt == fixture.clock.now + 86_400)
        #expect(try await states(campaign) == [.sent, .waiting, .waiting, .waiting])
        fixture.clock.advance(86_399)
        campaign = try await step(campaign)
        #expect(campaign.openWaves == 1)
        fixture.clock.advance(1)
        campaign = try await step(campaign)
        #expect(try await states(campaign) == [.sent, .sent, .sent, .waiting])
        #expect(try await desk.advance(campaign.id, by: .service).nextWaveAt == fixture.clock.now)
        campaign = try await step(campaign)
        #expect(campaign.openWaves == 3 && campaign.nextWaveAt == nil)
        #expect(try await states(campaign) == [.sent, .sent, .sent, .sent])
        _ = try await step(campaign)
        #expect(try await events("link.created").count == 4)
        #expect(try await events("campaign.wave_opened").count == 3)
        let error = await #expect(throws: CampaignError.self) { try await desk.advance(campaign.id, by: .service) }
        #expect(error == .notRunning(campaign.id))
    }

    @Test("makes the links that an interruption left out, and no second one for the others")
    func interrupted() async throws {
        let (campaign, app, tenants) = try await begin(3)
        _ = try await broker.link(tenant: tenants[1], app: app, campaign: campaign.id.description, by: .service)
        _ = try await step(campaign)
        #expect(try await events("link.created").count == 3)
    }

    @Test("shows where each tenant stands by what is true of it now")
    func standing() async throws {
        var (campaign, app, tenants) = try await begin(5)
        campaign = try await step(campaign)
        func answer(_ index: Int, _ answer: ConsentAnswer) async throws {
            let links = try await fixture.store.consent.attempts(of: tenants[index].id, app.name, limit: 1)
            _ = try await fixture.store.consent.settle(links[0].id, with: answer, evidence: [], at: fixture.clock.now)
        }
        try await answer(0, .approved)
        try await answer(1, .declined(aadsts: 65_004))
        try await answer(2, .misdirected(tenantID(99)))
        try await answer(3, .approved)
        try await fixture.apply(.judged(.granted(release: 1, servicePrincipal: nil)), to: tenants[3], app)
        let expected: [MemberState] = [.verifying, .declined, .conflict, .granted, .sent]
        #expect(try await states(campaign) == expected)
        let progress = try await fixture.store.campaigns.progress(campaign.id, at: fixture.clock.now)
        #expect(progress.count == 1 && progress[0].tenants == 5)
        for state in expected { #expect(progress[0].counts[state] == 1, "\(state)") }
        // What is lost later is not granted any more.
        try await fixture.apply(.judged(.unreachable(.sample)), to: tenants[3], app)
        #expect(try await states(campaign)[3] == .verifying)
    }

    @Test("reminds those who have not answered, each time once, and nobody else")
    func reminders() async throws {
        var (campaign, app, tenants) = try await begin(3, reminders: [86_400, 2 * 86_400])
        campaign = try await step(campaign)
        let links = try await fixture.store.consent.attempts(of: tenants[0].id, app.name, limit: 1)
        _ = try await fixture.store.consent.settle(
            links[0].id, with: .declined(aadsts: nil), evidence: [], at: fixture.clock.now)
        try await fixture.prove([tenants[1]], app)
        for (pause, expected) in [(86_399, 0), (1, 1), (0, 1), (86_400, 2), (86_400, 2)] as [(TimeInterval, Int)] {
            fixture.clock.advance(pause)
            campaign = try await step(campaign)
            #expect(try await events("campaign.reminder").count == expected)
        }
        let reminders = try await events("campaign.reminder")
        #expect(reminders.allSatisfy { $0.tenant == tenants[2].id })
        for event in reminders {
            #expect(!"\(event.data)".contains(links[0].id.description), "an event is no key to a page")
        }
    }

    @Test("ends when nobody is left to ask, and at its deadline with what came of it")
    func ends() async throws {
        var (campaign, app, tenants) = try await begin(2, deadline: 3_600)
        campaign = try await step(campaign)
        try await fixture.prove(tenants, app)
        campaign = try await step(campaign)
        #expect(campaign.state == .ended && campaign.endedAt == fixture.clock.now)
        let other = try await fixture.addTenants(3...3)
        var second = try await desk.start(try wish(deadline: 3_600), app: app, by: .service)
        second = try await step(second)
        fixture.clock.advance(3_600)
        second = try await step(second)
        #expect(second.state == .ended)
        #expect(try await states(second) == [.expired], "\(other)")
        #expect(try await events("campaign.ended").count == 2)
        let late = await #expect(throws: CampaignError.self) {
            try await desk.change(second.id, to: .paused, by: .service)
        }
        #expect(late == .over(second.id))
    }

    @Test("does nothing while it is paused, and takes its open links back when it is cancelled")
    func course() async throws {
        var (campaign, app, tenants) = try await begin(2, "1,rest")
        campaign = try await step(campaign)
        _ = try await desk.change(campaign.id, to: .paused, by: .service)
        fixture.clock.advance(86_400)
        campaign = try await step(campaign)
        #expect(campaign.openWaves == 1)
        _ = try await desk.change(campaign.id, to: .running, by: .service)
        campaign = try await step(campaign)
        #expect(campaign.openWaves == 2)
        _ = try await desk.change(campaign.id, to: .cancelled, by: .service)
        #expect(try await states(campaign) == [.expired, .expired])
        for tenant in tenants { #expect(try await fixture.connection(tenant, app).state == .none) }
        #expect(try await step(campaign).state == .cancelled)
    }

    @Test("notes why no link can be made for a tenant, and goes on with the others")
    func narrowed() async throws {
        let app = try await fixture.addApp(roles: ["A", "B"])
        let tenants = try await fixture.addTenants(1...2)
        _ = try await fixture.store.consent.apply(
            .judged(.granted(release: 1, servicePrincipal: nil)), to: tenants[0].id, app.name,
            grants: ["A", "B"].map { Grant(resource: graph, role: $0, observedAt: fixture.clock.now) }, evidence: [],
            at: fixture.clock.now, by: .service)
        let number = try await fixture.store.apps.draft(
            ["A", "C"].map { Permission(resource: graph, role: $0, reason: "") }, of: app.name, by: .service,
            at: fixture.clock.now)
        try await fixture.store.apps.publish(number, of: app.name, by: .service, at: fixture.clock.now)
        #expect(try await fixture.connection(tenants[0], app).state == .behind)
        let campaign = try await step(try await desk.start(try wish(), app: app, by: .service))
        #expect(try await states(campaign) == [.refused, .sent])
        let member = try await fixture.store.campaigns.members(
            campaign.id, after: nil, limit: 1, at: fixture.clock.now)[0]
        #expect(member.fault?.code == "would_narrow" && member.fault?.detail.contains("B") == true)
    }

    @Test("cannot have a schedule that never comes to its end")
    func schedules() {
        func fails(_ waves: String, every: TimeInterval, _ reminders: [TimeInterval], _ deadline: TimeInterval) -> Bool
        {
            guard let waves = Waves(waves) else { return false }
            do {
                _ = try CampaignSchedule(waves: waves, waveEvery: every, reminders: reminders, deadline: deadline)
                return false
            } catch {
                return true
            }
        }
        #expect(!fails("1,rest", every: 60, [], 61) && fails("1,rest", every: 60, [], 60))
        #expect(fails("rest", every: 1, [], 59) && fails("rest", every: 1, [], 30 * 86_400 + 1))
        #expect(
            fails("rest", every: 0, [], 600) && fails("rest", every: 1, [5, 5], 600)
                && fails("rest", every: 1, [600], 600))
    }

    @Test("that is cancelled or paused while its links are made gets no further one")
    func stoppedAmidst() async throws {
        let (campaign, app, tenants) = try await begin(3)
        _ = try await broker.link(tenant: tenants[0], app: app, campaign: campaign.id.description, by: .service)
        _ = try await desk.change(campaign.id, to: .paused, by: .service)
        // What the loop holds in its hands is older than the pause.
        try await loop.step(campaign)
        #expect(try await events("link.created").count == 1)
        #expect(try await fixture.store.campaigns.campaign(campaign.id)?.openWaves == 0)
        await #expect(throws: ConsentError.self) {
            try await broker.link(tenant: tenants[1], app: app, campaign: campaign.id.description, by: .service)
        }
        _ = try await desk.change(campaign.id, to: .cancelled, by: .service)
        try await loop.step(campaign)
        #expect(try await states(campaign) == [.expired, .waiting, .waiting], "none is refused for ever")
    }

    @Test("that is cancelled again takes back what an interruption left open")
    func cancelledAgain() async throws {
        var (campaign, app, tenants) = try await begin(2)
        campaign = try await step(campaign)
        // The process ended between the two steps of cancelling.
        _ = try await fixture.store.campaigns.change(
            campaign.id, to: .cancelled, by: .service, at: fixture.clock.now)
        #expect(try await desk.change(campaign.id, to: .cancelled, by: .service).state == .cancelled)
        for tenant in tenants {
            let links = try await fixture.store.consent.attempts(of: tenant.id, app.name, limit: 1)
            #expect(links.map(\.outcome) == [.cancelled])
        }
        let error = await #expect(throws: CampaignError.self) {
            try await desk.change(campaign.id, to: .running, by: .service)
        }
        #expect(error == .over(campaign.id))
    }

    @Test("sends one reminder after an outage, not all that were missed")
    func missedReminders() async throws {
        var (campaign, _, _) = try await begin(1, reminders: [86_400, 2 * 86_400, 5 * 86_400])
        campaign = try await step(campaign)
        fixture.clock.advance(3 * 86_400)
        campaign = try await step(campaign)
        #expect(try await events("campaign.reminder").count == 1)
        fixture.clock.advance(2 * 86_400)
        campaign = try await step(campaign)
        #expect(try await events("campaign.reminder").count == 2)
    }

    @Test("leaves out a tenant that is put aside, and asks it when it is back")
    func putAside() async throws {
        var (campaign, _, tenants) = try await begin(2, reminders: [86_400])
        func enter(_ state: TenantState) async throws {
            _ = try await fixture.store.tenants.change(
                tenants[1].id, .enter(state, reason: nil), at: fixture.clock.now, by: .service)
        }
        try await enter(.paused)
        campaign = try await step(campaign)
        #expect(try await states(campaign) == [.sent, .waiting])
        try await enter(.active)
        campaign = try await step(campaign)
        #expect(try await states(campaign) == [.sent, .sent])
        try await enter(.quarantined)
        fixture.clock.advance(86_400)
        campaign = try await step(campaign)
        #expect(try await events("campaign.reminder").map(\.tenant) == [tenants[0].id])
    }
}
