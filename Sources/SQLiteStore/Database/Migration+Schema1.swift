extension Migration {
    /// The first schema.
    ///
    /// Identifiers are lower-case text, instants whole milliseconds since 1970 (UTC), enumerations text. What must not
    /// be read is sealed with AES-256-GCM (`sealed`) or kept as SHA-256 (`…_hash`).
    static let schema1 = Migration(
        version: 1,
        sql: """
            CREATE TABLE meta (
                name TEXT NOT NULL PRIMARY KEY,
                value BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE tenant (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
                cloud TEXT NOT NULL CHECK (cloud IN ('public', 'usgov', 'dod', 'china')),
                name TEXT NOT NULL CHECK (name <> ''),
                domain TEXT,
                tags TEXT NOT NULL, -- 'key=value key=value', by key
                added_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX tenant_of_cloud ON tenant (cloud, id);
            CREATE INDEX tenant_by_domain ON tenant (domain) WHERE domain IS NOT NULL;

            CREATE TABLE app (
                name TEXT NOT NULL PRIMARY KEY,
                display_name TEXT NOT NULL,
                client_id TEXT NOT NULL CHECK (length(client_id) = 36),
                cloud TEXT NOT NULL CHECK (cloud IN ('public', 'usgov', 'dod', 'china')),
                redirect_uri TEXT NOT NULL,
                added_at INTEGER NOT NULL,
                UNIQUE (cloud, client_id)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE app_release (
                app TEXT NOT NULL REFERENCES app (name),
                number INTEGER NOT NULL CHECK (number >= 1),
                PRIMARY KEY (app, number)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE app_permission (
                app TEXT NOT NULL,
                release INTEGER NOT NULL,
                position INTEGER NOT NULL, -- counted from 0, as listed
                resource TEXT NOT NULL,
                role TEXT NOT NULL,
                reason TEXT NOT NULL,
                PRIMARY KEY (app, release, position),
                UNIQUE (app, release, resource, role),
                FOREIGN KEY (app, release) REFERENCES app_release (app, number)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE app_credential (
                app TEXT NOT NULL PRIMARY KEY REFERENCES app (name),
                kind TEXT NOT NULL CHECK (kind IN ('secret', 'certificate')),
                certificate BLOB, -- DER; it is public
                sealed BLOB NOT NULL, -- the secret, or the private key (PKCS#8 DER)
                added_at INTEGER NOT NULL,
                expires_at INTEGER,
                thumbprint TEXT,
                CHECK ((kind = 'certificate') = (certificate IS NOT NULL))
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE connection (
                app TEXT NOT NULL REFERENCES app (name),
                tenant TEXT NOT NULL REFERENCES tenant (id),
                state TEXT NOT NULL CHECK (state IN ('none', 'invited', 'claimed', 'verifying', 'granted', 'behind',
                    'narrowed', 'revoked', 'denied', 'conflict', 'unreachable')),
                since INTEGER NOT NULL,
                release INTEGER,
                service_principal TEXT,
                epoch INTEGER NOT NULL CHECK (epoch >= 0),
                note_code TEXT,
                note_detail TEXT,
                note_who TEXT CHECK (note_who IN ('you', 'customer_admin', 'microsoft', 'nobody_wait')),
                note_aadsts INTEGER,
                note_correlation TEXT,
                note_trace TEXT,
                check_reason TEXT CHECK (check_reason IN ('claim', 'doubt')),
                check_looks INTEGER,
                check_due INTEGER,
                PRIMARY KEY (app, tenant),
                FOREIGN KEY (app, release) REFERENCES app_release (app, number),
                CHECK ((note_code IS NULL) = (note_detail IS NULL) AND (note_code IS NULL) = (note_who IS NULL)),
                CHECK ((check_reason IS NULL) = (check_looks IS NULL) AND (check_reason IS NULL) = (check_due IS NULL))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX connection_due ON connection (check_due) WHERE check_due IS NOT NULL;

            CREATE TABLE connection_grant (
                app TEXT NOT NULL,
                tenant TEXT NOT NULL,
                resource TEXT NOT NULL,
                role TEXT NOT NULL,
                observed_at INTEGER NOT NULL,
                PRIMARY KEY (app, tenant, resource, role),
                FOREIGN KEY (app, tenant) REFERENCES connection (app, tenant)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE connection_evidence (
                app TEXT NOT NULL,
                tenant TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('state_matched', 'tenant_pinned', 'token', 'roles')),
                passed INTEGER NOT NULL CHECK (passed IN (0, 1)),
                saw TEXT NOT NULL,
                seen_at INTEGER NOT NULL,
                PRIMARY KEY (app, tenant, kind),
                FOREIGN KEY (app, tenant) REFERENCES connection (app, tenant)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE consent_attempt (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 32),
                app TEXT NOT NULL,
                tenant TEXT NOT NULL,
                release INTEGER NOT NULL,
                redirect_uri TEXT NOT NULL,
                state_hash BLOB NOT NULL UNIQUE CHECK (length(state_hash) = 32),
                created_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                outcome TEXT CHECK (outcome IN ('approved', 'delayed', 'declined', 'failed', 'misdirected')),
                answered_at INTEGER,
                FOREIGN KEY (app, release) REFERENCES app_release (app, number),
                FOREIGN KEY (app, tenant) REFERENCES connection (app, tenant),
                CHECK ((outcome IS NULL) = (answered_at IS NULL))
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE token (
                cloud TEXT NOT NULL CHECK (cloud IN ('public', 'usgov', 'dod', 'china')),
                tenant TEXT NOT NULL REFERENCES tenant (id),
                client_id TEXT NOT NULL,
                resource TEXT NOT NULL,
                epoch INTEGER NOT NULL,
                sealed BLOB NOT NULL,
                acquired_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                PRIMARY KEY (cloud, tenant, client_id, resource),
                FOREIGN KEY (cloud, client_id) REFERENCES app (cloud, client_id)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE run (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
                app TEXT NOT NULL REFERENCES app (name),
                job TEXT NOT NULL CHECK (job IN ('graph-get')),
                path TEXT NOT NULL,
                max_concurrent INTEGER NOT NULL CHECK (max_concurrent >= 1),
                created_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'partial', 'cancelled')),
                finished_at INTEGER,
                CHECK ((state = 'running') = (finished_at IS NULL))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX run_by_age ON run (created_at, id);
            CREATE INDEX run_unfinished ON run (created_at, id) WHERE state = 'running';

            CREATE TABLE run_item (
                run TEXT NOT NULL REFERENCES run (id),
                tenant TEXT NOT NULL REFERENCES tenant (id),
                state TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'skipped',
                    'cancelled')),
                attempts INTEGER NOT NULL CHECK (attempts >= 0),
                due INTEGER NOT NULL, -- when a waiting item may be taken
                rows INTEGER NOT NULL CHECK (rows >= 0),
                fault_code TEXT,
                fault_detail TEXT,
                fault_who TEXT CHECK (fault_who IN ('you', 'customer_admin', 'microsoft', 'nobody_wait')),
                fault_aadsts INTEGER,
                fault_correlation TEXT,
                fault_trace TEXT,
                finished_at INTEGER,
                PRIMARY KEY (run, tenant),
                CHECK ((fault_code IS NULL) = (fault_detail IS NULL) AND (fault_code IS NULL) = (fault_who IS NULL)),
                CHECK ((state IN ('waiting', 'running')) = (finished_at IS NULL))
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX run_item_by_state ON run_item (run, state);
            CREATE INDEX run_item_waiting ON run_item (run, due, tenant) WHERE state = 'waiting';

            CREATE TABLE api_key (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
                name TEXT NOT NULL,
                role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
                created_at INTEGER NOT NULL,
                revoked_at INTEGER
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE audit (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                at INTEGER NOT NULL,
                actor TEXT NOT NULL,
                action TEXT NOT NULL,
                subject TEXT NOT NULL,
                detail TEXT NOT NULL
            ) STRICT;
            CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
            CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
            BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
            """)
}
