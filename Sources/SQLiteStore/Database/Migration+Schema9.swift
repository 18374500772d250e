extension Migration {
    /// Epochs go on where those of deleted connections ended: a token that was stored under one of them, and whose drop
    /// was lost with the power, belongs to no later connection.
    static let schema9 = Migration(
        version: 9,
        sql: """
            CREATE TABLE former_epoch (
                last INTEGER NOT NULL -- the highest of any connection that was deleted
            ) STRICT;
            INSERT INTO former_epoch (last) VALUES (-1);
            """)
}
