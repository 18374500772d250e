extension Migration {
    /// Events, tenants' own states, routine looks at consent, further evidence and further ends of a link.
    static let schema3 = Migration(
        version: 3,
        sql: """
            CREATE TABLE event (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                type TEXT NOT NULL, -- noun.verb
                tenant TEXT,
                app TEXT,
                actor TEXT NOT NULL,
                data TEXT NOT NULL -- JSON object; never a secret
            ) STRICT;
            CREATE INDEX event_of_tenant ON event (tenant, sequence) WHERE tenant IS NOT NULL;

            ALTER TABLE tenant ADD COLUMN state TEXT NOT NULL DEFAULT 'active'
                CHECK (state IN ('active', 'paused', 'quarantined', 'leaving', 'gone'));
            ALTER TABLE tenant ADD COLUMN state_since INTEGER; -- NULL: since it was added
            ALTER TABLE tenant ADD COLUMN state_reason TEXT;
            ALTER TABLE tenant ADD COLUMN state_by TEXT;

            ALTER TABLE app ADD COLUMN administrator_sign_in TEXT NOT NULL DEFAULT 'off'
                CHECK (administrator_sign_in IN ('off', 'required'));

            ALTER TABLE connection ADD COLUMN recheck_due INTEGER;
            ALTER TABLE connection ADD COLUMN unreachable_looks INTEGER NOT NULL DEFAULT 0;
            UPDATE connection SET recheck_due = since WHERE state IN ('granted', 'behind', 'narrowed', 'unreachable');
            CREATE INDEX connection_recheck ON connection (recheck_due) WHERE recheck_due IS NOT NULL;
            CREATE INDEX connection_by_state ON connection (app, state, tenant);

            CREATE TABLE evidence (
                app TEXT NOT NULL,
                tenant TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('state_matched', 'tenant_pinned', 'administrator', 'token', 'roles',
                    'probe')),
                passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
                saw TEXT NOT NULL,
                seen_at INTEGER NOT NULL,
                PRIMARY KEY (app, tenant, kind),
                FOREIGN KEY (app, tenant) REFERENCES connection (app, tenant)
            ) STRICT, WITHOUT ROWID;
            INSERT INTO evidence SELECT app, tenant, kind, passed, saw, seen_at FROM connection_evidence;
            DROP TABLE connection_evidence;

            CREATE TABLE link (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
                app TEXT NOT NULL,
                tenant TEXT NOT NULL,
                release INTEGER NOT NULL,
                campaign TEXT,
                redirect_uri TEXT NOT NULL,
                state_hash BLOB NOT NULL UNIQUE CHECK (length(state_hash) = 32),
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                outcome TEXT CHECK (outcome IN ('approved', 'delayed', 'requested', 'declined', 'failed', 'misdirected',
                    'cancelled')),
                answered_at INTEGER, -- of the last answer
                named TEXT, -- the tenant that a misdirected answer named
                administrator TEXT, -- object id of who signed in
                FOREIGN KEY (app, release) REFERENCES app_release (app, number),
                FOREIGN KEY (app, tenant) REFERENCES connection (app, tenant),
                CHECK ((outcome IS NULL) = (answered_at IS NULL))
            ) STRICT, WITHOUT ROWID;
            INSERT INTO link (id, app, tenant, release, redirect_uri, state_hash, created_at, expires_at, outcome,
                    answered_at)
                SELECT id, app, tenant, release, redirect_uri, state_hash, created_at, expires_at, outcome, answered_at
                FROM consent_attempt;
            DROP TABLE consent_attempt;
            ALTER TABLE link RENAME TO consent_attempt;
            CREATE INDEX consent_attempt_of_tenant ON consent_attempt (app, tenant, created_at);
            """)
}
