/// The steps themselves. Each may be taken again after its reply was lost.
extension DirectoryRegistrar {
    func take(_ step: RegistrationStep, _ work: inout Work) async throws(DirectoryError) {
        let session = work.survey.session
        switch step {
        case .createApplication: try await create(&work)
        case .setDisplayName: try await change(ApplicationChange(displayName: work.survey.spec.displayName), work)
        case .setAudience: try await change(ApplicationChange(audience: work.survey.spec.audience), work)
        case .setRedirectURIs: try await change(ApplicationChange(redirectURIs: work.survey.spec.redirectURIs), work)
        case .setPermissions:
            try await change(ApplicationChange(access: work.survey.permissions.map(\.access)), work)
        case .createPrincipal: try await createPrincipal(&work)
        case .addOwner(let owner):
            let id = try objectID(work)
            try await unlessPresent(
                add: { () throws(DirectoryError) in
                    try await patience.perform(lag: work.isFresh) { () throws(DirectoryError) in
                        try await directory.addOwner(owner, to: id, session)
                    }
                },
                isPresent: { () throws(DirectoryError) in try await directory.owners(of: id, session).contains(owner) })
        case .grant(let permission):
            guard let principal = work.principal else { throw DirectoryError("grant a permission", .missing) }
            let assignment = RoleAssignment(resource: permission.principal, role: permission.role.id)
            try await unlessPresent(
                add: { () throws(DirectoryError) in
                    try await patience.perform(lag: work.isFresh) { () throws(DirectoryError) in
                        try await directory.assign(assignment, to: principal.objectID, session)
                    }
                },
                isPresent: { () throws(DirectoryError) in
                    try await directory.assignments(of: principal.objectID, session).contains(assignment)
                })
        }
    }

    private func create(_ work: inout Work) async throws(DirectoryError) {
        let (spec, session, name) = (work.survey.spec, work.survey.session, work.registration.uniqueName)
        // `signInAudience` is never left out: Graph's default admits personal accounts.
        let whole = ApplicationChange(
            displayName: spec.displayName, audience: spec.audience, redirectURIs: spec.redirectURIs,
            access: work.survey.permissions.map(\.access))
        try await patience.perform(lag: false) { () throws(DirectoryError) in
            try await directory.upsertApplication(uniqueName: name, whole, session)
        }
        let application = try await patience.find("show the application it has just made") {
            () throws(DirectoryError) in try await directory.application(.uniqueName(name), session)
        }
        work.application = application
        work.registration.objectID = application.objectID
    }

    private func createPrincipal(_ work: inout Work) async throws(DirectoryError) {
        guard let client = (work.application ?? work.survey.application)?.clientID else {
            throw DirectoryError("create the service principal", .missing)
        }
        let session = work.survey.session
        do {
            try await patience.perform(lag: true) { () throws(DirectoryError) in
                try await directory.addPrincipal(of: client, session)
            }
        } catch {
            // An earlier try got through and its reply was lost.
            guard error.reason == .exists else { throw error }
        }
        work.principal = try await patience.find("show the service principal it has just made") {
            () throws(DirectoryError) in try await directory.principals(.appID(client.guid), session).first
        }
    }

    private func change(_ change: ApplicationChange, _ work: Work) async throws(DirectoryError) {
        let (id, session) = (try objectID(work), work.survey.session)
        try await patience.perform(lag: work.isFresh) { () throws(DirectoryError) in
            try await directory.change(id, change, session)
        }
    }

    private func objectID(_ work: Work) throws(DirectoryError) -> GUID {
        guard let id = (work.application ?? work.survey.application)?.objectID else {
            throw DirectoryError("change the application", .missing)
        }
        return id
    }

    /// Adds something; what the directory refuses because it is there already is no failure. Its reply does not say so
    /// in a code, so it is asked.
    private func unlessPresent(
        add: () async throws(DirectoryError) -> Void, isPresent: () async throws(DirectoryError) -> Bool
    ) async throws(DirectoryError) {
        do {
            try await add()
        } catch {
            switch error.reason {
            case .refused, .exists: if try await isPresent() { return }
            default: break
            }
            throw error
        }
    }
}

/// What one run of `apply` knows and learns.
struct Work: Sendable {
    let survey: RegistrationSurvey
    var registration: Registration
    /// Once it was created by this run.
    var application: DirectoryApplication?
    var principal: DirectoryPrincipal?

    init(survey: RegistrationSurvey, registration: Registration) {
        self.survey = survey
        self.registration = registration
        principal = survey.principal
    }

    /// Whether what is asked for may be too new to be seen everywhere.
    var isFresh: Bool { application != nil }
}
