package import FoundationEssentials
package import Logging
import Synchronization

/// Keeps the apps' credentials alive: brings new ones in, watches them until they work, retires the old.
///
/// What is under way stands in the store, so that it goes on after a crash. An administrator's token does not, so a
/// rotation that needs one and loses it has failed, and what was preferred still is.
package final class CredentialKeeper: Sendable {
    let ports: Ports
    let access: DirectoryAccessDesk
    let registry: CredentialRegistry
    let graph: @Sendable (Cloud) -> Resource?
    let clock: WallClock
    let randomness: Randomness
    let wake: Wake
    let logger: Logger
    /// Of administrators who signed in for a rotation, by its credential. Nothing else is done with them.
    let sessions = Mutex<[CredentialID: DirectorySession]>([:])
    /// Whatever changes an app's credentials, in Entra or here, happens in turn.
    let turns = Turns<AppName>()
    /// When a retirement that did not succeed is tried again.
    let postponed = Mutex<[CredentialID: Date]>([:])
    /// Apps whose credentials are worked on at a time.
    static let concurrency = 4

    /// The ports it works through.
    package struct Ports: Sendable {
        let apps: any AppStore
        let credentials: any CredentialStore
        let registrations: any RegistrationStore
        let craft: any CredentialCraft
        let gate: AuthorityGate

        package init(
            apps: any AppStore, credentials: any CredentialStore, registrations: any RegistrationStore,
            craft: any CredentialCraft, gate: AuthorityGate
        ) {
            self.apps = apps
            self.credentials = credentials
            self.registrations = registrations
            self.craft = craft
            self.gate = gate
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
        try await turns.take(app.name) { () throws(RegistrationError) in
            let now = clock.now()
            let earlier = try await rotation(of: app)
            if let earlier, !earlier.isFinal { throw .rotationRunning(app.name, earlier.credential) }
            let id = CredentialID(randomness)
            let crafted = try craft(newcomer, named: app.displayName, at: now)
            if let crafted { try await checkTwins(of: crafted, app, except: earlier?.credential) }
            if case .federated(let source) = crafted?.value { _ = try await registry.claims(from: source) }
            let session = try await beginning(wanted, app, crafted?.value.kind ?? .secret)
            if let earlier, earlier.step == .failed {
                try await sweep(earlier, before: crafted, app, session, by: actor)
            }
            let rotation = Rotation(
                app: app.name, credential: id, kind: crafted?.value.kind ?? .secret, purpose: purpose, startedAt: now,
                life: newcomer.life, due: now, deadline: now + Observation.patience)
            let additions = crafted.map { [CredentialChange.add($0.new(id, of: app.name, .pending, at: now))] } ?? []
            try await change(additions, of: app, saving: rotation, by: actor)
            // Now that it is remembered, and for this rotation alone.
            if wanted != nil { sessions.withLock { $0[id] = session.directory } }
            wake.signal()
            return rotation
        }
    }

    /// One entry in Entra must not stand behind two credentials here: the end of one would be the end of the other.
    ///
    /// - Parameter failed: what a rotation that failed has left; it makes room.
    func checkTwins(
        of crafted: CraftedCredential, _ app: App, except failed: CredentialID? = nil
    ) async throws(RegistrationError) {
        for known in try await credentials(of: app) where known.id != failed || known.stored != .pending {
            guard try await isTwin(known, of: crafted) else { continue }
            let kind = crafted.value.kind
            throw .credential(
                code: "\(kind.rawValue)_known",
                why: kind == .federated
                    ? "The app has a federated credential already: \(known.id)."
                    : "That \(kind.rawValue) is known here already, as credential \(known.id).",
                nextStep: "See `tenantry credential list \(app.name)`; retire the old one first.")
        }
    }

    private func isTwin(_ known: Credential, of crafted: CraftedCredential) async throws(RegistrationError) -> Bool {
        switch crafted.value {
        case .secret(let text):
            guard known.kind == .secret else { return false }
            do {
                guard case .secret(let other) = try await ports.credentials.open(known.id) else { return false }
                return other.exposed == text.exposed
            } catch .sealBroken {
                return false
            } catch {
                throw .store(error)
            }
        case .certificate: return known.thumbprint == crafted.thumbprint
        // Issuer and subject are told by the assertion alone, so one source at a time.
        case .federated: return known.kind == .federated
        }
    }

    func rotation(of app: App) async throws(RegistrationError) -> Rotation? {
        do { return try await ports.credentials.rotation(of: app.name) } catch { throw .store(error) }
    }

    private func craft(_ newcomer: Newcomer, named name: String, at now: Date) throws(RegistrationError)
        -> CraftedCredential?
    {
        switch newcomer {
        case .secret: return nil
        case .certificate(let life): return try ports.craft.makeCertificate(named: name, life: life, at: now)
        case .brought(.secret):
            throw .credential(
                code: "secret_registered", why: "A secret that was brought is in Entra already.",
                nextStep: "Add it without registering it.")
        case .brought(let brought): return try ports.craft.read(brought, at: now)
        }
    }

    /// Finds out before anything is begun whether somebody may change the directory.
    private func beginning(
        _ wanted: DirectoryAccess?, _ app: App, _ kind: CredentialKind
    ) async throws(RegistrationError) -> CredentialRegistry.Session {
        let session = try await session(for: app, as: wanted)
        // By itself an app can do no more than exchange its certificates.
        guard !session.isOwn || kind == .certificate else { throw .nobodySignedIn }
        return session
    }

    func holdsCertificate(_ app: AppName) async throws(RegistrationError) -> Bool {
        do {
            return try await ports.credentials.credentials(of: app).contains {
                $0.kind == .certificate && $0.isUsable(at: clock.now())
            }
        } catch {
            throw .store(error)
        }
    }

    func registration(_ app: AppName) async throws(RegistrationError) -> Registration? {
        do { return try await ports.registrations.registration(app) } catch { throw .store(error) }
    }

    /// Clears away what a failed rotation may have left in Entra and here; in Entra not what comes in again.
    private func sweep(
        _ failed: Rotation, before newcomer: CraftedCredential?, _ app: App, _ session: CredentialRegistry.Session,
        by actor: Actor
    ) async throws(RegistrationError) {
        let left = try await credentials(of: app).first { $0.id == failed.credential && $0.stored == .pending }
        var comesAgain = false
        if let left, let newcomer { comesAgain = try await isTwin(left, of: newcomer) }
        if !comesAgain {
            do throws(RegistrationError) {
                try await registry.sweep(failed.credential, from: app, in: session)
            } catch {
                // Nothing is lost: it grants nobody anything that he has not got, and its mark tells whose it is.
                logger.warning(
                    "a failed rotation's credential stays in the directory", metadata: ["app": "\(app.name)"])
            }
        }
        if left != nil { try await change([.remove(failed.credential)], of: app, by: actor) }
    }

    func credentials(of app: App) async throws(RegistrationError) -> [Credential] {
        do { return try await ports.credentials.credentials(of: app.name) } catch { throw .store(error) }
    }

    func change(
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
