package import FoundationEssentials
import Logging
import Synchronization

/// What goes on by itself: the steps of rotations, and retirements.
extension CredentialKeeper {
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
    func session(for app: App) async throws(RegistrationError) -> CredentialRegistry.Session {
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
                try await registry.withdraw(
                    credential.id, record: credential, from: app, in: try await session(for: app))
            } catch {
                logger.warning(
                    "a credential could not be retired in the directory",
                    metadata: ["app": "\(app.name)", "credential": "\(credential.id)", "reason": "\(error)"])
                postponed.withLock { $0[credential.id] = now + Observation.retirementPause }
                continue
            }
            postponed.withLock { $0[credential.id] = nil }
            try await ports.credentials.change(
                [.remove(credential.id)], of: app.name, saving: nil, by: .service, at: now)
        }
    }
}
