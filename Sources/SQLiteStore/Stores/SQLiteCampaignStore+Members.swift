import FoundationEssentials
import Tenancy

/// Where the tenants of a campaign stand. That is read from their connections and links, and never kept twice.
extension SQLiteCampaignStore {
    func members(
        _ id: CampaignID, after tenant: TenantID?, limit: Int, at now: Date
    ) async throws(StoreError) -> [CampaignMember] {
        try await database.readList { (db) throws(StoreError) in
            guard let campaign = try db.campaign(id) else { return [] }
            let rows = try db.query(
                """
                SELECT \(MemberRow.columns)
                FROM campaign_member AS m JOIN tenant ON tenant.id = m.tenant
                LEFT JOIN connection ON connection.app = ?2 AND connection.tenant = m.tenant
                WHERE m.campaign = ?1 AND m.tenant > ?3 ORDER BY m.tenant LIMIT ?4
                """, [id, campaign.app, tenant?.description ?? "", limit]
            ) { (row) throws(StoreError) in try MemberRow(row, app: campaign.app) }
            return try db.members(rows, of: campaign, at: now)
        }
    }

    func withoutLink(_ id: CampaignID, throughWave wave: Int, limit: Int) async throws(StoreError) -> [TenantID] {
        try await database.readList { (db) throws(StoreError) in
            try db.query(
                """
                SELECT m.tenant FROM campaign_member AS m JOIN campaign ON campaign.id = m.campaign
                JOIN tenant ON tenant.id = m.tenant AND tenant.state = 'active'
                LEFT JOIN connection AS c ON c.app = campaign.app AND c.tenant = m.tenant
                WHERE m.campaign = ?1 AND campaign.state = 'running' AND m.wave <= ?2 AND m.fault_code IS NULL
                    AND NOT EXISTS (SELECT 1 FROM consent_attempt AS a WHERE a.campaign = ?1 AND a.tenant = m.tenant)
                    AND NOT (ifnull(c.state, '') IN ('granted', 'behind') AND c.release >= campaign.release)
                ORDER BY m.wave, m.tenant LIMIT ?3
                """, [id, wave, limit]
            ) { (row) throws(StoreError) in try row.value("tenant") { TenantID($0) } }
        }
    }

    func refuse(_ tenant: TenantID, in id: CampaignID, _ fault: Fault) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            _ = try db.execute(
                """
                UPDATE campaign_member SET fault_code = ?3, fault_detail = ?4, fault_who = ?5, fault_aadsts = ?6,
                    fault_correlation = ?7, fault_trace = ?8
                WHERE campaign = ?1 AND tenant = ?2
                    AND EXISTS (SELECT 1 FROM campaign WHERE id = ?1 AND state = 'running')
                """,
                [
                    id, tenant, fault.code, fault.detail, fault.whoMustAct, fault.trace?.aadsts,
                    fault.trace?.correlationID, fault.trace?.traceID,
                ])
        }
    }

    func dueReminders(_ id: CampaignID, at now: Date, limit: Int) async throws(StoreError) -> [CampaignMember] {
        try await database.readList { (db) throws(StoreError) in
            guard let campaign = try db.campaign(id) else { return [] }
            var due: [CampaignMember] = []
            // One query for each reminder: those who had so many, and whose link is old enough for the next.
            for (sent, pause) in campaign.schedule.reminders.enumerated() where due.count < limit {
                let rows = try db.query(
                    """
                    SELECT \(MemberRow.columns)
                    FROM campaign_member AS m JOIN tenant ON tenant.id = m.tenant AND tenant.state = 'active'
                    JOIN consent_attempt AS a ON a.campaign = m.campaign AND a.tenant = m.tenant
                    LEFT JOIN connection ON connection.app = ?2 AND connection.tenant = m.tenant
                    WHERE m.campaign = ?1 AND m.reminders = ?3 AND a.created_at <= ?4 AND a.expires_at > ?5
                        AND (a.outcome IS NULL OR a.outcome IN ('requested', 'failed', 'misdirected'))
                        AND NOT (ifnull(connection.state, '') IN ('granted', 'behind')
                            AND connection.release >= ?6)
                    ORDER BY m.tenant LIMIT ?7
                    """, [id, campaign.app, sent, now - pause, now, campaign.release, limit]
                ) { (row) throws(StoreError) in try MemberRow(row, app: campaign.app) }
                due += try db.members(rows, of: campaign, at: now)
            }
            return due
        }
    }

    func remind(
        _ tenant: TenantID, in id: CampaignID, number: Int, at now: Date
    ) async throws(StoreError) {
        try await database.write { (db) throws(StoreError) in
            let moved = try db.execute(
                """
                UPDATE campaign_member SET reminders = ?3 WHERE campaign = ?1 AND tenant = ?2 AND reminders < ?3
                """, [id, tenant, number])
            guard moved > 0, let campaign = try db.campaign(id) else { return }
            try db.emit(
                "campaign.reminder", tenant: tenant, app: campaign.app,
                [
                    "campaign": .string(id.description), "name": .string(campaign.name),
                    "number": .number(Decimal(number)),
                    "of": .number(Decimal(campaign.schedule.reminders.count)),
                ], by: .service, at: now)
        }
    }
}

extension SQLConnection {
    func progress(of campaign: Campaign, at now: Date) throws(StoreError) -> [WaveProgress] {
        let rows = try query(
            """
            SELECT m.wave, m.fault_code IS NOT NULL AS refused, c.state, c.release, a.id IS NOT NULL AS linked,
                a.outcome, a.expires_at > ?3 AS living, count(*) AS tenants
            FROM campaign_member AS m
            LEFT JOIN connection AS c ON c.app = ?2 AND c.tenant = m.tenant
            LEFT JOIN consent_attempt AS a ON a.id = (SELECT x.id FROM consent_attempt AS x
                WHERE x.campaign = m.campaign AND x.tenant = m.tenant ORDER BY x.created_at DESC LIMIT 1)
            WHERE m.campaign = ?1 GROUP BY 1, 2, 3, 4, 5, 6, 7
            """, [campaign.id, campaign.app, now]
        ) { (row) throws(StoreError) in
            let state = try row.valueIfAny("state", ConnectionState.init) ?? .none
            let outcome = try row.valueIfAny("outcome", ConsentAttempt.Outcome.init)
            let isOpen = try row.integerIfAny("living") == 1 && outcome?.isFinal != true
            let proven = state.isConsented ? try row.integerIfAny("release") : nil
            let standing = MemberState(
                isRefused: try row.integer("refused") == 1, proven: proven, connection: state,
                release: campaign.release, link: try row.integer("linked") == 1 ? (outcome, isOpen) : nil)
            return (wave: try row.integer("wave"), state: standing, tenants: try row.integer("tenants"))
        }
        return Dictionary(grouping: rows, by: \.wave).sorted { $0.key < $1.key }.map { wave, rows in
            WaveProgress(wave: wave, counts: rows.reduce(into: [:]) { $0[$1.state, default: 0] += $1.tenants })
        }
    }

    /// Adds the newest link of each.
    fileprivate func members(
        _ rows: [MemberRow], of campaign: Campaign, at now: Date
    ) throws(StoreError) -> [CampaignMember] {
        guard let first = rows.first?.tenant.id, let last = rows.last?.tenant.id else { return [] }
        let links = try query(
            """
            SELECT * FROM consent_attempt WHERE campaign = ?1 AND tenant BETWEEN ?2 AND ?3 ORDER BY created_at
            """, [campaign.id, first, last], ConsentAttempt.init)
        let newest = Dictionary(links.map { ($0.tenant, $0) }) { $1 }
        return rows.map { row in
            let link = newest[row.tenant.id]
            let state = MemberState(
                isRefused: row.fault != nil, proven: row.connection.provenRelease, connection: row.connection.state,
                release: campaign.release, link: link.map { ($0.outcome, $0.isOpen(at: now)) })
            return CampaignMember(
                tenant: row.tenant, wave: row.wave, state: state, link: link, reminders: row.reminders,
                fault: row.fault)
        }
    }
}

/// A member without its link.
private struct MemberRow {
    /// Of `connection`, of `tenant`, and of `campaign_member` under the name m.
    static let columns = """
        connection.*, \(Tenant.columns), m.wave, m.reminders, m.fault_code, m.fault_detail, m.fault_who,
        m.fault_aadsts, m.fault_correlation, m.fault_trace
        """

    let tenant: Tenant
    let connection: Connection
    let wave: Int
    let reminders: Int
    let fault: Fault?

    init(_ row: SQLRow, app: AppName) throws(StoreError) {
        tenant = try Tenant(row)
        connection = try Connection(row, tenant: tenant.id, app: app)
        wave = try row.integer("wave")
        reminders = try row.integer("reminders")
        fault = try Fault(row, prefix: "fault")
    }
}
