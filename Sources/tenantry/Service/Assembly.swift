import CurlHTTP
import EntraClient
import FoundationEssentials
import HTTPService
import Logging
import SQLiteStore
import Tenancy

/// Joins the parts: the one place where adapters meet the ports they fulfil.
struct Assembly {
    let directory: DataDirectory
    let steps: Steps
    let output: RunFiles
    let verification: VerificationLoop
    let credentials: CredentialKeeper
    let campaigns: CampaignLoop
    let sealing: SealingKeeper
    let webhooks: Webhooks
    let transport: CurlClient
    private let gate: AuthorityGate

    /// - Throws: ``UsageError`` when a setting cannot be used.
    init(_ directory: DataDirectory, settings: Settings, logger: Logger) throws {
        let table = try Self.clouds(settings)
        let transport = try Self.transport(settings)
        let (clock, randomness) = (WallClock.system, Randomness.system)
        let stores = directory.store
        let assertions = FederatedAssertions(clock: clock)
        let authentication = ClientAuthentication(
            federation: assertions, signingThreads: ProcessInfo.processInfo.activeProcessorCount, clock: clock,
            randomness: randomness)
        let endpoint = ClientCredentialsEndpoint(
            transport: transport, table: table, authentication: authentication, clock: clock)
        let graph = GraphClient(transport: transport, table: table, randomness: randomness)
        gate = AuthorityGate(
            endpoint: endpoint, ledger: stores.ledger, limits: settings.tokens.limits, clock: clock,
            randomness: randomness)
        let issuer = TokenIssuer(
            credentials: stores.credentials, gate: gate, ledger: stores.ledger, clock: clock)
        let signIn = OpenIDSignIn(
            transport: transport, table: table,
            credentials: CredentialTrial(credentials: stores.credentials, clock: clock),
            authentication: authentication, clock: clock)
        let (verificationWake, runWake, campaignWake) = (Wake(), Wake(), Wake())
        let tokens = TokenBroker(
            issuer: issuer, gate: gate, store: stores.tokens, consent: stores.consent, clock: clock,
            cacheBytes: settings.tokens.memoryBytes, checks: verificationWake)
        let verifier = GrantVerifier(
            apps: stores.apps, store: stores.consent, issuer: issuer, tokens: tokens, graph: graph, clock: clock)
        let output = directory.runFiles()
        let craft = OpenSSLCredentialCraft(randomness: randomness)
        let discovery = OpenIDDiscovery(transport: transport, table: table)
        let registering = try Registering(
            stores, settings, transport: transport, table: table, graph: graph, issuer: issuer, tokens: tokens,
            gate: gate,
            craft: craft, assertions: assertions, discovery: discovery, clock: clock, randomness: randomness,
            logger: logger)
        let consent = ConsentBroker(
            apps: stores.apps, tenants: stores.tenants, registrations: stores.registrations, store: stores.consent,
            address: AdminConsentURL(table: table), authority: signIn, clock: clock, randomness: randomness)
        webhooks = try Webhooks(stores, settings, clock: clock, randomness: randomness, logger: logger)
        sealing = SealingKeeper(store: stores.sealing, clock: clock, wake: Wake(), logger: logger)
        steps = Steps(
            registrar: AppRegistrar(craft: craft, store: stores.apps, clock: clock, randomness: randomness),
            registration: registering.registrar, signIns: registering.signIns, credentials: registering.keeper,
            releases: ReleaseKeeper(
                apps: stores.apps, registrations: stores.registrations, graph: graph.resource, clock: clock),
            doctor: Doctor(
                apps: stores.apps, credentials: stores.credentials, registrations: stores.registrations,
                ledger: stores.ledger, probe: NetworkProbe(transport: transport, table: table, clock: clock),
                clock: clock),
            operations: Operations(randomness: randomness),
            bulk: BulkDesk(
                store: stores.bulk, tenants: stores.tenants, apps: stores.apps, consent: consent, clock: clock,
                randomness: randomness),
            campaigns: CampaignDesk(
                apps: stores.apps, fleet: stores.fleet, store: stores.campaigns, links: stores.consent, clock: clock,
                randomness: randomness, wake: campaignWake),
            onboarder: Onboarder(discovery: discovery, store: stores.tenants, clock: clock),
            consent: consent, verifier: verifier, tokens: tokens,
            jobs: JobRunner(
                store: stores.runs, consent: stores.consent, apps: stores.apps,
                export: GraphExport(tokens: tokens, graph: graph, output: output), clock: clock,
                randomness: randomness, wake: runWake, logger: logger),
            reporter: Reporter(apps: stores.apps, consent: stores.consent, fleet: stores.fleet),
            keys: KeyIssuer(store: stores.keys, clock: clock, randomness: randomness), sealing: sealing,
            backups: BackupDesk(store: stores.backups, clock: clock), webhooks: webhooks.keeper,
            stores: Steps.Stores(
                apps: stores.apps, registrations: stores.registrations, credentials: stores.credentials,
                tenants: stores.tenants, fleet: stores.fleet, groups: stores.groups,
                campaigns: stores.campaigns, consent: stores.consent, ledger: stores.ledger, runs: stores.runs,
                audit: stores.audit, events: stores.events),
            graph: graph, verificationWake: verificationWake, clock: clock)
        verification = VerificationLoop(
            verifier: verifier, apps: stores.apps, store: stores.consent, clock: clock, wake: verificationWake,
            logger: logger, rechecksPerMinute: settings.rechecksPerMinute)
        credentials = registering.keeper
        campaigns = CampaignLoop(
            store: stores.campaigns, apps: stores.apps, tenants: stores.tenants, consent: consent, clock: clock,
            wake: campaignWake, logger: logger)
        self.directory = directory
        self.output = output
        self.transport = transport
    }

    /// Takes up what an earlier process was told by the authorities. Before the first request.
    func resume() async throws(StoreError) { try await gate.resumePauses() }

    /// Closes every connection.
    func shutdown() async {
        await transport.shutdown()
        await webhooks.client.shutdown()
    }

    private static func clouds(_ settings: Settings) throws -> CloudTable {
        switch (settings.authority, settings.graph) {
        case (nil, nil): return .microsoft
        case (let authority?, let graph?): return try CloudTable(custom: authority, graph: graph)
        default:
            throw UsageError("A custom authority and a custom Graph root belong together.", "Set both, or neither.")
        }
    }

    private static func transport(_ settings: Settings) throws -> CurlClient {
        do throws(CurlError) {
            var configuration = CurlClient.Configuration(
                extraCAFile: settings.caFile, proxy: settings.proxy, userAgent: "tenantry/0.1")
            // So that what waits does so in the gate, where it is counted, and not before a connection.
            configuration.maxConnectionsPerHost = max(
                configuration.maxConnectionsPerHost, settings.tokens.concurrentRequests)
            configuration.maxIdleConnections = max(
                configuration.maxIdleConnections, settings.tokens.concurrentRequests)
            return try CurlClient(configuration)
        } catch {
            throw UsageError("\(error)", "Check the settings `entra.ca_file` and `entra.proxy`.")
        }
    }
}

/// The parts that change the directory of the home tenant.
private struct Registering {
    let registrar: DirectoryRegistrar
    let signIns: SignInDesk
    let keeper: CredentialKeeper

    init(
        _ stores: Store, _ settings: Settings, transport: CurlClient, table: CloudTable, graph: GraphClient,
        issuer: TokenIssuer, tokens: TokenBroker, gate: AuthorityGate, craft: OpenSSLCredentialCraft,
        assertions: FederatedAssertions, discovery: OpenIDDiscovery, clock: WallClock, randomness: Randomness,
        logger: Logger
    ) throws {
        let directory = GraphDirectory(transport: transport, table: table, randomness: randomness)
        signIns = SignInDesk(
            endpoint: DeviceCodeClient(
                client: try Self.signInClient(settings), transport: transport, table: table, clock: clock),
            graph: graph.resource, clock: clock, randomness: randomness)
        let access = DirectoryAccessDesk(
            apps: stores.apps, issuer: issuer, signIns: signIns, graph: graph.resource)
        let patience = DirectoryPatience()
        registrar = DirectoryRegistrar(
            directory: directory,
            stores: .init(
                apps: stores.apps, registrations: stores.registrations, consent: stores.consent, runs: stores.runs),
            access: access, tokens: tokens, discovery: discovery, graph: graph.resource, patience: patience,
            clock: clock,
            randomness: randomness)
        keeper = CredentialKeeper(
            ports: .init(
                apps: stores.apps, credentials: stores.credentials, registrations: stores.registrations, craft: craft,
                gate: gate),
            registry: CredentialRegistry(
                directory: directory, credentials: stores.credentials, craft: craft, assertions: assertions,
                patience: patience, clock: clock),
            access: access, graph: graph.resource, clock: clock, randomness: randomness, wake: Wake(), logger: logger)
    }

    private static func signInClient(_ settings: Settings) throws -> ClientID {
        guard let text = settings.signInClient else {
            guard let known = DeviceCodeClient.microsoftGraphCommandLine else {
                throw UsageError("There is no client to sign in with.", "Set entra.sign_in_client.")
            }
            return known
        }
        guard let client = ClientID(text) else {
            throw UsageError(
                "The setting entra.sign_in_client cannot be used.", "Give the client id of a public client, a GUID.")
        }
        return client
    }
}
