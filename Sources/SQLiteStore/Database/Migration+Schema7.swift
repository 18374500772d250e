extension Migration {
    /// Tokens move to a file of their own. What must not be lost about them stays: pauses that authorities asked for,
    /// and tokens that were somebody else's.
    static let schema7 = Migration(
        version: 7,
        sql: """
            DROP TABLE token;

            CREATE TABLE token_pause (
                cloud TEXT NOT NULL CHECK (cloud IN ('public', 'usgov', 'dod', 'china')),
                tenant TEXT NOT NULL,
                client_id TEXT NOT NULL,
                resource TEXT NOT NULL,
                until INTEGER NOT NULL,
                PRIMARY KEY (cloud, tenant, client_id, resource)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX token_pause_by_end ON token_pause (until);

            CREATE TABLE token_mismatch (
                app TEXT NOT NULL REFERENCES app (name),
                tenant TEXT NOT NULL,
                resource TEXT NOT NULL,
                claim TEXT NOT NULL CHECK (claim IN ('tid', 'appid', 'aud', 'oid')),
                count INTEGER NOT NULL CHECK (count >= 1),
                first_at INTEGER NOT NULL,
                last_at INTEGER NOT NULL,
                PRIMARY KEY (app, tenant, resource, claim)
            ) STRICT, WITHOUT ROWID;
            """)
}
