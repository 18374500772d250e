extension Migration {
    /// Campaigns.
    static let schema6 = Migration(
        version: 6,
        sql: """
            CREATE TABLE campaign (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
                name TEXT NOT NULL,
                app TEXT NOT NULL REFERENCES app (name),
                release INTEGER NOT NULL,
                selector TEXT NOT NULL,
                waves TEXT NOT NULL, -- '1,5%,rest'
                wave_every_s INTEGER NOT NULL CHECK (wave_every_s > 0),
                reminders TEXT NOT NULL, -- seconds after the link was made, rising, separated by commas
                deadline_s INTEGER NOT NULL CHECK (deadline_s > 0),
                started_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'ended', 'cancelled')),
                open_waves INTEGER NOT NULL DEFAULT 0,
                next_wave_at INTEGER,
                ended_at INTEGER,
                FOREIGN KEY (app, release) REFERENCES app_release (app, number),
                CHECK ((state IN ('ended', 'cancelled')) = (ended_at IS NOT NULL))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX campaign_of_app ON campaign (app);

            CREATE TABLE campaign_member (
                campaign TEXT NOT NULL REFERENCES campaign (id),
                tenant TEXT NOT NULL REFERENCES tenant (id),
                wave INTEGER NOT NULL CHECK (wave >= 1),
                reminders INTEGER NOT NULL DEFAULT 0,
                fault_code TEXT,
                fault_detail TEXT,
                fault_who TEXT CHECK (fault_who IN ('you', 'customer_admin', 'microsoft', 'nobody_wait')),
                fault_aadsts INTEGER,
                fault_correlation TEXT,
                fault_trace TEXT,
                PRIMARY KEY (campaign, tenant)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX campaign_member_of_wave ON campaign_member (campaign, wave, tenant);
            CREATE INDEX consent_attempt_of_campaign ON consent_attempt (campaign, tenant, created_at)
                WHERE campaign IS NOT NULL;
            """)
}
