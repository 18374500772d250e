package import FoundationEssentials
package import Logging
import Synchronization

/// Keeps the apps' credentials alive: brings new ones in, watches them until they work, retires the old.
///
/// What is under way stands in the store, so that it goes on after a crash. An administrator's token does not, so a
/// rotation that needs one and loses it has failed, and what was preferred still is.
package final class CredentialKeeper: Sendable {
    let ports: Ports
    private let access: DirectoryAccessDesk
    private let registry: CredentialRegistry
    private let graph: @Sendable (Cloud) -> Resource?
    let clock: WallClock
    private let randomness: Randomness
    private let wake: Wake
    private let logger: Logger
    /// Of administrators who signed in for a rotation.
    private let sessions = Mutex<[AppName: DirectorySession]>([:])
    /// When a retirement that did not succeed is tried again.
    private let postponed = Mutex<[CredentialID: Date]>([:])
    /// Apps whose credentials are worked on at a time.
    private static let concurrency = 4

    /// The ports it works through.
    package struct Ports: Sendable {
        let apps: any AppStore
        let credentials: any CredentialStore
        let registrations: any RegistrationStore
        let craft: any CredentialCraft
        let endpoint: any TokenEndpoint

        package init(
            apps: any AppStore, credentials: any CredentialStore, registrations: any RegistrationStore,
            craft: any CredentialCraft, endpoint: any TokenEndpoint
        ) {
            self.apps = apps
            self.credentials = credentials
            self.registrations = registrations
            self.craft = craft
            self.endpoint = endpoint
        }
    }

    package init(
        ports: Ports, registry: CredentialRegistry, access: DirectoryAccessDesk,
        graph: @escaping @Sendable (Cloud) -> Resource?, clock: WallClock, randomness: Randomness, wake: Wake,
        logger: Logger
    ) {
        self.ports = ports
        self.registry = registry
        self.access = access
        self.graph = graph
        self.clock = clock
        self.randomness = randomness
        self.wake = wake
        self.logger = logger
    }

    // MARK: Beginning

    /// What a rotation brings in.
    package enum Newcomer: Sendable {
        /// Made in Entra, with so many seconds to live.
        case secret(life: TimeInterval)
        /// Made here.
        case certificate(life: TimeInterval)
        /// A certificate or an assertion that Entra does not know yet.
        case brought(BroughtCredential)
    }

    /// Begins to bring a new credential in. It goes on by itself; see ``CredentialStore/rotation(of:)``.
    ///
    /// - Parameter wanted: as whom the directory is changed. Without it: as the app that registered this one, or, for
    ///   another certificate, as the app itself, by the proof that it holds one.
    package func begin(
        _ newcomer: Newcomer, for purpose: Rotation.Purpose, of app: App, as wanted: DirectoryAccess?, by actor: Actor
    ) async throws(RegistrationError) -> Rotation {
        guard let home = app.homeTenant else { throw .homeTenantUnknown(app.name) }
        let now = clock.now()
        let earlier = try await rotation(of: app)
        if let earlier, !earlier.isFinal { throw .rotationRunning(app.name, earlier.credential) }
        let id = CredentialID(randomness)
        let crafted = try craft(newcomer, named: app.displayName, at: now)
        let kind = crafted?.value.kind ?? .secret
        try await checkAccess(wanted, app, home, kind)
        if let earlier, earlier.step == .failed { try await sweep(earlier, app, by: actor) }
        let rotation = Rotation(
            app: app.name, credential: id, kind: kind, purpose: purpose, startedAt: now, life: newcomer.life,
            due: now, deadline: now + Observation.patience)
        let additions = crafted.map { [CredentialChange.add($0.new(id, of: app.name, .pending, at: now))] } ?? []
        try await change(additions, of: app, saving: rotation, by: actor)
        wake.signal()
        return rotation
    }

    private func rotation(of app: App) async throws(RegistrationError) -> Rotation? {
        do { return try await ports.credentials.rotation(of: app.name) } catch { throw .store(error) }
    }

    private func craft(_ newcomer: Newcomer, named name: String, at now: Date) throws(RegistrationError)
        -> CraftedCredential?
    {
        switch newcomer {
        case .secret: return nil
        case .certificate(let life): return try ports.craft.makeCertificate(named: name, life: life, at: now)
        case .brought(.secret):
            throw .invalid("secret", "a secret that was brought is in Entra already; add it without registering it")
        case .brought(let brought): return try ports.craft.read(brought, at: now)
        }
    }

    /// Finds out before anything is begun whether somebody may change the directory.
    private func checkAccess(
        _ wanted: DirectoryAccess?, _ app: App, _ home: TenantID, _ kind: CredentialKind
    ) async throws(RegistrationError) {
        let registration = try await registration(app.name)
        if wanted == nil, registration?.registrar == nil {
            guard kind == .certificate, registration?.objectID != nil, try await holdsCertificate(app.name) else {
                throw .nobodySignedIn
            }
            return
        }
        let session = try await access.session(
            wanted, registrar: registration?.registrar, cloud: app.cloud, home: home)
        sessions.withLock { $0[app.name] = session }
    }

    private func holdsCertificate(_ app: AppName) async throws(RegistrationError) -> Bool {
        do {
            return try await ports.credentials.credentials(of: app).contains {
                $0.kind == .certificate && $0.isUsable(at: clock.now())
            }
        } catch {
            throw .store(error)
        }
    }

    private func registration(_ app: AppName) async throws(RegistrationError) -> Registration? {
        do { return try await ports.registrations.registration(app) } catch { throw .store(error) }
    }

    /// Clears away what a failed rotation may have left in Entra and here.
    private func sweep(_ failed: Rotation, _ app: App, by actor: Actor) async throws(RegistrationError) {
        let left = try await credentials(of: app).first { $0.id == failed.credential && $0.stored == .pending }
        do throws(RegistrationError) {
            try await registry.withdraw(failed.credential, record: left, from: app, in: try await session(for: app))
        } catch {
            // Nothing is lost: it grants nobody anything that he has not got, and its mark tells where it came from.
            logger.warning("a failed rotation's credential stays in the directory", metadata: ["app": "\(app.name)"])
        }
        if left != nil { try await change([.remove(failed.credential)], of: app, by: actor) }
    }

    // MARK: Going on

    /// Takes steps until the task is cancelled.
    package func run() async {
        while !Task.isCancelled {
            do {
                let next = try await takeDueSteps() ?? .distantFuture
                let now = clock.now()
                await wake.wait(until: min(max(next, now + 0.1), now + 60), now: now)
            } catch {
                logger.error("credentials are not looked after", metadata: ["reason": "\(error)"])
                await wake.wait(until: clock.now() + 5, now: clock.now())
            }
        }
    }

    /// Takes every step that is due now, once.
    ///
    /// - Returns: when the next one is due.
    @discardableResult
    package func takeDueSteps() async throws(StoreError) -> Date? {
        let now = clock.now()
        let apps = Dictionary(uniqueKeysWithValues: try await ports.apps.apps().map { ($0.name, $0) })
        let rotations = try await ports.credentials.unfinishedRotations()
        let failure = Mutex<StoreError?>(nil)
        await rotations.filter { $0.due <= now }.forEachConcurrently(limit: Self.concurrency) { rotation in
            guard let app = apps[rotation.app] else { return }
            do throws(StoreError) {
                try await self.take(rotation, of: app)
            } catch {
                failure.withLock { $0 = error }
            }
        }
        try await retireDue(apps, at: now)
        if let failure = failure.withLock({ $0 }) { throw failure }
        let next = try await ports.credentials.unfinishedRotations().map(\.due)
        return (next + (try await ports.credentials.credentials(of: nil).compactMap(retirement))).min()
    }

    private func take(_ rotation: Rotation, of app: App) async throws(StoreError) {
        var next = rotation
        var changes: [CredentialChange] = []
        switch rotation.step {
        case .done, .failed: return
        case .adding:
            do throws(RegistrationError) {
                changes = try await registry.register(rotation, of: app, in: try await session(for: app))
                next.step = .observing
                next.fault = nil
                next.due = clock.now()
            } catch {
                let fault = Fault(error.problem)
                if error.problem.isRetryable {
                    next.halt(fault, retryAfter: Observation.troublePause, at: clock.now())
                } else {
                    next.fault = fault
                    next.step = .failed
                }
            }
        case .observing:
            next = rotation.observing(await sighting(of: rotation.credential, app), at: clock.now())
            if next.step == .done {
                let preferred = try await ports.credentials.credentials(of: app.name).first { $0.stored == .preferred }
                changes = rotation.conclusion(replacing: preferred, at: clock.now())
            }
        }
        try await ports.credentials.change(changes, of: app.name, saving: next, by: .service, at: clock.now())
        if next.isFinal { sessions.withLock { $0[app.name] = nil } }
        if next.step != rotation.step {
            logger.info("credential rotation", metadata: ["app": "\(app.name)", "step": "\(next.step.rawValue)"])
        }
    }

    /// Asks the home tenant's authority for a token with it.
    private func sighting(of id: CredentialID, _ app: App) async -> Sighting {
        guard let home = app.homeTenant, let graph = graph(app.cloud) else {
            return .hopeless(Fault(RegistrationError.homeTenantUnknown(app.name).problem))
        }
        let key = TokenKey(cloud: app.cloud, tenant: home, clientID: app.clientID, resource: graph)
        do throws(TokenError) {
            let value: ClientCredential
            do { value = try await ports.credentials.open(id) } catch { throw TokenError(key, .store(error)) }
            _ = try await ports.endpoint.requestToken(key, with: value).checked(for: key)
            return .works
        } catch {
            switch error.reason {
            case .refused(.ourCredential): return .notYet(error.note)
            case .mismatch, .foreignAudience, .unreadable, .cloudNotConfigured, .noSuchApp: return .hopeless(error.note)
            default: return .undecided(error.note)
            }
        }
    }

    /// As whom the directory is changed without anybody at hand.
    private func session(for app: App) async throws(RegistrationError) -> CredentialRegistry.Session {
        guard let home = app.homeTenant else { throw .homeTenantUnknown(app.name) }
        let registration = try await registration(app.name)
        if let session = sessions.withLock({ $0[app.name] }) {
            return .init(directory: session, isOwn: false, objectID: registration?.objectID)
        }
        if let registrar = registration?.registrar {
            let session = try await access.session(of: registrar, cloud: app.cloud, home: home)
            return .init(directory: session, isOwn: false, objectID: registration?.objectID)
        }
        guard let id = registration?.objectID, try await holdsCertificate(app.name) else { throw .nobodySignedIn }
        let session = try await access.session(of: app.name, cloud: app.cloud, home: home)
        return .init(directory: session, isOwn: true, objectID: id)
    }

    // MARK: Retiring

    /// When its retirement is to be tried; `nil` when it is not to go.
    private func retirement(of credential: Credential) -> Date? {
        guard credential.stored == .retiring, let due = credential.retireAt else { return nil }
        return postponed.withLock { $0[credential.id] } ?? due
    }

    private func retireDue(_ apps: [AppName: App], at now: Date) async throws(StoreError) {
        let due = try await ports.credentials.credentials(of: nil).filter {
            (retirement(of: $0) ?? .distantFuture) <= now
        }
        for credential in due {
            guard let app = apps[credential.app] else { continue }
            do throws(RegistrationError) {
                try await registry.withdraw(credential.id, record: credential, from: app, in: try await session(for: app))
            } catch {
                logger.warning(
                    "a credential could not be retired in the directory",
                    metadata: ["app": "\(app.name)", "credential": "\(credential.id)", "reason": "\(error)"])
                postponed.withLock { $0[credential.id] = now + Observation.retirementPause }
                continue
            }
            postponed.withLock { $0[credential.id] = nil }
            try await ports.credentials.change([.remove(credential.id)], of: app.name, saving: nil, by: .service, at: now)
        }
    }

    /// Takes a credential out, in Entra and here, at once.
    ///
    /// - Parameter inDirectory: `false` leaves Entra alone.
    package func retire(
        _ id: CredentialID, of app: App, inDirectory: Bool, as wanted: DirectoryAccess?, by actor: Actor
    ) async throws(RegistrationError) {
        let all = try await credentials(of: app)
        guard let credential = all.first(where: { $0.id == id }) else { throw .unknownCredential(id.description) }
        let others = all.filter { $0.id != id && $0.isUsable(at: clock.now()) }
        guard !others.isEmpty || !credential.isUsable(at: clock.now()) else { throw .lastCredential(id) }
        if inDirectory {
            if wanted != nil, let home = app.homeTenant {
                let session = try await access.session(wanted, registrar: nil, cloud: app.cloud, home: home)
                sessions.withLock { $0[app.name] = session }
            }
            defer { if wanted != nil { sessions.withLock { $0[app.name] = nil } } }
            try await registry.withdraw(id, record: credential, from: app, in: try await session(for: app))
        }
        let heir = credential.stored == .preferred ? others.inOrderOfUse(at: clock.now()).first : nil
        try await change([.remove(id)] + (heir.map { [.prefer($0.id, retiringOther: nil)] } ?? []), of: app, by: actor)
    }

    // MARK: By hand

    /// Remembers a credential that is in Entra already. The first of an app becomes its preferred one.
    package func add(
        _ brought: BroughtCredential, to app: App, preferring: Bool, by actor: Actor
    ) async throws(RegistrationError) -> CredentialID {
        let now = clock.now()
        let crafted = try ports.craft.read(brought, at: now)
        let all = try await credentials(of: app)
        if let thumbprint = crafted.thumbprint, let twin = all.first(where: { $0.thumbprint == thumbprint }) {
            throw .invalid("certificate", "it is known here already, as credential \(twin.id)")
        }
        let id = CredentialID(randomness)
        let isFirst = !all.contains { $0.stored == .preferred }
        try await change(
            [.add(crafted.new(id, of: app.name, .active, at: now))]
                + (preferring || isFirst ? [.prefer(id, retiringOther: nil)] : []), of: app, by: actor)
        return id
    }

    /// Uses it first from now on.
    package func prefer(_ id: CredentialID, of app: App, by actor: Actor) async throws(RegistrationError) {
        guard let credential = try await credentials(of: app).first(where: { $0.id == id }) else {
            throw .unknownCredential(id.description)
        }
        guard credential.stored != .pending else { throw .credentialPending(id) }
        guard !credential.isExpired(at: clock.now()) else {
            throw .invalid("credential", "it has expired; rotate or add another")
        }
        try await change([.prefer(id, retiringOther: nil)], of: app, by: actor)
    }

    private func credentials(of app: App) async throws(RegistrationError) -> [Credential] {
        do { return try await ports.credentials.credentials(of: app.name) } catch { throw .store(error) }
    }

    private func change(
        _ changes: [CredentialChange], of app: App, saving rotation: Rotation? = nil, by actor: Actor
    ) async throws(RegistrationError) {
        do {
            try await ports.credentials.change(changes, of: app.name, saving: rotation, by: actor, at: clock.now())
        } catch {
            throw .store(error)
        }
    }
}

extension CredentialKeeper.Newcomer {
    fileprivate var life: TimeInterval {
        switch self {
        case .secret(let life), .certificate(let life): life
        case .brought: 0
        }
    }
}
