extension Migration {
    /// Tags that can be searched, saved groups, plans for many tenants, and indexes to find and count by standing.
    static let schema5 = Migration(
        version: 5,
        sql: """
            -- The same tags as tenant.tags, written with it.
            CREATE TABLE tenant_tag (
                tenant TEXT NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
                key TEXT NOT NULL,
                value TEXT NOT NULL,
                PRIMARY KEY (tenant, key)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX tenant_tag_by_value ON tenant_tag (key, value, tenant);
            CREATE INDEX tenant_tag_by_key ON tenant_tag (key, tenant);
            INSERT INTO tenant_tag (tenant, key, value)
                WITH RECURSIVE pair (tenant, word, rest) AS (
                    SELECT id, '', tags || ' ' FROM tenant
                    UNION ALL
                    SELECT tenant, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1)
                    FROM pair WHERE rest <> ''
                )
                SELECT tenant, substr(word, 1, instr(word, '=') - 1), substr(word, instr(word, '=') + 1)
                FROM pair WHERE word <> '';

            CREATE INDEX tenant_by_state ON tenant (state, id);
            CREATE INDEX connection_standing ON connection (app, state, release, note_who, tenant);

            CREATE TABLE tenant_group (
                name TEXT NOT NULL PRIMARY KEY,
                selector TEXT NOT NULL, -- as people write it
                created_at INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE bulk_plan (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 26),
                action TEXT NOT NULL, -- JSON
                selector TEXT NOT NULL,
                app TEXT, -- whose connections the selector asks about
                tenants TEXT NOT NULL, -- GUIDs, by id, a line each
                created_at INTEGER NOT NULL,
                used_at INTEGER
            ) STRICT;
            """)
}
