extension Migration {
    /// Keys that replace each other, and secrets of the service's own.
    static let schema8 = Migration(
        version: 8,
        sql: """
            CREATE TABLE sealing_key (
                identifier BLOB NOT NULL PRIMARY KEY CHECK (length(identifier) = 8),
                began_at INTEGER, -- NULL: with the database
                ended_at INTEGER -- nothing is sealed with it any more
            ) STRICT, WITHOUT ROWID;
            INSERT INTO sealing_key (identifier) SELECT value FROM meta WHERE name = 'key_identifier';
            DELETE FROM meta WHERE name = 'key_identifier';

            CREATE TABLE secret (
                name TEXT NOT NULL PRIMARY KEY,
                sealed BLOB NOT NULL
            ) STRICT, WITHOUT ROWID;
            """)
}
