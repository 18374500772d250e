package import Tenancy

/// Everything Tenantry remembers, port by port: facts in one database, and tokens, which can be had again, in another.
///
/// Reads of single things run on the caller's thread and take microseconds; lists and writes leave it.
package struct Store: Sendable {
    package let tenants: any TenantStore
    package let fleet: any FleetReader
    package let groups: any GroupStore
    package let bulk: any BulkStore
    package let apps: any AppStore
    package let registrations: any RegistrationStore
    package let credentials: any CredentialStore
    package let consent: any ConsentStore
    package var tokens: any TokenStore { tokenStore }
    package let ledger: any TokenLedger
    package let runs: any RunStore
    package let keys: any APIKeyStore
    package let audit: any AuditLog
    package let events: any EventLog
    package let campaigns: any CampaignStore
    package let webhooks: any WebhookStore
    package let sealing: any SealingStore
    package let backups: any BackupStore
    let database: SQLiteDatabase
    let tokenStore: SQLiteTokenStore

    /// - Throws: ``StoreError/sealBroken(_:)`` when a secret of the service's own does not open.
    init(
        _ database: SQLiteDatabase, _ keys: KeyRing, _ keyFile: KeyFile, tokens: SQLiteTokenStore, in directory: String
    ) throws(StoreError) {
        self.database = database
        tokenStore = tokens
        tenants = SQLiteTenantStore(database: database)
        fleet = SQLiteFleet(database: database)
        groups = SQLiteGroupStore(database: database)
        bulk = SQLiteBulkStore(database: database)
        apps = SQLiteAppStore(database: database, sealer: keys.credentials)
        registrations = SQLiteRegistrationStore(database: database)
        credentials = SQLiteCredentialStore(database: database, sealer: keys.credentials)
        consent = SQLiteConsentStore(
            database: database,
            secrets: try database.look { (db) throws(StoreError) in try ConsentSecrets(db, keys) })
        ledger = SQLiteTokenLedger(database: database)
        runs = SQLiteRunStore(database: database)
        self.keys = SQLiteAPIKeyStore(database: database)
        audit = SQLiteAuditLog(database: database)
        events = SQLiteEventLog(database: database)
        campaigns = SQLiteCampaignStore(database: database)
        webhooks = SQLiteWebhookStore(database: database, sealer: keys.webhooks)
        backups = SQLiteBackupStore(database: database, directory: directory + "/backups")
        sealing = SQLiteSealingStore(database: database, keys: keys, file: keyFile, tokens: tokens)
    }

    /// Why no more changes are taken; `nil` while all is well. Once set it stays: after a failed flush only a restart
    /// helps, so the service should report itself unfit and end.
    package var failure: StoreError? { database.failure }

    func close() throws(StoreError) {
        tokenStore.close()
        try database.close()
    }
}
