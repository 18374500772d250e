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
                try await self.turns.take(app.name) { () throws(StoreError) in try await self.take(rotation, of: app) }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        try await retireDue(apps, at: now)
        if let failure = failure.withLock({ $0 }) { throw failure }
        let next = try await ports.credentials.unfinishedRotations().map(\.due)
        return (next + (try await ports.credentials.credentials(of: nil).compactMap(retirement))).min()
    }

    private func take(_ seen: Rotation, of app: App) async throws(StoreError) {
        // It may have moved on while this waited for its turn.
        guard let rotation = try await ports.credentials.rotation(of: app.name), rotation == seen else { return }
        var next = rotation
        var changes: [CredentialChange] = []
        switch rotation.step {
        case .done, .failed: return
        case .adding:
            do throws(RegistrationError) {
                let session = try await session(for: app, rotation: rotation.credential)
                changes = try await registry.register(rotation, of: app, in: session)
                next.step = .observing
                next.fault = nil
                next.due = clock.now()
                // However long that took, there must be time to watch it.
                next.deadline = max(next.deadline, next.due + Observation.patience)
            } catch {
                let fault = Fault(error.problem)
                if error.problem.isRetryable {
                    let asked = error.problem.retryAfter.map { TimeInterval($0.components.seconds) } ?? 0
                    next.halt(fault, retryAfter: max(asked, Observation.troublePause), at: clock.now())
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
        if next.isFinal { sessions.withLock { $0[rotation.credential] = nil } }
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
            _ = try await ports.gate.requestToken(key, claims: nil, with: value)
            return .works
        } catch {
            switch error.reason {
            case .refused(.ourCredential): return .notYet(error.note)
            case .mismatch, .foreignAudience, .unreadable, .cloudNotConfigured, .noSuchApp: return .hopeless(error.note)
            default: return .undecided(error.note)
            }
        }
    }

    /// As whom the directory is changed: whom the caller names, else whoever signed in for that rotation, else the app
    /// that registered this one, else the app itself, by the certificate that it holds.
    func session(
        for app: App, as wanted: DirectoryAccess? = nil, rotation: CredentialID? = nil
    ) async throws(RegistrationError) -> CredentialRegistry.Session {
        guard let home = app.homeTenant else { throw .homeTenantUnknown(app.name) }
        let registration = try await registration(app.name)
        let isFresh = registration.map { clock.now() < $0.begunAt + DirectoryPatience.freshness } ?? false
        func session(_ directory: DirectorySession, isOwn: Bool = false) -> CredentialRegistry.Session {
            .init(directory: directory, isOwn: isOwn, objectID: registration?.objectID, isFresh: isFresh)
        }
        if wanted == nil, let rotation, let found = sessions.withLock({ $0[rotation] }) { return session(found) }
        if wanted != nil || registration?.registrar != nil {
            return session(
                try await access.session(wanted, registrar: registration?.registrar, cloud: app.cloud, home: home))
        }
        guard registration?.objectID != nil, try await holdsCertificate(app.name) else { throw .nobodySignedIn }
        return session(try await access.session(of: app.name, cloud: app.cloud, home: home), isOwn: true)
    }

    /// When its retirement is to be tried; `nil` when it is not to go.
    private func retirement(of credential: Credential) -> Date? {
        guard credential.stored == .retiring, let due = credential.retireAt else { return nil }
        // An earlier one that did not succeed, before it was preferred again, says nothing about this one.
        return max(due, postponed.withLock { $0[credential.id] } ?? due)
    }

    private func retireDue(_ apps: [AppName: App], at now: Date) async throws(StoreError) {
        let due = try await ports.credentials.credentials(of: nil).filter {
            (retirement(of: $0) ?? .distantFuture) <= now
        }
        for credential in due {
            guard let app = apps[credential.app] else { continue }
            try await turns.take(app.name) { () throws(StoreError) in
                try await self.retire(credential.id, of: app, at: now)
            }
        }
    }

    /// Retires one whose time has come, unless things have changed or nothing else works.
    private func retire(_ id: CredentialID, of app: App, at now: Date) async throws(StoreError) {
        let all = try await ports.credentials.credentials(of: app.name)
        guard let credential = all.first(where: { $0.id == id }), let due = retirement(of: credential), due <= now
        else {
            return
        }
        do throws(RegistrationError) {
            guard all.contains(where: { $0.id != id && $0.works(at: now) }) else { throw .lastCredential(id) }
            try await registry.withdraw(credential, from: app, in: try await session(for: app))
        } catch {
            logger.warning(
                "a credential could not be retired",
                metadata: ["app": "\(app.name)", "credential": "\(id)", "reason": "\(error)"])
            postponed.withLock { $0[id] = now + Observation.retirementPause }
            return
        }
        postponed.withLock { $0[id] = nil }
        try await ports.credentials.change([.remove(id)], of: app.name, saving: nil, by: .service, at: now)
    }
}
