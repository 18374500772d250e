import FoundationEssentials
import Hummingbird
import Tenancy

/// `/v1/campaigns`: asking many tenants for a release.
struct CampaignRoutes {
    let steps: Steps
    /// Base of the public door, without a trailing slash.
    let publicURL: String

    func add(to router: Router<OperatorContext>) {
        router.get("/v1/campaigns", use: list)
        router.post("/v1/campaigns", use: start)
        router.get("/v1/campaigns/:campaign", use: show)
        router.get("/v1/campaigns/:campaign/members", use: members)
        router.post("/v1/campaigns/:campaign/pause") { try await change($0, $1, to: .paused) }
        router.post("/v1/campaigns/:campaign/resume") { try await change($0, $1, to: .running) }
        router.post("/v1/campaigns/:campaign/cancel") { try await change($0, $1, to: .cancelled) }
        router.post("/v1/campaigns/:campaign/advance", use: advance)
    }

    private struct Wish: Decodable {
        let name: String
        let app: String?
        let release: Int?
        let selector: String
        let waves: String?
        let waveEveryS: Int?
        let remindersS: [Int]?
        let deadlineS: Int?
        let tenantsHash: String?
        let dryRun: Bool?
    }

    private struct PreviewBody: Encodable {
        let app: String
        let release: Int
        let selected: Int
        let alreadyGranted: Int
        /// Tenants of each wave.
        let waves: [Int]
        let tenants: Int
        let tenantsHash: String
    }

    private struct Body: Encodable {
        let id: String
        let name: String
        let app: String
        let release: Int
        let selector: String
        let state: String
        let startedAt: Date
        let deadlineAt: Date
        let endedAt: Date?
        let openWaves: Int
        let nextWaveAt: Date?
        let remindersS: [Int]
        let tenants: Int
        /// By state.
        let counts: [String: Int]
        let waves: [Wave]

        struct Wave: Encodable {
            let wave: Int
            let isOpen: Bool
            let tenants: Int
            let counts: [String: Int]
        }
    }

    private struct MemberBody: Encodable {
        let tenant: String
        let name: String
        let domain: String?
        let wave: Int
        let state: String
        let reminders: Int
        /// The page to send, while it can be answered.
        let link: String?
        let expiresAt: Date?
        let code: String?
        let detail: String?
    }

    @Sendable private func list(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        var bodies: [Body] = []
        for campaign in try await steps.stores.campaigns.campaigns() { bodies.append(try await body(of: campaign)) }
        return try JSONBody.response(["items": bodies])
    }

    @Sendable private func show(_ request: Request, _ context: OperatorContext) async throws -> Response {
        _ = try context.require(.viewer)
        return try JSONBody.response(try await body(of: try await campaign(in: context)))
    }

    @Sendable private func members(_ request: Request, _ context: OperatorContext) async throws -> Response {
        // With the links, which are keys to customers' pages.
        _ = try context.require(.operator)
        let page = try PageRequest(request)
        let campaign = try await campaign(in: context)
        let now = steps.clock.now()
        let members = try await steps.stores.campaigns.members(
            campaign.id, after: page.after, limit: page.limit, at: now)
        let bodies = members.map { member in
            let open = member.link.flatMap { $0.isOpen(at: now) ? $0 : nil }
            return MemberBody(
                tenant: member.tenant.id.description, name: member.tenant.name,
                domain: member.tenant.domain?.description, wave: member.wave, state: member.state.rawValue,
                reminders: member.reminders, link: open.map { "\(publicURL)/connect/\($0.id)" },
                expiresAt: open?.expiresAt, code: member.fault?.code, detail: member.fault?.detail)
        }
        return try Page(bodies, last: members.last?.tenant.id, request: page).response(to: request)
    }

    @Sendable private func start(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let body = try await JSONBody.read(Wish.self, from: request)
        let app = try await steps.registrar.app(named: body.app)
        let wish = try await wish(body, app)
        guard body.dryRun != true else {
            let preview = try await steps.campaigns.preview(wish, app: app)
            return try JSONBody.response(
                PreviewBody(
                    app: preview.app.description, release: preview.release, selected: preview.selected,
                    alreadyGranted: preview.alreadyGranted, waves: preview.waves.map(\.count),
                    tenants: preview.selected - preview.alreadyGranted, tenantsHash: preview.tenantsHash))
        }
        let campaign = try await steps.campaigns.start(wish, app: app, by: actor)
        return try JSONBody.response(try await self.body(of: campaign), status: .created)
    }

    private func wish(_ body: Wish, _ app: App) async throws -> CampaignWish {
        guard let waves = body.waves.map(Waves.init) ?? .one else {
            throw CampaignError.schedule("The waves cannot be read.")
        }
        let day = 86_400
        let schedule = try CampaignSchedule(
            waves: waves, waveEvery: TimeInterval(body.waveEveryS ?? day),
            reminders: (body.remindersS ?? []).map { TimeInterval($0) },
            deadline: TimeInterval(body.deadlineS ?? 30 * day))
        let selection = try await steps.selection(body.selector, app: app.name.description)
        return CampaignWish(
            name: body.name, release: body.release, selector: selection.selector, schedule: schedule,
            tenantsHash: body.tenantsHash)
    }

    private func change(
        _ request: Request, _ context: OperatorContext, to state: CampaignState
    ) async throws -> Response {
        let actor = try context.require(.operator)
        let campaign = try await campaign(in: context)
        return try JSONBody.response(
            try await body(of: try await steps.campaigns.change(campaign.id, to: state, by: actor)))
    }

    @Sendable private func advance(_ request: Request, _ context: OperatorContext) async throws -> Response {
        let actor = try context.require(.operator)
        let campaign = try await campaign(in: context)
        return try JSONBody.response(try await body(of: try await steps.campaigns.advance(campaign.id, by: actor)))
    }

    private func campaign(in context: OperatorContext) async throws -> Campaign {
        let text = try context.parameters.require("campaign")
        guard let id = CampaignID(text), let campaign = try await steps.stores.campaigns.campaign(id) else {
            throw CampaignError.unknown(text)
        }
        return campaign
    }

    private func body(of campaign: Campaign) async throws -> Body {
        let progress = try await steps.stores.campaigns.progress(campaign.id, at: steps.clock.now())
        func names(_ counts: [MemberState: Int]) -> [String: Int] {
            Dictionary(uniqueKeysWithValues: counts.map { ($0.key.rawValue, $0.value) })
        }
        let total = progress.reduce(into: [MemberState: Int]()) { $0.merge($1.counts, uniquingKeysWith: +) }
        return Body(
            id: campaign.id.description, name: campaign.name, app: campaign.app.description,
            release: campaign.release, selector: campaign.selector.description, state: campaign.state.rawValue,
            startedAt: campaign.startedAt, deadlineAt: campaign.deadline, endedAt: campaign.endedAt,
            openWaves: campaign.openWaves, nextWaveAt: campaign.nextWaveAt,
            remindersS: campaign.schedule.reminders.map { Int($0) },
            tenants: progress.reduce(0) { $0 + $1.tenants }, counts: names(total),
            waves: progress.map { wave in
                Body.Wave(
                    wave: wave.wave, isOpen: wave.wave <= campaign.openWaves, tenants: wave.tenants,
                    counts: names(wave.counts))
            })
    }
}
