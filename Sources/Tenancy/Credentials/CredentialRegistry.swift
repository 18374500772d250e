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
        /// The app itself: it may add and remove its certificates by proof, and read nothing.
        let isOwn: Bool
        /// Of the application, when it is recorded here.
        let objectID: GUID?
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
        return try await RegistrationError.translating { () throws(DirectoryError) in
            // One whose reply was lost is of no use to anybody: its text was told that once.
            for stale in application.secrets where stale.displayName == rotation.mark {
                try await directory.removeSecret(stale.keyID, from: application.objectID, session.directory)
            }
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
        let application = session.isOwn ? nil : try await application(of: app, in: session)
        if let found = application?.keys.first(where: { holds($0, der) }) { return found.keyID }
        let objectID = try objectID(application, session, app)
        if let proof = try await proof(app, application, objectID, except: rotation.credential) {
            return try await RegistrationError.translating { () throws(DirectoryError) in
                try await patience.perform(lag: true) { () throws(DirectoryError) in
                    try await directory.addKey(
                        der, named: rotation.mark, proof: proof, to: objectID, session.directory)
                }
            }
        }
        guard let application else { throw .nobodySignedIn }
        // The first one. Entries that are there, ours or not, go back as they came.
        let keys = application.keys + [DirectoryKey(keyID: nil, displayName: rotation.mark, certificate: der)]
        return try await RegistrationError.translating { () throws(DirectoryError) in
            try await patience.perform(lag: true) { () throws(DirectoryError) in
                try await directory.change(application.objectID, ApplicationChange(keys: keys), session.directory)
            }
            let seen = try await patience.perform(lag: true) { () throws(DirectoryError) in
                try await directory.application(.objectID(application.objectID), session.directory)
            }
            return seen?.keys.first { holds($0, der) }?.keyID
        }
    }

    private func federate(_ rotation: Rotation, of app: App, in session: Session) async throws(RegistrationError)
        -> GUID?
    {
        guard case .federated(let source) = try await open(rotation.credential) else { return nil }
        let claims: FederationClaims
        do {
            claims = try FederationClaims(jwt: try await assertions.assertion(from: source))
        } catch {
            throw .credential(
                code: "assertion_unavailable", why: "The federated assertion \(error.clause).",
                nextStep: "Check where it comes from, then try again.")
        }
        let application = try await application(of: app, in: session)
        return try await RegistrationError.translating { () throws(DirectoryError) in
            let there = try await patience.perform(lag: true) { () throws(DirectoryError) in
                try await directory.federations(of: application.objectID, session.directory)
            }
            if let found = there.first(where: { $0.issuer == claims.issuer && $0.subject == claims.subject }) {
                return found.id
            }
            return try await directory.addFederation(
                DirectoryFederation(
                    name: rotation.mark.replacing(" ", with: "-"), issuer: claims.issuer, subject: claims.subject,
                    audience: claims.audience), to: application.objectID, session.directory)
        }
    }

    // MARK: Out

    /// Takes a credential out of Entra; one that is not there is no failure.
    ///
    /// - Parameter record: what is known of it; without it, only its mark is looked for.
    func withdraw(_ id: CredentialID, record: Credential?, from app: App, in session: Session)
        async throws(RegistrationError)
    {
        let mark = Rotation.mark(of: id)
        if session.isOwn {
            guard record?.kind == .certificate, let keyID = record?.keyID, let objectID = session.objectID,
                let proof = try await proof(app, nil, objectID, except: id)
            else { throw .nobodySignedIn }
            return try await unlessMissing { () throws(DirectoryError) in
                try await directory.removeKey(keyID, proof: proof, from: objectID, session.directory)
            }
        }
        let application = try await application(of: app, in: session)
        for secret in application.secrets where secret.keyID == record?.keyID || secret.displayName == mark {
            try await unlessMissing { () throws(DirectoryError) in
                try await directory.removeSecret(secret.keyID, from: application.objectID, session.directory)
            }
        }
        try await withdrawKeys(id, record, mark, application, app, session)
        if record?.kind == .federated, let federation = record?.keyID {
            try await unlessMissing { () throws(DirectoryError) in
                try await directory.removeFederation(federation, from: application.objectID, session.directory)
            }
        }
    }

    private func withdrawKeys(
        _ id: CredentialID, _ record: Credential?, _ mark: String, _ application: DirectoryApplication, _ app: App,
        _ session: Session
    ) async throws(RegistrationError) {
        func isMeant(_ key: DirectoryKey) -> Bool {
            if key.keyID != nil, key.keyID == record?.keyID { return true }
            guard let thumbprint = record?.thumbprint else { return key.displayName == mark }
            return key.certificate.map { craft.thumbprint(ofCertificate: $0) } == thumbprint
        }
        let doomed = application.keys.filter(isMeant)
        guard !doomed.isEmpty else { return }
        let proof = try await proof(app, application, application.objectID, except: id)
        try await unlessMissing { () throws(DirectoryError) in
            guard let proof else {
                let kept = ApplicationChange(keys: application.keys.filter { !isMeant($0) })
                return try await directory.change(application.objectID, kept, session.directory)
            }
            for key in doomed {
                guard let keyID = key.keyID else { continue }
                try await directory.removeKey(keyID, proof: proof, from: application.objectID, session.directory)
            }
        }
    }

    // MARK: Pieces

    private func application(of app: App, in session: Session) async throws(RegistrationError) -> DirectoryApplication {
        let address = session.objectID.map(ApplicationAddress.objectID) ?? .clientID(app.clientID)
        return try await RegistrationError.translating { () throws(DirectoryError) in
            try await patience.find("find the application") { () throws(DirectoryError) in
                try await directory.application(address, session.directory)
            }
        }
    }

    private func objectID(
        _ application: DirectoryApplication?, _ session: Session, _ app: App
    ) throws(RegistrationError) -> GUID {
        guard let id = application?.objectID ?? session.objectID else { throw .notRegistered(app.name) }
        return id
    }

    /// A proof by a certificate that we hold and Entra knows; `nil` when there is none.
    private func proof(
        _ app: App, _ application: DirectoryApplication?, _ objectID: GUID, except id: CredentialID
    ) async throws(RegistrationError) -> Secret<String>? {
        let now = clock.now()
        let known = application.map { $0.keys.compactMap(\.certificate).map { craft.thumbprint(ofCertificate: $0) } }
        let all: [Credential]
        do { all = try await credentials.credentials(of: app.name) } catch { throw .store(error) }
        let signer = all.inOrderOfUse(at: now).first { credential in
            guard credential.kind == .certificate, credential.id != id else { return false }
            return known.map { credential.thumbprint.map($0.contains) ?? false } ?? true
        }
        guard let signer else { return nil }
        return try craft.proof(of: try await open(signer.id), forApplication: objectID, at: now)
    }

    private func open(_ id: CredentialID) async throws(RegistrationError) -> ClientCredential {
        do { return try await credentials.open(id) } catch { throw .store(error) }
    }

    private func holds(_ key: DirectoryKey, _ der: [UInt8]) -> Bool { key.certificate == der }

    private func unlessMissing(_ body: () async throws(DirectoryError) -> Void) async throws(RegistrationError) {
        do { try await body() } catch {
            guard error.reason == .missing else { throw .directory(error) }
        }
    }
}

/// What a federated assertion says of itself. Entra matches it letter by letter.
struct FederationClaims: Equatable {
    let issuer: String
    let subject: String
    let audience: String

    init(jwt: Secret<String>) throws(AssertionError) {
        let segments = jwt.exposed.split(separator: ".", omittingEmptySubsequences: false)
        guard segments.count == 3, let payload = Base64URL.decode(segments[1]),
            let claims = try? JSONDecoder().decode(Payload.self, from: payload)
        else { throw AssertionError("is no JWT with one issuer, subject and audience") }
        issuer = claims.iss
        subject = claims.sub
        audience = claims.aud.value
    }

    private struct Payload: Decodable {
        let iss: String
        let sub: String
        let aud: Audience
    }

    /// A text, or a list of one.
    private struct Audience: Decodable {
        let value: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                value = text
                return
            }
            let list = try container.decode([String].self)
            guard list.count == 1 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "several audiences")
            }
            value = list[0]
        }
    }
}
