extension Migration {
    /// Registrations kept by a spec, several credentials for an app, drafts of releases.
    static let schema2 = Migration(
        version: 2,
        sql: """
            ALTER TABLE app ADD COLUMN audience TEXT NOT NULL DEFAULT 'AzureADMultipleOrgs'
                CHECK (audience IN ('AzureADMyOrg', 'AzureADMultipleOrgs'));
            ALTER TABLE app ADD COLUMN home_tenant TEXT CHECK (length(home_tenant) = 36);

            ALTER TABLE app_release ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
            ALTER TABLE app_release ADD COLUMN published_at INTEGER; -- NULL: a draft
            UPDATE app_release SET (created_at, published_at) =
                (SELECT added_at, added_at FROM app WHERE app.name = app_release.app);
            CREATE UNIQUE INDEX app_release_draft ON app_release (app) WHERE published_at IS NULL;

            CREATE TABLE registration (
                name TEXT NOT NULL PRIMARY KEY,
                cloud TEXT NOT NULL CHECK (cloud IN ('public', 'usgov', 'dod', 'china')),
                home TEXT NOT NULL CHECK (length(home) = 36),
                unique_name TEXT NOT NULL,
                creator TEXT,
                begun_at INTEGER NOT NULL,
                object_id TEXT,
                registrar TEXT, -- name of an app; it may be gone
                spec TEXT, -- JSON, as last applied
                permissions TEXT, -- JSON, as the directory resolved them
                applied_at INTEGER,
                CHECK ((spec IS NULL) = (applied_at IS NULL) AND (spec IS NULL) = (permissions IS NULL))
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE credential (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
                app TEXT NOT NULL REFERENCES app (name),
                kind TEXT NOT NULL CHECK (kind IN ('secret', 'certificate', 'federated')),
                label TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('pending', 'active', 'preferred', 'retiring')),
                certificate BLOB, -- DER; it is public
                sealed BLOB NOT NULL, -- the secret, the private key (PKCS#8 DER), or where assertions come from (JSON)
                layout INTEGER NOT NULL CHECK (layout IN (1, 2)), -- what the seal is bound to
                thumbprint TEXT,
                key_id TEXT,
                added_at INTEGER NOT NULL,
                expires_at INTEGER,
                retire_at INTEGER,
                rejected_at INTEGER,
                rejected_aadsts INTEGER,
                rejected_reason TEXT,
                CHECK ((kind = 'certificate') = (certificate IS NOT NULL)),
                CHECK (retire_at IS NULL OR state = 'retiring')
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX credential_of_app ON credential (app, added_at);
            CREATE UNIQUE INDEX credential_preferred ON credential (app) WHERE state = 'preferred';
            INSERT INTO credential (id, app, kind, label, state, certificate, sealed, layout, thumbprint, added_at,
                    expires_at)
                SELECT lower(hex(randomblob(6))), app, kind, kind, 'preferred', certificate, sealed, 1, thumbprint,
                    added_at, expires_at
                FROM app_credential;
            DROP TABLE app_credential;

            CREATE TABLE rotation (
                app TEXT NOT NULL PRIMARY KEY REFERENCES app (name),
                credential TEXT NOT NULL,
                kind TEXT NOT NULL CHECK (kind IN ('secret', 'certificate', 'federated')),
                purpose TEXT NOT NULL CHECK (purpose IN ('add', 'replace', 'drill')),
                overlap_s INTEGER CHECK (overlap_s >= 0),
                started_at INTEGER NOT NULL,
                life_s INTEGER NOT NULL,
                step TEXT NOT NULL CHECK (step IN ('adding', 'observing', 'done', 'failed')),
                seen INTEGER NOT NULL CHECK (seen >= 0),
                due INTEGER NOT NULL,
                deadline INTEGER NOT NULL,
                fault_code TEXT,
                fault_detail TEXT,
                fault_who TEXT CHECK (fault_who IN ('you', 'customer_admin', 'microsoft', 'nobody_wait')),
                fault_aadsts INTEGER,
                fault_correlation TEXT,
                fault_trace TEXT,
                CHECK ((purpose = 'replace') = (overlap_s IS NOT NULL)),
                CHECK ((fault_code IS NULL) = (fault_detail IS NULL) AND (fault_code IS NULL) = (fault_who IS NULL))
            ) STRICT, WITHOUT ROWID;
            """)
}
