import FoundationEssentials
import Tenancy

/// Remembers campaigns.
struct SQLiteCampaignStore: CampaignStore {
    let database: SQLiteDatabase

    func start(_ campaign: Campaign, waves: [[TenantID]], by actor: Actor) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            try db.insert(campaign)
            for (index, tenants) in waves.enumerated() {
                for tenant in tenants {
                    try db.execute(
                        "INSERT INTO campaign_member (campaign, tenant, wave) VALUES (?1, ?2, ?3)",
                        [campaign.id, tenant, index + 1])
                }
            }
            let count = waves.reduce(0) { $0 + $1.count }
            try db.tell(
                campaign, "started", ["tenants": .number(Decimal(count))],
                "Campaign '\(campaign.name)' asks \(count) tenants for release \(campaign.release).", by: actor,
                at: campaign.startedAt)
        }
    }

    func campaigns() async throws(StoreError) -> [Campaign] {
        try database.look { (db) throws(StoreError) in
            try db.query("SELECT * FROM campaign ORDER BY started_at DESC, id", [], Campaign.init)
        }
    }

    func campaign(_ id: CampaignID) async throws(StoreError) -> Campaign? {
        try database.look { (db) throws(StoreError) in try db.campaign(id) }
    }

    func change(
        _ id: CampaignID, to state: CampaignState, by actor: Actor, at now: Date
    ) async throws(StoreError) -> Campaign? {
        try await database.write { (db) throws(StoreError) in
            guard let before = try db.campaign(id), !before.state.isOver else { return nil }
            guard before.state != state else { return before }
            try db.execute(
                "UPDATE campaign SET state = ?2, ended_at = ?3 WHERE id = ?1", [id, state, state.isOver ? now : nil])
            var data: [String: JSONValue] = [:]
            if state.isOver {
                let counts = try db.progress(of: before, at: now).reduce(into: [String: Int]()) { sum, wave in
                    for (state, count) in wave.counts { sum[state.rawValue, default: 0] += count }
                }
                data["tenants"] = .object(counts.mapValues { .number(Decimal($0)) })
            }
            let verb = state == .running ? "resumed" : state.rawValue
            try db.tell(before, verb, data, "Campaign '\(before.name)' is \(state.rawValue).", by: actor, at: now)
            return try db.campaign(id)
        }
    }

    func hurry(_ id: CampaignID, by actor: Actor, at now: Date) async throws(StoreError) -> Bool {
        try await database.write { (db) throws(StoreError) in
            let moved = try db.execute(
                """
                UPDATE campaign SET next_wave_at = ?2 WHERE id = ?1 AND state = 'running' AND next_wave_at IS NOT NULL
                """, [id, now])
            guard moved > 0, let campaign = try db.campaign(id) else { return false }
            try db.audit(
                "campaign.advance", campaign.app, "The next wave of campaign '\(campaign.name)' opens now.", by: actor,
                at: now)
            return true
        }
    }

    func progress(_ id: CampaignID, at now: Date) async throws(StoreError) -> [WaveProgress] {
        try await database.readList { (db) throws(StoreError) in
            guard let campaign = try db.campaign(id) else { return [] }
            return try db.progress(of: campaign, at: now)
        }
    }

    func opened(wave: Int, of id: CampaignID, next: Date?, at now: Date) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let moved = try db.execute(
                """
                UPDATE campaign SET open_waves = ?2, next_wave_at = ?3
                WHERE id = ?1 AND open_waves < ?2 AND state = 'running'
                """, [id, wave, next])
            guard moved > 0, let campaign = try db.campaign(id) else { return }
            try db.tell(
                campaign, "wave_opened", ["wave": .number(Decimal(wave))],
                "Wave \(wave) of campaign '\(campaign.name)' is open.", by: .service, at: now)
        }
    }
}

extension SQLConnection {
    func campaign(_ id: CampaignID) throws(StoreError) -> Campaign? {
        try first("SELECT * FROM campaign WHERE id = ?1", [id], Campaign.init)
    }

    fileprivate func insert(_ campaign: Campaign) throws(StoreError) {
        do throws(StoreError) {
            try execute(
                """
                INSERT INTO campaign (id, name, app, release, selector, waves, wave_every_s, reminders, deadline_s,
                    started_at, state, open_waves, next_wave_at, ended_at)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
                """,
                [
                    campaign.id, campaign.name, campaign.app, campaign.release, campaign.selector.description,
                    campaign.schedule.waves.description, Int(campaign.schedule.waveEvery),
                    campaign.schedule.reminders.map { String(Int($0)) }.joined(separator: ","),
                    Int(campaign.schedule.deadline), campaign.startedAt, campaign.state, campaign.openWaves,
                    campaign.nextWaveAt, campaign.endedAt,
                ])
        } catch {
            throw error.naming("Campaign \(campaign.id)", orMissing: "Release \(campaign.release)")
        }
    }

    /// Writes the event and the audit line of a campaign's change.
    func tell(
        _ campaign: Campaign, _ verb: String, _ data: [String: JSONValue], _ sentence: String, by actor: Actor,
        at now: Date
    ) throws(StoreError) {
        let common: [String: JSONValue] = [
            "campaign": .string(campaign.id.description), "name": .string(campaign.name),
            "release": .number(Decimal(campaign.release)),
        ]
        try emit("campaign.\(verb)", app: campaign.app, common.merging(data) { $1 }, by: actor, at: now)
        try audit("campaign.\(verb)", campaign.app, sentence, by: actor, at: now)
    }
}

extension Campaign {
    /// Reads the columns of `campaign`.
    init(_ row: SQLRow) throws(StoreError) {
        let damaged = StoreError.unavailable("the database is damaged: a campaign is not what belongs there")
        let reminders = try row.text("reminders").split(separator: ",").map { Int($0) }
        let schedule: CampaignSchedule
        let selector: Selector
        do {
            schedule = try CampaignSchedule(
                waves: try row.value("waves", Waves.init), waveEvery: TimeInterval(try row.integer("wave_every_s")),
                reminders: reminders.compactMap { $0.map { TimeInterval($0) } },
                deadline: TimeInterval(try row.integer("deadline_s")))
            selector = try Selector(parsing: try row.text("selector"))
        } catch {
            throw damaged
        }
        self.init(
            id: try row.value("id", CampaignID.init), name: try row.text("name"),
            app: try row.value("app", AppName.init), release: try row.integer("release"), selector: selector,
            schedule: schedule, startedAt: try row.instant("started_at"),
            state: try row.value("state", CampaignState.init), openWaves: try row.integer("open_waves"),
            nextWaveAt: try row.instantIfAny("next_wave_at"), endedAt: try row.instantIfAny("ended_at"))
    }
}
