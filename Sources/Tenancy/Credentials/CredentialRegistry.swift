import FoundationEssentials

/// Makes credentials known to the application object in Entra, and takes them out again. Both may be repeated.
package struct CredentialRegistry: Sendable {
    private let directory: any Directory
    private let credentials: any CredentialStore
    private let craft: any CredentialCraft
    private let assertions: any AssertionProvider
    private let patience: DirectoryPatience
    private let clock: WallClock

    /// As whom it is done.
    struct Session: Sendable {
        let directory: DirectorySession
        /// The app itself: it may add and remove its certificates by proof, and often read nothing.
        let isOwn: Bool
        /// Of the application, when it is recorded here.
        let objectID: GUID?
        /// Whether the application was made a moment ago, so that not every replica shows it.
        let isFresh: Bool
    }

    package init(
        directory: any Directory, credentials: any CredentialStore, craft: any CredentialCraft,
        assertions: any AssertionProvider, patience: DirectoryPatience, clock: WallClock
    ) {
        self.directory = directory
        self.credentials = credentials
        self.craft = craft
        self.assertions = assertions
        self.patience = patience
        self.clock = clock
    }

    // MARK: In

    /// Makes the rotation's credential known.
    ///
    /// - Returns: what is to be remembered: a secret that was made, or Entra's id.
    func register(_ rotation: Rotation, of app: App, in session: Session) async throws(RegistrationError)
        -> [CredentialChange]
    {
        switch rotation.kind {
        case .secret: return try await makeSecret(rotation, of: app, in: session)
        case .certificate:
            let keyID = try await addCertificate(rotation, of: app, in: session)
            return keyID.map { [.identified(rotation.credential, $0)] } ?? []
        case .federated:
            let id = try await federate(rotation, of: app, in: session)
            return id.map { [.identified(rotation.credential, $0)] } ?? []
        }
    }

    private func makeSecret(_ rotation: Rotation, of app: App, in session: Session) async throws(RegistrationError)
        -> [CredentialChange]
    {
        let application = try await application(of: app, in: session)
        let now = clock.now()
        // One whose reply was lost is of no use to anybody: its text was told that once.
        try await remove(marked: rotation.mark, except: [], application, session)
        return try await RegistrationError.translating { () throws(DirectoryError) in
            let (secret, text) = try await patience.perform(lag: true, isRepeatable: false) {
                () throws(DirectoryError) in
                try await directory.addSecret(
                    named: rotation.mark, until: now + rotation.life, to: application.objectID, session.directory)
            }
            let crafted = CraftedCredential(
                value: .secret(text), label: rotation.mark, expiresAt: secret.expiresAt, thumbprint: nil)
            return [.add(crafted.new(rotation.credential, of: app.name, .pending, keyID: secret.keyID, at: now))]
        }
    }

    private func addCertificate(_ rotation: Rotation, of app: App, in session: Session) async throws(RegistrationError)
        -> GUID?
    {
        guard case .certificate(let der, _) = try await open(rotation.credential) else { return nil }
        let application = try await readable(app, in: session)
        // An earlier try whose reply was lost.
        if let found = application?.keys.first(where: { $0.certificate == der }) { return found.keyID }
        guard let objectID = application?.objectID ?? session.objectID else { throw .notRegistered(app.name) }
        if let proof = try await proof(app, application, objectID, except: rotation.credential) {
            do throws(DirectoryError) {
                return try await patience.perform(lag: true, isRepeatable: false) { () throws(DirectoryError) in
                    try await directory.addKey(
                        der, named: rotation.mark, proof: proof, to: objectID, session.directory)
                }
            } catch {
                // Who cannot read cannot tell whether it arrived. The authority will: the rotation watches for that.
                if case .unavailable = error.reason, application == nil, !Task.isCancelled { return nil }
                throw .directory(error)
            }
        }
        guard let application else { throw .nobodySignedIn }
        try await checkAllShown(application, app, except: rotation.credential)
        // The first one. Entries that are there, ours or not, go back as they came.
        let keys = application.keys + [DirectoryKey(keyID: nil, displayName: rotation.mark, certificate: der)]
        return try await RegistrationError.translating { () throws(DirectoryError) in
            try await patience.perform(lag: true) { () throws(DirectoryError) in
                try await directory.change(application.objectID, ApplicationChange(keys: keys), session.directory)
            }
            return try await patience.find("show the certificate") { () throws(DirectoryError) in
                try await directory.application(.objectID(application.objectID), session.directory)?.keys
                    .first { $0.certificate == der }
            }.keyID
        }
    }

    private func federate(_ rotation: Rotation, of app: App, in session: Session) async throws(RegistrationError)
        -> GUID?
    {
        guard case .federated(let source) = try await open(rotation.credential) else { return nil }
        let claims = try await claims(from: source)
        let objectID = try await application(of: app, in: session).objectID
        let wanted = DirectoryFederation(
            name: Self.federationName(rotation.mark), issuer: claims.issuer, subject: claims.subject,
            audience: claims.audience)
        return try await RegistrationError.translating { () throws(DirectoryError) in
            func found() async throws(DirectoryError) -> GUID? {
                try await directory.federations(of: objectID, session.directory).first(where: claims.match)?.id
            }
            if let id = try await patience.perform(lag: true, { () throws(DirectoryError) in try await found() }) {
                return id
            }
            do throws(DirectoryError) {
                return try await patience.perform(lag: true) { () throws(DirectoryError) in
                    try await directory.addFederation(wanted, to: objectID, session.directory)
                }
            } catch {
                // An earlier try whose reply was lost, and which the list does not show yet.
                guard error.reason == .exists else { throw error }
                return try await patience.find("show the federated credential") { () throws(DirectoryError) in
                    try await found()
                }
            }
        }
    }

    // MARK: Out

    /// Takes a credential out of Entra; one that is not there is no failure, one that cannot be told from others is.
    func withdraw(_ credential: Credential, from app: App, in session: Session) async throws(RegistrationError) {
        let others = try await all(app).filter { $0.id != credential.id }
        // Two credentials may stand for one entry; it goes with the last.
        if let thumbprint = credential.thumbprint, others.contains(where: { $0.thumbprint == thumbprint }) { return }
        guard let application = try await readable(app, in: session) else {
            return try await withdrawOwn(credential, app, session)
        }
        switch credential.kind {
        case .secret:
            if let keyID = try await keyID(of: credential, among: application.secrets, others) {
                try await remove(secret: keyID, application, session)
            }
            // Also one whose reply was lost, and that did not show when it was made anew.
            try await remove(
                marked: Rotation.mark(of: credential.id), except: Set(others.compactMap(\.keyID)), application, session)
        case .certificate:
            try await remove(from: application, app, session, except: credential.id) { key in
                if let keyID = credential.keyID, key.keyID == keyID { return true }
                return key.certificate.map { craft.thumbprint(ofCertificate: $0) } == credential.thumbprint
            }
        case .federated:
            guard let federation = try await federation(of: credential, application, session) else { return }
            guard !others.contains(where: { $0.keyID == federation }) else { return }
            try await remove(federation, application, session)
        }
    }

    /// Takes out what a rotation may have left of a credential that is not known here: what bears its mark.
    func sweep(_ id: CredentialID, from app: App, in session: Session) async throws(RegistrationError) {
        let mark = Rotation.mark(of: id)
        let known = Set(try await all(app).filter { $0.id != id }.compactMap(\.keyID))
        guard let application = try await readable(app, in: session) else { return }
        try await remove(marked: mark, except: known, application, session)
        try await remove(from: application, app, session, except: id) { key in
            key.displayName == mark && key.keyID.map { !known.contains($0) } ?? true
        }
        let federations = try await RegistrationError.translating { () throws(DirectoryError) in
            try await directory.federations(of: application.objectID, session.directory)
        }
        for federation in federations where federation.name == Self.federationName(mark) {
            guard let id = federation.id, !known.contains(id) else { continue }
            try await remove(id, application, session)
        }
    }

    /// By a certificate's proof alone, when nothing can be read.
    private func withdrawOwn(_ credential: Credential, _ app: App, _ session: Session) async throws(RegistrationError) {
        guard credential.kind == .certificate, let keyID = credential.keyID, let objectID = session.objectID,
            let proof = try await proof(app, nil, objectID, except: credential.id)
        else { throw .nobodySignedIn }
        try await remove(key: keyID, proof, objectID, session)
    }

    /// Entra's id of a secret: the one that was told, else of the one whose beginning Entra shows to be the same.
    private func keyID(
        of credential: Credential, among secrets: [DirectorySecret], _ others: [Credential]
    ) async throws(RegistrationError) -> GUID? {
        // Whether it is shown or not: it may be too new for that.
        if let keyID = credential.keyID { return keyID }
        guard case .secret(let text) = try await open(credential.id) else { return nil }
        let candidates = secrets.filter { secret in
            !others.contains { $0.keyID == secret.keyID } && secret.hint.map { text.exposed.hasPrefix($0) } ?? true
        }
        guard candidates.count < 2, candidates.first?.hint != nil || candidates.isEmpty else {
            throw .unidentified(credential.id, credential.kind)
        }
        return candidates.first?.keyID
    }

    /// The id of a federated credential: the one that was told, else of the one with its assertion's issuer and subject.
    private func federation(
        of credential: Credential, _ application: DirectoryApplication, _ session: Session
    ) async throws(RegistrationError) -> GUID? {
        if let keyID = credential.keyID { return keyID }
        guard case .federated(let source) = try await open(credential.id) else { return nil }
        guard let claims = try? await claims(from: source) else {
            throw .unidentified(credential.id, credential.kind)
        }
        return try await RegistrationError.translating { () throws(DirectoryError) in
            try await directory.federations(of: application.objectID, session.directory).first(where: claims.match)?.id
        }
    }

    private func remove(
        secret keyID: GUID, _ application: DirectoryApplication, _ session: Session
    ) async throws(RegistrationError) {
        try await unlessMissing { () throws(DirectoryError) in
            try await directory.removeSecret(keyID, from: application.objectID, session.directory)
        }
    }

    private func remove(
        marked mark: String, except known: Set<GUID>, _ application: DirectoryApplication, _ session: Session
    ) async throws(RegistrationError) {
        for secret in application.secrets where secret.displayName == mark && !known.contains(secret.keyID) {
            try await remove(secret: secret.keyID, application, session)
        }
    }

    private func remove(
        _ federation: GUID, _ application: DirectoryApplication, _ session: Session
    ) async throws(RegistrationError) {
        try await unlessMissing { () throws(DirectoryError) in
            try await directory.removeFederation(federation, from: application.objectID, session.directory)
        }
    }

    private func remove(
        from application: DirectoryApplication, _ app: App, _ session: Session, except id: CredentialID,
        where isMeant: (DirectoryKey) -> Bool
    ) async throws(RegistrationError) {
        let doomed = application.keys.filter(isMeant)
        guard !doomed.isEmpty else { return }
        guard let proof = try await proof(app, application, application.objectID, except: id) else {
            try await checkAllShown(application, app, except: id)
            let kept = ApplicationChange(keys: application.keys.filter { !isMeant($0) })
            return try await unlessMissing { () throws(DirectoryError) in
                try await directory.change(application.objectID, kept, session.directory)
            }
        }
        for keyID in doomed.compactMap(\.keyID) { try await remove(key: keyID, proof, application.objectID, session) }
    }

    private func remove(
        key keyID: GUID, _ proof: Secret<String>, _ objectID: GUID, _ session: Session
    ) async throws(RegistrationError) {
        try await unlessMissing { () throws(DirectoryError) in
            try await directory.removeKey(keyID, proof: proof, from: objectID, session.directory)
        }
    }

    // MARK: Pieces

    private func application(of app: App, in session: Session) async throws(RegistrationError) -> DirectoryApplication {
        let address = session.objectID.map(ApplicationAddress.objectID) ?? .clientID(app.clientID)
        return try await RegistrationError.translating { () throws(DirectoryError) in
            try await patience.find("find the application", lag: session.isFresh) { () throws(DirectoryError) in
                try await directory.application(address, session.directory)
            }
        }
    }

    /// `nil` when the app acts by itself and may not read its own registration.
    private func readable(_ app: App, in session: Session) async throws(RegistrationError) -> DirectoryApplication? {
        do throws(RegistrationError) { return try await application(of: app, in: session) } catch {
            if session.isOwn, case .directory(let failure) = error, failure.reason == .forbidden { return nil }
            throw error
        }
    }

    /// Refuses to write the whole collection of keys while a certificate of ours is not in it: a replica that does not
    /// know it yet would make us remove it.
    private func checkAllShown(
        _ application: DirectoryApplication, _ app: App, except id: CredentialID
    ) async throws(RegistrationError) {
        let shown = thumbprints(of: application)
        let now = clock.now()
        let isComplete = try await all(app).allSatisfy { credential in
            guard let thumbprint = credential.thumbprint, credential.id != id, credential.works(at: now) else {
                return true
            }
            return shown.contains(thumbprint)
        }
        guard isComplete else { throw .directory(DirectoryError("show every certificate of the app", .missing)) }
    }

    private func thumbprints(of application: DirectoryApplication) -> [String] {
        application.keys.compactMap(\.certificate).map { craft.thumbprint(ofCertificate: $0) }
    }

    private func all(_ app: App) async throws(RegistrationError) -> [Credential] {
        do { return try await credentials.credentials(of: app.name) } catch { throw .store(error) }
    }

    /// Graph allows no blank in it.
    private static func federationName(_ mark: String) -> String { mark.replacing(" ", with: "-") }

    /// A proof by a certificate that we hold and Entra knows; `nil` when there is none.
    private func proof(
        _ app: App, _ application: DirectoryApplication?, _ objectID: GUID, except id: CredentialID
    ) async throws(RegistrationError) -> Secret<String>? {
        let now = clock.now()
        let known = application.map(thumbprints)
        let signer = try await all(app).inOrderOfUse(at: now).first { credential in
            guard credential.kind == .certificate, credential.id != id else { return false }
            return known.map { credential.thumbprint.map($0.contains) ?? false } ?? true
        }
        guard let signer else { return nil }
        return try craft.proof(of: try await open(signer.id), forApplication: objectID, at: now)
    }

    /// Fetches an assertion and reads what it says of itself.
    func claims(from source: AssertionSource) async throws(RegistrationError) -> FederationClaims {
        do {
            return try FederationClaims(jwt: try await assertions.assertion(from: source))
        } catch {
            throw .credential(
                code: "assertion_unavailable", why: "The federated assertion \(error.clause).",
                nextStep: "Check where it comes from, then try again.")
        }
    }

    private func open(_ id: CredentialID) async throws(RegistrationError) -> ClientCredential {
        do { return try await credentials.open(id) } catch { throw .store(error) }
    }

    private func unlessMissing(_ body: () async throws(DirectoryError) -> Void) async throws(RegistrationError) {
        do {
            try await patience.perform(lag: false) { () throws(DirectoryError) in try await body() }
        } catch {
            guard error.reason == .missing || error.isMissingKey else { throw .directory(error) }
        }
    }
}
