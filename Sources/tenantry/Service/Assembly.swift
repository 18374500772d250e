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
    let transport: CurlClient

    /// - Throws: ``UsageError`` when a setting cannot be used.
    init(_ directory: DataDirectory, settings: Settings, logger: Logger) throws {
        let table = try Self.clouds(settings)
        let transport = try Self.transport(settings)
        let (clock, randomness) = (WallClock.system, Randomness.system)
        let stores = directory.store
        let endpoint = ClientCredentialsEndpoint(
            transport: transport, table: table, clock: clock, randomness: randomness)
        let graph = GraphClient(transport: transport, table: table, randomness: randomness)
        let issuer = TokenIssuer(apps: stores.apps, endpoint: endpoint)
        let (verificationWake, runWake) = (Wake(), Wake())
        let tokens = TokenBroker(
            issuer: issuer, store: stores.tokens, consent: stores.consent, clock: clock, checks: verificationWake)
        let verifier = GrantVerifier(
            apps: stores.apps, store: stores.consent, issuer: issuer, tokens: tokens, clock: clock)
        let output = directory.runFiles()
        steps = Steps(
            registrar: AppRegistrar(reader: CertificateReader(), store: stores.apps, clock: clock),
            onboarder: Onboarder(
                discovery: OpenIDDiscovery(transport: transport, table: table), store: stores.tenants, clock: clock),
            consent: ConsentBroker(
                apps: stores.apps, tenants: stores.tenants, store: stores.consent,
                address: AdminConsentURL(table: table), clock: clock, randomness: randomness),
            verifier: verifier, tokens: tokens,
            jobs: JobRunner(
                store: stores.runs, consent: stores.consent, apps: stores.apps,
                export: GraphExport(tokens: tokens, graph: graph, output: output), clock: clock,
                randomness: randomness, wake: runWake, logger: logger),
            reporter: Reporter(apps: stores.apps, consent: stores.consent),
            keys: KeyIssuer(store: stores.keys, clock: clock, randomness: randomness),
            stores: Steps.Stores(
                apps: stores.apps, tenants: stores.tenants, consent: stores.consent, runs: stores.runs,
                audit: stores.audit),
            graph: graph, verificationWake: verificationWake, clock: clock)
        verification = VerificationLoop(
            verifier: verifier, apps: stores.apps, store: stores.consent, clock: clock, wake: verificationWake,
            logger: logger)
        self.directory = directory
        self.output = output
        self.transport = transport
    }

    private static func clouds(_ settings: Settings) throws -> CloudTable {
        switch (settings.authority, settings.graph) {
        case (nil, nil): return .microsoft
        case (let authority?, let graph?):
            guard let table = CloudTable(authority: authority, graph: graph) else {
                throw UsageError(
                    "The custom authority or Graph root cannot be used.", "Write both as https://host[:port].")
            }
            return table
        default:
            throw UsageError("A custom authority and a custom Graph root belong together.", "Set both, or neither.")
        }
    }

    private static func transport(_ settings: Settings) throws -> CurlClient {
        do throws(CurlError) {
            return try CurlClient(
                CurlClient.Configuration(extraCAFile: settings.caFile, proxy: settings.proxy, userAgent: "tenantry/0.1")
            )
        } catch {
            throw UsageError("\(error)", "Check the settings `entra.ca_file` and `entra.proxy`.")
        }
    }
}
