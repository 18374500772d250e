import Foundation
import Logging
import SQLiteStore
import Synchronization
import Tenancy
import TestSupport
import Testing

/// A keeper over a directory in memory, a real store, and an authority that knows what the directory knows.
private struct KeeperBench {
    let fixture: Fixture
    let directory: MemoryDirectory
    let keeper: CredentialKeeper
    let app: App
    let authority: Authority

    /// What the authority makes of a credential.
    final class Authority: Sendable {
        /// Of so many requests with a new credential, the first fail.
        let blindness: Mutex<Int>
        let directory: MemoryDirectory
        let seen = Mutex<[String: Int]>([:])

        init(_ directory: MemoryDirectory, blindness: Int) {
            self.directory = directory
            self.blindness = Mutex(blindness)
        }

        func knows(_ credential: String) -> Bool {
            if credential == "correct horse" || credential.hasPrefix("registrar") { return true }
            let application = directory.state.applications[0]
            let isThere =
                application.keys.contains { $0.certificate == Array(credential.utf8) }
                || (credential.hasPrefix("made-secret-") && !application.secrets.isEmpty)
                || (credential.hasPrefix("file ") && directory.state.federations.values.contains { !$0.isEmpty })
            guard isThere else { return false }
            let looks = seen.withLock { seen in
                seen[credential, default: 0] += 1
                return seen[credential] ?? 0
            }
            return looks > blindness.withLock { $0 }
        }
    }

    static let objectID = MemoryDirectory.numbered(300)

    init(
        fixture given: Fixture? = nil, directory: MemoryDirectory = KeeperBench.directory(), blindness: Int = 0,
        registrar: Bool = true
    ) async throws {
        let fixture = try given ?? Fixture()
        self.fixture = fixture
        self.directory = directory
        let authority = Authority(directory, blindness: blindness)
        self.authority = authority
        let (store, clock) = (fixture.store, fixture.clock)
        let endpoint = ScriptedTokenEndpoint.byCredential { key, credential in
            guard authority.knows(credential) else { return .error(.refused(.ourCredential), aadsts: 7_000_215) }
            return .token(try TestToken(key).unverified(at: clock.now))
        }
        app = App(
            name: appName("fleet"), displayName: "Fleet", clientID: ClientID(guid(9_100)), cloud: .public,
            homeTenant: tenantID(50), redirectURI: "https://isv.example/cb", addedAt: ManualClock.start)
        if given == nil {
            _ = try await fixture.addApp(app)
            let helper = App(
                name: appName("registrar"), displayName: "R", clientID: ClientID(guid(9_101)), cloud: .public,
                audience: .ownTenant, homeTenant: tenantID(50), redirectURI: nil, addedAt: ManualClock.start)
            _ = try await fixture.addApp(helper, roles: ["Application.ReadWrite.OwnedBy"])
            try await store.registrations.save(
                Registration(
                    name: app.name, cloud: .public, home: tenantID(50), uniqueName: "", creator: nil,
                    begunAt: ManualClock.start, objectID: Self.objectID, registrar: registrar ? helper.name : nil),
                by: .service, at: ManualClock.start)
            // What comes now is younger than what is there.
            clock.advance(1)
        }
        let issuer = fixture.issuer(endpoint)
        let resource: @Sendable (Cloud) -> Resource? = { _ in graph }
        let craft = NamedCraft()
        keeper = CredentialKeeper(
            ports: .init(
                apps: store.apps, credentials: store.credentials, registrations: store.registrations, craft: craft,
                gate: fixture.gate(endpoint)),
            registry: CredentialRegistry(
                directory: directory, credentials: store.credentials, craft: craft, assertions: Assertions(),
                patience: DirectoryPatience(pause: { _ in }), clock: clock.wallClock),
            access: DirectoryAccessDesk(
                apps: store.apps, issuer: issuer,
                signIns: SignInDesk(
                    endpoint: NoSignIn(), graph: resource, clock: clock.wallClock, randomness: .seeded(4)),
                graph: resource),
            graph: resource, clock: clock.wallClock, randomness: .system, wake: Wake(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    static func directory(
        lag: Int = 0, fate: @escaping @Sendable (Int, String) -> MemoryDirectory.Fate = { _, _ in .arrives }
    ) -> MemoryDirectory {
        let directory = MemoryDirectory(lag: lag, fate: fate)
        directory.change { state in
            state.applications = [
                DirectoryApplication(
                    objectID: objectID, clientID: ClientID(guid(9_100)), displayName: "Fleet",
                    audience: "AzureADMultipleOrgs", redirectURIs: [], access: [],
                    keys: [
                        DirectoryKey(
                            keyID: MemoryDirectory.numbered(1), displayName: "somebody else's", certificate: [9, 9])
                    ])
            ]
        }
        return directory
    }

    func begin(
        _ newcomer: CredentialKeeper.Newcomer = .certificate(life: 90 * 86_400),
        for purpose: Rotation.Purpose = .replace(overlap: 3_600)
    ) async throws -> Rotation {
        try await keeper.begin(newcomer, for: purpose, of: app, as: nil, by: .service)
    }

    /// Takes steps until the rotation ends, moving the clock.
    @discardableResult
    func finish() async throws -> Rotation {
        for _ in 0..<2_000 {
            try await keeper.takeDueSteps()
            let rotation = try #require(try await fixture.store.credentials.rotation(of: app.name))
            if rotation.isFinal { return rotation }
            fixture.clock.advance(1)
        }
        throw Stuck()
    }

    struct Stuck: Error {}

    func states() async throws -> [Credential.State] {
        try await fixture.store.credentials.credentials(of: app.name).map(\.stored)
    }

    var application: DirectoryApplication { directory.state.applications[0] }
}

/// Certificates are texts here, and a proof is what it is called.
private struct NamedCraft: CredentialCraft {
    func read(_ credential: BroughtCredential, at instant: Date) throws(RegistrationError) -> CraftedCredential {
        switch credential {
        case .federated(let source):
            CraftedCredential(value: .federated(source), label: source.label, expiresAt: nil, thumbprint: nil)
        case .secret(let secret, let end):
            CraftedCredential(value: .secret(secret), label: "secret", expiresAt: end, thumbprint: nil)
        case .pem(let bytes, _), .pkcs12(let bytes, _):
            CraftedCredential(
                value: .certificate(der: bytes.exposed, privateKey: bytes), label: "brought",
                expiresAt: instant + 86_400, thumbprint: thumbprint(ofCertificate: bytes.exposed))
        }
    }

    func makeCertificate(
        named name: String, life: TimeInterval, at instant: Date
    ) throws(RegistrationError) -> CraftedCredential {
        let der = Array("certificate \(Int(instant.timeIntervalSince1970)) \(UUID())".utf8)
        return CraftedCredential(
            value: .certificate(der: der, privateKey: Secret([1])), label: name, expiresAt: instant + life,
            thumbprint: thumbprint(ofCertificate: der))
    }

    func thumbprint(ofCertificate der: [UInt8]) -> String { String(decoding: der, as: UTF8.self) }

    func proof(
        of credential: ClientCredential, forApplication objectID: GUID, at instant: Date
    ) throws(RegistrationError) -> Secret<String> { Secret("proof") }
}

private struct Assertions: AssertionProvider {
    func assertion(from source: AssertionSource) async throws(AssertionError) -> Secret<String> {
        let claims = Base64URL.encode(#"{"iss":"https://idp.example","sub":"job","aud":"api://x"}"#.utf8)
        return Secret("e30.\(claims).c2ln")
    }
}

@Suite("A rotation")
struct CredentialKeeperTests {
    @Test("adds, observes, prefers, keeps the old one for the overlap, and retires it", arguments: [true, false])
    func whole(isSecret: Bool) async throws {
        let bench = try await KeeperBench(blindness: 3)
        _ = try await bench.begin(isSecret ? .secret(life: 86_400) : .certificate(life: 86_400))
        let rotation = try await bench.finish()
        #expect(rotation.step == .done && rotation.seen == Observation.needed)
        #expect(try await bench.states() == [.retiring, .preferred])
        bench.fixture.clock.advance(3_599)
        try await bench.keeper.takeDueSteps()
        #expect(try await bench.states() == [.retiring, .preferred])
        bench.fixture.clock.advance(2)
        try await bench.keeper.takeDueSteps()
        #expect(try await bench.states() == [.preferred])
        // What was somebody else's is untouched.
        #expect(bench.application.keys.contains { $0.displayName == "somebody else's" })
    }

    @Test("begins again from a success that did not last")
    func flapping() async throws {
        let bench = try await KeeperBench()
        _ = try await bench.begin()
        for _ in 0..<4 {
            try await bench.keeper.takeDueSteps()
            bench.fixture.clock.advance(1)
        }
        let before = try #require(try await bench.fixture.store.credentials.rotation(of: bench.app.name))
        #expect(before.seen > 0)
        bench.authority.blindness.withLock { $0 = 6 }
        try await bench.keeper.takeDueSteps()
        let after = try #require(try await bench.fixture.store.credentials.rotation(of: bench.app.name))
        #expect(after.seen == 0 && after.fault?.code == "our_credential")
        #expect(try await bench.finish().step == .done)
    }

    @Test("that is never observed to work leaves the old one preferred, and raises a finding")
    func neverSeen() async throws {
        let bench = try await KeeperBench(blindness: 100_000)
        _ = try await bench.begin()
        let rotation = try await bench.finish()
        #expect(rotation.step == .failed)
        #expect(try await bench.states() == [.preferred, .pending])
        let findings = Finding.about(
            try await bench.fixture.store.credentials.credentials(of: bench.app.name), rotation, of: bench.app.name,
            at: bench.fixture.clock.now)
        #expect(findings.map(\.code) == ["rotation_failed"])
        // The next one clears away what it left, here and in Entra.
        bench.authority.blindness.withLock { $0 = 0 }
        _ = try await bench.begin()
        #expect(try await bench.finish().step == .done)
        #expect(try await bench.states() == [.retiring, .preferred])
        #expect(bench.application.keys.count == 2)
    }

    @Test(
        "goes on after a crash at any request, and nothing is doubled or lost",
        arguments: [true, false], [true, false])
    func interrupted(isSecret: Bool, losesReply: Bool) async throws {
        let newcomer = isSecret ? CredentialKeeper.Newcomer.secret(life: 86_400) : .certificate(life: 86_400)
        for number in 1...6 {
            // The world goes on; only that one request fails.
            let fate = Mutex(false)
            let directory = KeeperBench.directory { at, _ in
                guard at == number, !fate.withLock({ $0 }) else { return .arrives }
                fate.withLock { $0 = true }
                return losesReply ? .losesItsReply : .isLost
            }
            let first = try await KeeperBench(directory: directory, blindness: 2)
            _ = try await first.begin(newcomer)
            // A few steps, then the process is gone and another one takes over.
            for _ in 0..<3 { try await first.keeper.takeDueSteps() }
            let second = try await KeeperBench(fixture: first.fixture, directory: directory, blindness: 2)
            #expect(try await second.finish().step == .done, "request \(number)")
            first.fixture.clock.advance(3_700)
            try await second.keeper.takeDueSteps()
            #expect(try await second.states() == [.preferred], "request \(number)")
            #expect(second.application.keys.count == (isSecret ? 1 : 2), "request \(number)")
            #expect(second.application.secrets.count == (isSecret ? 1 : 0), "request \(number)")
        }
    }

    @Test("as a drill retires nothing")
    func drill() async throws {
        let bench = try await KeeperBench()
        _ = try await bench.begin(for: .drill)
        try await bench.finish()
        bench.fixture.clock.advance(400 * 86_400)
        try await bench.keeper.takeDueSteps()
        #expect(try await bench.states() == [.active, .preferred])
    }

    @Test("of certificates is done by the app itself, once it holds one")
    func byProof() async throws {
        let bench = try await KeeperBench(registrar: false)
        await #expect(throws: RegistrationError.nobodySignedIn) { _ = try await bench.begin() }
        let store = bench.fixture.store.credentials
        let certificate = Array("the first".utf8)
        bench.directory.change { state in
            state.applications[0].keys.append(
                DirectoryKey(keyID: MemoryDirectory.numbered(2), displayName: "first", certificate: certificate))
        }
        let id = try await bench.keeper.add(
            .pem(Secret(certificate), passphrase: nil), to: bench.app, preferring: true, by: .service)
        try await store.change(
            [.identified(id, MemoryDirectory.numbered(2))], of: bench.app.name, saving: nil, by: .service,
            at: bench.fixture.clock.now)
        _ = try await bench.begin()
        #expect(try await bench.finish().step == .done)
        #expect(bench.directory.state.log.filter { $0 == "change application" }.isEmpty)
        bench.fixture.clock.advance(3_700)
        try await bench.keeper.takeDueSteps()
        #expect(!bench.application.keys.contains { $0.certificate == certificate })
    }

    @Test("runs one at a time")
    func oneAtATime() async throws {
        let bench = try await KeeperBench()
        let first = try await bench.begin()
        await #expect(throws: RegistrationError.rotationRunning(bench.app.name, first.credential)) {
            _ = try await bench.begin()
        }
    }

    @Test("refuses to retire the last credential, and hands on the preference of one that goes")
    func retire() async throws {
        let bench = try await KeeperBench()
        let store = bench.fixture.store.credentials
        let only = try await store.credentials(of: bench.app.name)[0].id
        await #expect(throws: RegistrationError.lastCredential(only)) {
            try await bench.keeper.retire(only, of: bench.app, inDirectory: false, as: nil, by: .service)
        }
        _ = try await bench.keeper.add(
            .secret(Secret("another secret"), expiresAt: nil), to: bench.app, preferring: false, by: .service)
        try await bench.keeper.retire(only, of: bench.app, inDirectory: true, as: nil, by: .service)
        #expect(try await bench.states() == [.preferred])
    }

    @Test("registers the trust in another identity provider as its assertion spells it")
    func federated() async throws {
        let bench = try await KeeperBench()
        _ = try await bench.begin(.brought(.federated(.file("/run/token"))), for: .add)
        #expect(try await bench.finish().step == .done)
        let federations = bench.directory.state.federations[KeeperBench.objectID] ?? []
        #expect(federations.map(\.subject) == ["job"])
        #expect(federations.map(\.issuer) == ["https://idp.example"])
        #expect(try await bench.states() == [.preferred, .active])
    }

    // MARK: What must not be mixed up

    @Test("brings no certificate in twice, and one federated source at a time")
    func twins() async throws {
        let bench = try await KeeperBench()
        let pem = BroughtCredential.pem(Secret(Array("one".utf8)), passphrase: nil)
        _ = try await bench.keeper.add(pem, to: bench.app, preferring: false, by: .service)
        _ = try await bench.keeper.add(
            .federated(.file("/run/token")), to: bench.app, preferring: false, by: .service)
        for twin in [pem, .federated(.file("/run/other"))] {
            await #expect(throws: RegistrationError.self) {
                try await bench.keeper.add(twin, to: bench.app, preferring: false, by: .service)
            }
            await #expect(throws: RegistrationError.self) {
                try await bench.begin(.brought(twin), for: .add)
            }
        }
        #expect(try await bench.states() == [.preferred, .active, .active])
    }

    @Test("keeps the replaced one while its successor is rejected")
    func retirementWaits() async throws {
        let bench = try await KeeperBench()
        _ = try await bench.begin()
        try await bench.finish()
        let store = bench.fixture.store.credentials
        let newcomer = try #require(try await store.credentials(of: bench.app.name).last)
        bench.fixture.clock.advance(3_700)
        let rejection = Credential.Rejection(aadsts: 700_027, at: bench.fixture.clock.now)
        try await store.change(
            [.reject(newcomer.id, rejection)], of: bench.app.name, saving: nil, by: .service,
            at: bench.fixture.clock.now)
        try await bench.keeper.takeDueSteps()
        #expect(try await bench.states() == [.retiring, .preferred])
        try await store.change(
            [.accept(newcomer.id)], of: bench.app.name, saving: nil, by: .service, at: bench.fixture.clock.now)
        bench.fixture.clock.advance(Observation.retirementPause + 1)
        try await bench.keeper.takeDueSteps()
        #expect(try await bench.states() == [.preferred])
    }

    @Test("cannot be cut off by retiring what it brings in")
    func retirePending() async throws {
        let bench = try await KeeperBench()
        let rotation = try await bench.begin()
        await #expect(throws: RegistrationError.rotationRunning(bench.app.name, rotation.credential)) {
            try await bench.keeper.retire(rotation.credential, of: bench.app, inDirectory: true, as: nil, by: .service)
        }
        #expect(try await bench.finish().step == .done)
    }

    @Test("is begun once, however many ask for it at the same time")
    func manyBeginnings() async throws {
        let bench = try await KeeperBench()
        let begun = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 { group.addTask { (try? await bench.begin()) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(begun == 1)
        #expect(try await bench.states() == [.preferred, .pending])
    }

    @Test("by an app that may not read itself goes on when the reply is lost, and the authority decides")
    func blindProof() async throws {
        let isLost = Mutex(true)
        let directory = KeeperBench.directory { _, name in
            if name == "read application" { return .isRefused(.forbidden) }
            guard name == "add key", isLost.withLock({ $0 }) else { return .arrives }
            isLost.withLock { $0 = false }
            return .losesItsReply
        }
        let bench = try await KeeperBench(directory: directory, registrar: false)
        let certificate = Array("the first".utf8)
        directory.change { state in
            state.applications[0].keys.append(
                DirectoryKey(keyID: MemoryDirectory.numbered(2), displayName: "first", certificate: certificate))
        }
        _ = try await bench.keeper.add(
            .pem(Secret(certificate), passphrase: nil), to: bench.app, preferring: true, by: .service)
        _ = try await bench.begin()
        #expect(try await bench.finish().step == .done)
        #expect(bench.application.keys.count == 3)
    }

    @Test("A secret that was brought is found in Entra by its beginning, and never guessed")
    func broughtSecrets() async throws {
        let bench = try await KeeperBench()
        let (one, other) = (MemoryDirectory.numbered(61), MemoryDirectory.numbered(62))
        bench.directory.change { state in
            state.applications[0].secrets = [
                DirectorySecret(keyID: one, displayName: "portal", expiresAt: nil, hint: "abc"),
                DirectorySecret(keyID: other, displayName: "portal", expiresAt: nil, hint: "xyz"),
            ]
        }
        let id = try await bench.keeper.add(
            .secret(Secret("abcdefgh"), expiresAt: nil), to: bench.app, preferring: false, by: .service)
        try await bench.keeper.retire(id, of: bench.app, inDirectory: true, as: nil, by: .service)
        #expect(bench.application.secrets.map(\.keyID) == [other])
        bench.directory.change { state in
            state.applications[0].secrets.append(
                DirectorySecret(keyID: one, displayName: "portal", expiresAt: nil, hint: "xyz"))
        }
        let twin = try await bench.keeper.add(
            .secret(Secret("xyzdefgh"), expiresAt: nil), to: bench.app, preferring: false, by: .service)
        await #expect(throws: RegistrationError.unidentified(twin, .secret)) {
            try await bench.keeper.retire(twin, of: bench.app, inDirectory: true, as: nil, by: .service)
        }
        #expect(bench.application.secrets.count == 2)
    }

    @Test("A federated credential that was brought is taken out by its assertion's issuer and subject")
    func broughtFederation() async throws {
        let bench = try await KeeperBench()
        bench.directory.change { state in
            state.federations[KeeperBench.objectID] = [
                DirectoryFederation(
                    id: MemoryDirectory.numbered(71), name: "ours", issuer: "https://idp.example", subject: "job",
                    audience: "api://x"),
                DirectoryFederation(
                    id: MemoryDirectory.numbered(72), name: "other", issuer: "https://idp.example", subject: "else",
                    audience: "api://x"),
            ]
        }
        let id = try await bench.keeper.add(
            .federated(.file("/run/token")), to: bench.app, preferring: false, by: .service)
        try await bench.keeper.retire(id, of: bench.app, inDirectory: true, as: nil, by: .service)
        #expect(bench.directory.state.federations[KeeperBench.objectID]?.map(\.name) == ["other"])
    }

    @Test("takes nothing out while the directory does not show the certificate that is to stay")
    func laggingKeys() async throws {
        let bench = try await KeeperBench()
        _ = try await bench.begin()
        try await bench.finish()
        bench.fixture.clock.advance(60)
        _ = try await bench.begin()
        try await bench.finish()
        let all = try await bench.fixture.store.credentials.credentials(of: bench.app.name)
        let old = try #require(all.first { $0.kind == .certificate && $0.stored == .retiring })
        let whole = bench.application.keys
        // A replica that knows the old one only.
        bench.directory.change { state in
            state.applications[0].keys.removeAll { $0.displayName == Rotation.mark(of: all.last?.id ?? old.id) }
        }
        #expect(bench.application.keys.count == whole.count - 1)
        await #expect(throws: RegistrationError.self) {
            try await bench.keeper.retire(old.id, of: bench.app, inDirectory: true, as: nil, by: .service)
        }
        #expect(bench.directory.state.log.last != "change application")
        bench.directory.change { $0.applications[0].keys = whole }
        try await bench.keeper.retire(old.id, of: bench.app, inDirectory: true, as: nil, by: .service)
        #expect(bench.application.keys.count == whole.count - 1)
    }

    @Test("gives a credential that was preferred again its whole overlap")
    func overlapAfterTrouble() async throws {
        let isForbidden = Mutex(false)
        let directory = KeeperBench.directory { _, name in
            name == "read application" && isForbidden.withLock { $0 } ? .isRefused(.forbidden) : .arrives
        }
        let bench = try await KeeperBench(directory: directory)
        let old = try await bench.fixture.store.credentials.credentials(of: bench.app.name)[0].id
        _ = try await bench.begin()
        try await bench.finish()
        isForbidden.withLock { $0 = true }
        bench.fixture.clock.advance(3_700)
        try await bench.keeper.takeDueSteps()
        isForbidden.withLock { $0 = false }
        try await bench.keeper.prefer(old, of: bench.app, by: .service)
        bench.fixture.clock.advance(86_400)
        _ = try await bench.begin()
        try await bench.finish()
        bench.fixture.clock.advance(3_500)
        try await bench.keeper.takeDueSteps()
        #expect(try await bench.fixture.store.credentials.credentials(of: bench.app.name).contains { $0.id == old })
    }

    @Test("brings no secret in twice")
    func secretTwins() async throws {
        let bench = try await KeeperBench()
        await #expect(throws: RegistrationError.self) {
            try await bench.keeper.add(
                .secret(Secret("correct horse"), expiresAt: nil), to: bench.app, preferring: false, by: .service)
        }
        #expect(try await bench.states() == [.preferred])
    }

    @Test("that failed can be run again with the very same certificate or assertion", arguments: [false, true])
    func again(isFederated: Bool) async throws {
        let brought: BroughtCredential =
            isFederated ? .federated(.file("/run/token")) : .pem(Secret(Array("one".utf8)), passphrase: nil)
        let bench = try await KeeperBench(blindness: 100_000)
        _ = try await bench.begin(.brought(brought), for: .add)
        #expect(try await bench.finish().step == .failed)
        bench.authority.blindness.withLock { $0 = 0 }
        _ = try await bench.begin(.brought(brought), for: .add)
        #expect(try await bench.finish().step == .done)
        #expect(try await bench.states() == [.preferred, .active])
        #expect(bench.application.keys.count == (isFederated ? 1 : 2))
        #expect(bench.directory.state.federations.values.joined().count == (isFederated ? 1 : 0))
    }

    @Test("has its whole time to be watched, however long its coming in took")
    func lateBeginning() async throws {
        let bench = try await KeeperBench(blindness: 5)
        _ = try await bench.begin()
        // The service was down all the while.
        bench.fixture.clock.advance(2 * Observation.patience)
        #expect(try await bench.finish().step == .done)
    }
}
