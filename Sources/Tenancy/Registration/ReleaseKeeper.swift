/// Turns the permissions of a spec into numbered releases.
package struct ReleaseKeeper: Sendable {
    private let apps: any AppStore
    private let registrations: any RegistrationStore
    private let graph: @Sendable (Cloud) -> Resource?
    private let clock: WallClock

    package init(
        apps: any AppStore, registrations: any RegistrationStore, graph: @escaping @Sendable (Cloud) -> Resource?,
        clock: WallClock
    ) {
        self.apps = apps
        self.registrations = registrations
        self.graph = graph
        self.clock = clock
    }

    /// Makes the spec's permissions the draft. The directory is not asked.
    package func draft(_ spec: RegistrationSpec, by actor: Actor) async throws(RegistrationError) -> ReleaseRecord {
        let permissions = try permissions(of: spec)
        do throws(StoreError) {
            let number = try await apps.draft(permissions, of: spec.name, by: actor, at: clock.now())
            let records = try await apps.releases(of: spec.name)
            guard let record = records.first(where: { $0.release.number == number }) else {
                throw StoreError.notFound("Release \(number)")
            }
            return record
        } catch {
            throw .store(error)
        }
    }

    /// What a customer who granted one release is asked anew by another.
    ///
    /// - Parameters:
    ///   - from: the newest published one when it is left out.
    ///   - to: the draft when it is left out, or else the newest one.
    package func difference(
        of app: AppName, from: Int?, to: Int?
    ) async throws(RegistrationError) -> ReleaseDifference {
        let records = try await releases(of: app)
        func release(_ number: Int?, else other: ReleaseRecord?) throws(RegistrationError) -> Release {
            guard let number else {
                guard let other else { throw .unknownRelease(0) }
                return other.release
            }
            guard let found = records.first(where: { $0.release.number == number }) else {
                throw .unknownRelease(number)
            }
            return found.release
        }
        return ReleaseDifference(
            from: try release(from, else: records.last { !$0.isDraft }), to: try release(to, else: records.last))
    }

    /// Publishes the draft: from now on customers are asked for it. Those who granted less are `behind`, and what they
    /// granted goes on working.
    ///
    /// - Parameter number: of the draft that somebody looked at; whatever draft there is when it is left out.
    package func publish(_ number: Int?, of app: AppName, by actor: Actor) async throws(RegistrationError) -> Release {
        let records = try await releases(of: app)
        guard let draft = records.last, draft.isDraft, number == nil || number == draft.release.number else {
            throw .noDraft(app, number)
        }
        do {
            if let applied = try await registrations.registration(app)?.applied?.permissions {
                let isCovered = draft.release.permissions.allSatisfy { wanted in
                    applied.contains { $0.asksSame(as: wanted) }
                }
                guard isCovered else { throw RegistrationError.notApplied(app) }
            }
            try await apps.publish(draft.release.number, of: app, by: actor, at: clock.now())
        } catch let error as RegistrationError {
            throw error
        } catch let error as StoreError {
            throw .store(error)
        } catch {
            throw .store(.unavailable("unexpected failure"))
        }
        return draft.release
    }

    private func releases(of app: AppName) async throws(RegistrationError) -> [ReleaseRecord] {
        do { return try await apps.releases(of: app) } catch { throw .store(error) }
    }

    /// As releases keep them.
    private func permissions(of spec: RegistrationSpec) throws(RegistrationError) -> [Permission] {
        guard let graph = graph(spec.cloud) else {
            throw .directory(DirectoryError("look at the registration", .cloudNotConfigured))
        }
        do { return try PermissionResolver.permissions(of: spec, graph: graph) } catch { throw .spec(error) }
    }
}
