import CurlHTTP
import Foundation
import HTTPService
import Logging
import SQLiteStore
import ServiceLifecycle
import Tenancy
import TestSupport

/// The service with all its doors open on this machine, over a data directory of its own.
struct House: Sendable {
    let directory: DataDirectory
    let steps: Steps
    let store: Store
    let clock: ManualClock
    let entra: ScriptedEntra
    let output: RunFiles
    /// The operators' door on TCP, without a key.
    let api: Client
    /// The operators' door on its Unix socket.
    let socket: Client
    /// The public door.
    let pages: Client

    /// How the public door is named in links.
    static let publicURL = "https://isv.test"

    /// The operators' door with a new key of that role.
    func api(as role: OperatorRole) async throws -> Client {
        let (_, text) = try await steps.keys.issue(name: "\(role)", role: role, by: .service)
        return api.with(key: text.exposed)
    }
}

/// A house takes about 20 file descriptors and some threads, and a test run would open 200 at once.
private let turnstile = Turnstile(6)

/// Opens a house, runs the body in it and takes it down.
func withHouse(_ body: @Sendable (House) async throws -> Void) async throws {
    await turnstile.enter()
    let outcome = await Result { try await inHouse(body) }
    await turnstile.leave()
    try outcome.get()
}

private func inHouse(_ body: @Sendable (House) async throws -> Void) async throws {
    let path = FileManager.default.temporaryDirectory.path + "/tn-http-\(UUID().uuidString.prefix(13))"
    try DataDirectory.create(at: path, key: nil)
    let directory = try DataDirectory.open(at: path, key: nil)
    let http = try CurlClient(CurlClient.Configuration())
    let clock = ManualClock()
    let entra = ScriptedEntra(clock: clock)
    let output = directory.runFiles()
    let steps = assembledSteps(directory.store, entra: entra, output: output, clock: clock.wallClock)
    let (opened, openings) = AsyncStream.makeStream(of: (Door, Int).self)
    let group = try serviceGroup(steps, output: output, socket: directory.socketPath) {
        openings.yield(($0, $1))
    }
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { openings.finish() }
            try await group.run()
        }
        var ports: [Door: Int] = [:]
        for await (door, port) in opened {
            ports[door] = port
            if ports.count == Door.allCases.count { break }
        }
        let contract = try Contract.current.get()
        let house = House(
            directory: directory, steps: steps, store: directory.store, clock: clock, entra: entra, output: output,
            api: Client(http: http, base: "http://127.0.0.1:\(ports[.api] ?? 0)", contract: contract),
            socket: Client(http: http, base: "http://localhost", socket: directory.socketPath, contract: contract),
            pages: Client(http: http, base: "http://127.0.0.1:\(ports[.pages] ?? 0)"))
        let outcome = await Result { try await body(house) }
        await http.shutdown()
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
        try outcome.get()
    }
    try directory.close()
    try FileManager.default.removeItem(atPath: path)
}

private enum Door: CaseIterable { case pages, api, socket }

private func serviceGroup(
    _ steps: Steps, output: RunFiles, socket: String, whenOpen: @escaping @Sendable (Door, Int) -> Void
) throws -> ServiceGroup {
    let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    // The trailing slash is one that people write.
    let operators = OperatorDoor(steps: steps, output: output, publicURL: House.publicURL + "/")
    let loopback = Listener.Address.tcp(host: "127.0.0.1", port: 0)
    return ServiceGroup(
        services: [
            Listener.open(
                try PublicDoor(steps: steps, publicURL: House.publicURL), on: loopback, logger: quiet,
                whenOpen: { whenOpen(.pages, $0 ?? 0) }),
            Listener.open(operators, .apiKey, on: loopback, logger: quiet, whenOpen: { whenOpen(.api, $0 ?? 0) }),
            Listener.open(
                operators, .owner(uid: 1_000), on: .unixSocket(path: socket), logger: quiet,
                whenOpen: { whenOpen(.socket, $0 ?? 0) }),
        ], logger: quiet)
}

/// Joins the parts as the product's composition root does, with Microsoft scripted.
func assembledSteps(_ store: Store, entra: ScriptedEntra, output: RunFiles, clock: WallClock) -> Steps {
    let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
    let gate = AuthorityGate(endpoint: entra, ledger: store.ledger, clock: clock, randomness: .system)
    let issuer = TokenIssuer(credentials: store.credentials, gate: gate, ledger: store.ledger, clock: clock)
    let tokens = TokenBroker(
        issuer: issuer, gate: gate, store: store.tokens, consent: store.consent, clock: clock)
    let graph: @Sendable (Cloud) -> Resource? = { entra.resource(of: $0) }
    let signIns = SignInDesk(endpoint: entra, graph: graph, clock: clock, randomness: .system)
    let access = DirectoryAccessDesk(apps: store.apps, issuer: issuer, signIns: signIns, graph: graph)
    let directory = MemoryDirectory()
    let patience = DirectoryPatience(pause: { _ in })
    let consent = ConsentBroker(
        apps: store.apps, tenants: store.tenants, registrations: store.registrations, store: store.consent,
        address: entra, authority: entra, clock: clock, randomness: .system)
    return Steps(
        registrar: AppRegistrar(craft: entra, store: store.apps, clock: clock, randomness: .system),
        registration: DirectoryRegistrar(
            directory: directory,
            stores: .init(
                apps: store.apps, registrations: store.registrations, consent: store.consent,
                runs: store.runs),
            access: access, tokens: tokens, discovery: entra, graph: graph, patience: patience, clock: clock,
            randomness: .system),
        signIns: signIns,
        credentials: CredentialKeeper(
            ports: .init(
                apps: store.apps, credentials: store.credentials, registrations: store.registrations, craft: entra,
                gate: gate),
            registry: CredentialRegistry(
                directory: directory, credentials: store.credentials, craft: entra, assertions: entra,
                patience: patience, clock: clock),
            access: access, graph: graph, clock: clock, randomness: .system, wake: Wake(), logger: quiet),
        releases: ReleaseKeeper(apps: store.apps, registrations: store.registrations, graph: graph, clock: clock),
        doctor: Doctor(
            apps: store.apps, credentials: store.credentials, registrations: store.registrations,
            ledger: store.ledger, probe: entra, clock: clock),
        operations: Operations(randomness: .system),
        bulk: BulkDesk(
            store: store.bulk, tenants: store.tenants, apps: store.apps, consent: consent, clock: clock,
            randomness: .system),
        campaigns: CampaignDesk(
            apps: store.apps, fleet: store.fleet, store: store.campaigns, links: store.consent, clock: clock,
            randomness: .system, wake: Wake()),
        onboarder: Onboarder(discovery: entra, store: store.tenants, clock: clock),
        consent: consent,
        verifier: GrantVerifier(
            apps: store.apps, store: store.consent, issuer: issuer, tokens: tokens, graph: entra, clock: clock),
        tokens: tokens,
        jobs: JobRunner(
            store: store.runs, consent: store.consent, apps: store.apps,
            export: GraphExport(tokens: tokens, graph: entra, output: output), clock: clock, randomness: .system,
            wake: Wake(), logger: quiet),
        reporter: Reporter(apps: store.apps, consent: store.consent, fleet: store.fleet),
        keys: KeyIssuer(store: store.keys, clock: clock, randomness: .system),
        sealing: SealingKeeper(store: store.sealing, clock: clock, wake: Wake(), logger: quiet),
        backups: BackupDesk(store: store.backups, clock: clock),
        webhooks: WebhookKeeper(
            store: store.webhooks, events: store.events, sender: entra, clock: clock, randomness: .system,
            wake: Wake()),
        stores: Steps.Stores(
            apps: store.apps, registrations: store.registrations, credentials: store.credentials,
            tenants: store.tenants, fleet: store.fleet, groups: store.groups,
            campaigns: store.campaigns, consent: store.consent, ledger: store.ledger, runs: store.runs,
            audit: store.audit, events: store.events),
        graph: entra, verificationWake: Wake(), clock: clock)
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
