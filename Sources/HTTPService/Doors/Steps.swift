package import Tenancy

/// The steps of the journey that the doors lead to. Assembled by the composition root.
package struct Steps: Sendable {
    package let registrar: AppRegistrar
    package let onboarder: Onboarder
    package let consent: ConsentBroker
    package let verifier: GrantVerifier
    package let tokens: TokenBroker
    package let jobs: JobRunner
    package let reporter: Reporter
    package let keys: KeyIssuer
    package let stores: Stores
    package let graph: any GraphReader
    /// Ends a wait of the verification loop, for a check has become due.
    package let verificationWake: Wake
    package let clock: WallClock

    /// The ports that plain reads go to.
    package struct Stores: Sendable {
        package let apps: any AppStore
        package let tenants: any TenantStore
        package let consent: any ConsentStore
        package let runs: any RunStore
        package let audit: any AuditLog

        package init(
            apps: any AppStore, tenants: any TenantStore, consent: any ConsentStore, runs: any RunStore,
            audit: any AuditLog
        ) {
            self.apps = apps
            self.tenants = tenants
            self.consent = consent
            self.runs = runs
            self.audit = audit
        }
    }

    package init(
        registrar: AppRegistrar, onboarder: Onboarder, consent: ConsentBroker, verifier: GrantVerifier,
        tokens: TokenBroker, jobs: JobRunner, reporter: Reporter, keys: KeyIssuer, stores: Stores,
        graph: any GraphReader, verificationWake: Wake, clock: WallClock
    ) {
        self.registrar = registrar
        self.onboarder = onboarder
        self.consent = consent
        self.verifier = verifier
        self.tokens = tokens
        self.jobs = jobs
        self.reporter = reporter
        self.keys = keys
        self.stores = stores
        self.graph = graph
        self.verificationWake = verificationWake
        self.clock = clock
    }
}
