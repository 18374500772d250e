import Hummingbird
package import Tenancy

/// The steps of the journey that the doors lead to. Assembled by the composition root.
package struct Steps: Sendable {
    package let registrar: AppRegistrar
    package let registration: DirectoryRegistrar
    package let signIns: SignInDesk
    package let credentials: CredentialKeeper
    package let releases: ReleaseKeeper
    package let doctor: Doctor
    package let operations: Operations
    package let bulk: BulkDesk
    package let campaigns: CampaignDesk
    package let onboarder: Onboarder
    package let consent: ConsentBroker
    package let verifier: GrantVerifier
    package let tokens: TokenBroker
    package let jobs: JobRunner
    package let reporter: Reporter
    package let keys: KeyIssuer
    package let sealing: SealingKeeper
    package let backups: BackupDesk
    package let webhooks: WebhookKeeper
    package let stores: Stores
    package let graph: any GraphReader
    /// Ends a wait of the verification loop, for a check has become due.
    package let verificationWake: Wake
    package let clock: WallClock

    /// The ports that plain reads go to.
    package struct Stores: Sendable {
        package let apps: any AppStore
        package let registrations: any RegistrationStore
        package let credentials: any CredentialStore
        package let tenants: any TenantStore
        package let fleet: any FleetReader
        package let groups: any GroupStore
        package let campaigns: any CampaignStore
        package let consent: any ConsentStore
        package let ledger: any TokenLedger
        package let runs: any RunStore
        package let audit: any AuditLog
        package let events: any EventLog

        package init(
            apps: any AppStore, registrations: any RegistrationStore, credentials: any CredentialStore,
            tenants: any TenantStore, fleet: any FleetReader, groups: any GroupStore,
            campaigns: any CampaignStore, consent: any ConsentStore, ledger: any TokenLedger,
            runs: any RunStore, audit: any AuditLog, events: any EventLog
        ) {
            self.apps = apps
            self.registrations = registrations
            self.credentials = credentials
            self.tenants = tenants
            self.fleet = fleet
            self.groups = groups
            self.campaigns = campaigns
            self.consent = consent
            self.ledger = ledger
            self.runs = runs
            self.audit = audit
            self.events = events
        }
    }

    package init(
        registrar: AppRegistrar, registration: DirectoryRegistrar, signIns: SignInDesk,
        credentials: CredentialKeeper, releases: ReleaseKeeper, doctor: Doctor, operations: Operations, bulk: BulkDesk,
        campaigns: CampaignDesk,
        onboarder: Onboarder, consent: ConsentBroker, verifier: GrantVerifier,
        tokens: TokenBroker, jobs: JobRunner, reporter: Reporter, keys: KeyIssuer,
        sealing: SealingKeeper, backups: BackupDesk,
        webhooks: WebhookKeeper, stores: Stores,
        graph: any GraphReader, verificationWake: Wake, clock: WallClock
    ) {
        self.registrar = registrar
        self.registration = registration
        self.signIns = signIns
        self.credentials = credentials
        self.releases = releases
        self.doctor = doctor
        self.operations = operations
        self.bulk = bulk
        self.campaigns = campaigns
        self.onboarder = onboarder
        self.consent = consent
        self.verifier = verifier
        self.tokens = tokens
        self.jobs = jobs
        self.reporter = reporter
        self.keys = keys
        self.sealing = sealing
        self.backups = backups
        self.webhooks = webhooks
        self.stores = stores
        self.graph = graph
        self.verificationWake = verificationWake
        self.clock = clock
    }

    /// The app that the path names.
    func app(in context: OperatorContext) async throws -> App {
        try await registrar.app(named: try context.parameters.require("app"))
    }
}
