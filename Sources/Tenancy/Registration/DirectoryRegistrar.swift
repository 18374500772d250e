import FoundationEssentials

/// Makes the directory of the home tenant what a spec says, and nothing else.
///
/// Every step may be repeated: an interrupted run leaves nothing that the next one does not find again.
package struct DirectoryRegistrar: Sendable {
    let directory: any Directory
    let stores: Stores
    let access: DirectoryAccessDesk
    let tokens: TokenBroker
    private let discovery: any TenantDiscovery
    private let graph: @Sendable (Cloud) -> Resource?
    let patience: DirectoryPatience
    /// Whatever changes a registration happens in turn.
    let turns = Turns<AppName>()
    let clock: WallClock
    private let randomness: Randomness

    package struct Stores: Sendable {
        let apps: any AppStore
        let registrations: any RegistrationStore
        let consent: any ConsentStore
        let runs: any RunStore

        package init(
            apps: any AppStore, registrations: any RegistrationStore, consent: any ConsentStore, runs: any RunStore
        ) {
            self.apps = apps
            self.registrations = registrations
            self.consent = consent
            self.runs = runs
        }
    }

    /// - Parameters:
    ///   - tokens: forgets the tokens of an app that is deleted.
    ///   - graph: the resource by which Microsoft Graph of that cloud is asked.
    package init(
        directory: any Directory, stores: Stores, access: DirectoryAccessDesk, tokens: TokenBroker,
        discovery: any TenantDiscovery,
        graph: @escaping @Sendable (Cloud) -> Resource?, patience: DirectoryPatience, clock: WallClock,
        randomness: Randomness
    ) {
        self.directory = directory
        self.stores = stores
        self.access = access
        self.tokens = tokens
        self.discovery = discovery
        self.graph = graph
        self.patience = patience
        self.clock = clock
        self.randomness = randomness
    }

    /// What can be said of a spec without signing in: its own rules, and the built-in catalogue.
    ///
    /// - Returns: what only the directory can settle.
    package func check(_ spec: RegistrationSpec) throws(RegistrationError) -> [String] {
        do { return try PermissionResolver.check(spec) } catch { throw .spec(error) }
    }

    /// The tenant in which an app is to be registered.
    package func home(of reference: TenantReference, in cloud: Cloud) async throws(RegistrationError) -> TenantID {
        do { return try await discovery.discover(reference, in: cloud).id } catch { throw .homeTenant(error) }
    }

    /// The difference between the spec and the directory. Changes nothing.
    ///
    /// - Parameter granting: whether admin consent in the home tenant is part of it.
    package func plan(
        _ spec: RegistrationSpec, as wanted: DirectoryAccess?, granting: Bool
    ) async throws(RegistrationError) -> RegistrationPlan {
        RegistrationPlan(try await survey(spec, as: wanted, granting: granting).survey)
    }

    /// The difference between the spec that was applied last and the directory.
    package func drift(_ name: AppName, as wanted: DirectoryAccess?) async throws(RegistrationError) -> RegistrationPlan
    {
        let registration = try await registration(name)
        guard let spec = registration?.applied?.spec else { throw .notRegistered(name) }
        return try await plan(spec, as: wanted, granting: false)
    }

    /// Carries the difference out.
    ///
    /// - Parameters:
    ///   - planID: of the plan that somebody saw and agreed to; another difference is refused.
    ///   - progress: told each step in words, before it is taken.
    /// - Returns: the app as it is known here now, and what was done.
    package func apply(
        _ spec: RegistrationSpec, as wanted: DirectoryAccess?, granting: Bool, planID: String?, by actor: Actor,
        progress: @Sendable (String) -> Void = { _ in }
    ) async throws(RegistrationError) -> (app: App, plan: RegistrationPlan) {
        try await turns.take(spec.name) { () throws(RegistrationError) in
            let (survey, known) = try await survey(spec, as: wanted, granting: granting)
            let plan = RegistrationPlan(survey)
            if let planID, planID != plan.id { throw .planChanged }
            var registration = known ?? begin(survey)
            // Who makes it owns it, whoever tried before.
            if survey.application == nil { registration.creator = survey.session.principal }
            if registration != known { try await save(registration, by: actor) }
            var work = Work(survey: survey, registration: registration)
            for step in plan.steps {
                progress(plan.line(step))
                do throws(DirectoryError) { try await take(step, &work) } catch { throw .directory(error) }
                if case .createApplication = step { try await remember(work, by: actor) }
            }
            if case .app(let name) = wanted { work.registration.registrar = name }
            work.registration.objectID = work.registration.objectID ?? survey.application?.objectID
            work.registration.applied = Registration.Applied(
                spec: spec, permissions: survey.permissions.map(\.permission), at: clock.now())
            return (try await remember(work, by: actor), plan)
        }
    }

    // MARK: Looking

    func registration(_ name: AppName) async throws(RegistrationError) -> Registration? {
        do { return try await stores.registrations.registration(name) } catch { throw .store(error) }
    }

    private func survey(
        _ spec: RegistrationSpec, as wanted: DirectoryAccess?, granting: Bool
    ) async throws(RegistrationError) -> (survey: RegistrationSurvey, known: Registration?) {
        _ = try check(spec)
        guard let graph = graph(spec.cloud) else {
            throw .directory(DirectoryError("look at the registration", .cloudNotConfigured))
        }
        let known = try await registration(spec.name)
        let home = try await home(of: spec.homeTenant, in: spec.cloud)
        if let known, known.home != home || known.cloud != spec.cloud {
            throw .moved(spec.name, known.home, known.cloud)
        }
        let session = try await access.session(wanted, registrar: known?.registrar, cloud: spec.cloud, home: home)
        let application = try await application(known, spec, home, session)
        let apis = try await RegistrationError.translating {
            () throws(DirectoryError) -> [APIReference: DirectoryPrincipal] in try await self.apis(of: spec, session)
        }
        let permissions: [ResolvedPermission]
        do throws(SpecFault) {
            permissions = try PermissionResolver.resolve(spec, principals: apis, graph: graph)
        } catch {
            throw .spec(error)
        }
        let wanted = try await wantedOwners(spec, known, application, session)
        let survey = try await RegistrationError.translating { () throws(DirectoryError) -> RegistrationSurvey in
            let principal = try await principal(of: application, session)
            let owners = wanted.isEmpty ? [] : try await owners(of: application, session)
            return RegistrationSurvey(
                spec: spec, home: home, session: session, permissions: permissions, application: application,
                principal: principal, owners: owners, wantedOwners: wanted,
                assignments: granting ? try await assignments(of: principal, session) : nil,
                roleNames: Self.names(apis.values))
        }
        return (survey, known)
    }

    private func assignments(
        of principal: DirectoryPrincipal?, _ session: DirectorySession
    ) async throws(DirectoryError) -> Set<RoleAssignment> {
        guard let principal else { return [] }
        return try await patience.perform(lag: false) { () throws(DirectoryError) in
            try await directory.assignments(of: principal.objectID, session)
        }
    }

    /// The application of that registration; `nil` when there is none yet.
    private func application(
        _ known: Registration?, _ spec: RegistrationSpec, _ home: TenantID, _ session: DirectorySession
    ) async throws(RegistrationError) -> DirectoryApplication? {
        let app: App?
        do { app = try await stores.apps.app(spec.name) } catch { throw .store(error) }
        if let app, app.cloud != spec.cloud { throw .moved(spec.name, app.homeTenant ?? home, app.cloud) }
        do throws(DirectoryError) {
            guard let address = known?.objectID.map(ApplicationAddress.objectID) ?? app.map({ .clientID($0.clientID) })
            else {
                guard let known else { return nil }
                return try await patience.perform(lag: false) { () throws(DirectoryError) in
                    try await directory.application(.uniqueName(known.uniqueName), session)
                }
            }
            // It is known to be there: soon after its creation its absence is lag, later it is somebody's deed.
            let isFresh = known.map { clock.now() < $0.begunAt + DirectoryPatience.freshness } ?? false
            return try await patience.find("find the application that is recorded here", lag: isFresh) {
                () throws(DirectoryError) in try await directory.application(address, session)
            }
        } catch {
            guard error.reason == .missing else { throw .directory(error) }
            throw .goneFromDirectory(spec.name, home)
        }
    }

    private func apis(
        of spec: RegistrationSpec, _ session: DirectorySession
    ) async throws(DirectoryError) -> [APIReference: DirectoryPrincipal] {
        var found: [APIReference: DirectoryPrincipal] = [:]
        for permission in spec.permissions where found[permission.api] == nil {
            let principals = try await patience.perform(lag: false) { () throws(DirectoryError) in
                try await directory.principals(permission.api, session)
            }
            // Several principals of one display name: nobody knows which is meant.
            if principals.count == 1 { found[permission.api] = principals[0] }
        }
        return found
    }

    private func principal(
        of application: DirectoryApplication?, _ session: DirectorySession
    ) async throws(DirectoryError) -> DirectoryPrincipal? {
        guard let application else { return nil }
        return try await patience.perform(lag: false) { () throws(DirectoryError) in
            try await directory.principals(.appID(application.clientID.guid), session).first
        }
    }

    /// Who must be owners: who began the registration, and those that the spec names.
    private func wantedOwners(
        _ spec: RegistrationSpec, _ known: Registration?, _ application: DirectoryApplication?,
        _ session: DirectorySession
    ) async throws(RegistrationError) -> [GUID] {
        let creator = application == nil ? session.principal : known?.creator
        var wanted = [creator].compactMap { $0 }
        for (index, name) in spec.owners.enumerated() {
            var id = GUID(name)
            if id == nil {
                id = try await RegistrationError.translating { () throws(DirectoryError) -> GUID? in
                    try await patience.perform(lag: false) { () throws(DirectoryError) in
                        try await directory.user(name, session)
                    }
                }
            }
            guard let id else {
                throw .spec(
                    SpecFault(
                        "owners[\(index)]", "The home tenant knows no user '\(name.prefix(80))'.",
                        "Name an object id or a user principal name of the home tenant."))
            }
            if !wanted.contains(id) { wanted.append(id) }
        }
        return wanted
    }

    private func owners(
        of application: DirectoryApplication?, _ session: DirectorySession
    ) async throws(DirectoryError) -> Set<GUID> {
        guard let application else { return [] }
        return try await patience.perform(lag: true) { () throws(DirectoryError) in
            try await directory.owners(of: application.objectID, session)
        }
    }

    private static func names(_ principals: some Sequence<DirectoryPrincipal>) -> [GUID: String] {
        Dictionary(
            principals.flatMap { ($0.roles + $0.scopes).map { ($0.id, $0.value) } },
            uniquingKeysWith: { first, _ in first })
    }

    // MARK: Remembering

    private func begin(_ survey: RegistrationSurvey) -> Registration {
        Registration(
            name: survey.spec.name, cloud: survey.spec.cloud, home: survey.home,
            uniqueName: survey.application == nil ? "tenantry-\(Base32.encode(randomness.bytes(10)))" : "",
            creator: survey.application == nil ? survey.session.principal : nil, begunAt: clock.now(),
            objectID: survey.application?.objectID)
    }

    private func save(_ registration: Registration, by actor: Actor) async throws(RegistrationError) {
        do {
            try await stores.registrations.save(registration, by: actor, at: clock.now())
        } catch {
            throw .store(error)
        }
    }

    @discardableResult
    private func remember(_ work: Work, by actor: Actor) async throws(RegistrationError) -> App {
        let (spec, now) = (work.survey.spec, clock.now())
        guard let application = work.application ?? work.survey.application else { throw .notRegistered(spec.name) }
        do throws(StoreError) {
            let app = App(
                name: spec.name, displayName: spec.displayName, clientID: application.clientID, cloud: spec.cloud,
                audience: spec.audience, homeTenant: work.survey.home, redirectURI: spec.redirectURIs.first,
                addedAt: try await stores.apps.app(spec.name)?.addedAt ?? now)
            try await stores.registrations.save(
                work.registration, app: app, permissions: work.survey.permissions.map(\.permission), by: actor, at: now)
            return app
        } catch {
            throw .store(error)
        }
    }
}
