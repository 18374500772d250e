extension Migration {
    /// Webhooks, their secrets and deliveries.
    static let schema4 = Migration(
        version: 4,
        sql: """
            CREATE TABLE webhook (
                id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 12),
                url TEXT NOT NULL,
                types TEXT NOT NULL, -- patterns, separated by spaces
                added_at INTEGER NOT NULL,
                cursor INTEGER NOT NULL, -- events up to here are dealt with
                ending TEXT CHECK (ending IN ('by_hand', 'gone', 'failing')), -- NULL: enabled
                ended_at INTEGER,
                failing_since INTEGER,
                succeeded_at INTEGER,
                failures INTEGER NOT NULL DEFAULT 0,
                CHECK ((ending IS NULL) = (ended_at IS NULL))
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE webhook_secret (
                webhook TEXT NOT NULL REFERENCES webhook (id),
                number INTEGER NOT NULL,
                sealed BLOB NOT NULL,
                added_at INTEGER NOT NULL,
                expires_at INTEGER, -- NULL: the present one
                PRIMARY KEY (webhook, number)
            ) STRICT, WITHOUT ROWID;

            CREATE TABLE webhook_delivery (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT,
                id TEXT NOT NULL UNIQUE, -- the webhook-id
                webhook TEXT NOT NULL REFERENCES webhook (id),
                event INTEGER, -- NULL: a test
                type TEXT NOT NULL,
                payload TEXT NOT NULL, -- byte for byte as it is signed
                enqueued_at INTEGER NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
                attempts INTEGER NOT NULL,
                due INTEGER,
                tried_at INTEGER,
                took_ms INTEGER,
                status INTEGER,
                error TEXT,
                excerpt TEXT,
                CHECK ((state = 'waiting') = (due IS NOT NULL))
            ) STRICT;
            CREATE INDEX webhook_delivery_due ON webhook_delivery (webhook, due) WHERE due IS NOT NULL;
            CREATE INDEX webhook_delivery_of_webhook ON webhook_delivery (webhook, sequence);
            """)
}
