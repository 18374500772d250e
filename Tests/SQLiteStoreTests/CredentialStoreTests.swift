import Foundation
import Tenancy
import Testing

@testable import SQLiteStore

@Suite("Credential store") struct CredentialStoreTests {
    private let fixture: Fixture
    private var credentials: any CredentialStore { fixture.store.credentials }

    init() throws { fixture = try Fixture() }

    private func add(_ value: ClientCredential, id: String, state: Credential.State, to app: App) async throws {
        try await change([.add(Fixture.credential(value, of: app.name, id: id, state: state))], app)
    }

    private func change(_ changes: [CredentialChange], _ app: App, saving rotation: Rotation? = nil) async throws {
        try await credentials.change(changes, of: app.name, saving: rotation, by: .service, at: Fixture.start)
    }

    private func states(_ app: App) async throws -> [String: Credential.State] {
        Dictionary(
            uniqueKeysWithValues: try await credentials.credentials(of: app.name).map { ($0.id.description, $0.stored) }
        )
    }

    @Test("A secret, a certificate and a federated assertion come back as they were")
    func roundTrip() async throws {
        let app = try await fixture.addApp()
        let (der, key) = ([UInt8](0...255), [UInt8]((0...255).reversed()))
        try await add(.certificate(der: der, privateKey: Secret(key)), id: "certificate0", state: .active, to: app)
        try await add(.federated(.command(["/bin/mint", "a b"])), id: "federated000", state: .pending, to: app)
        guard case .secret(let text) = try await credentials.open(credentialID("crmsecret000")),
            case .certificate(let storedDER, let storedKey) = try await credentials.open(credentialID("certificate0")),
            case .federated(let source) = try await credentials.open(credentialID("federated000"))
        else {
            Issue.record("a credential changed its kind")
            return
        }
        #expect(text.exposed == "correct horse")
        #expect(storedDER == der && storedKey.exposed == key)
        #expect(source == .command(["/bin/mint", "a b"]))
        #expect(
            try await states(app)
                == ["crmsecret000": .preferred, "certificate0": .active, "federated000": .pending])
    }

    @Test("Preferring one makes the other active, or retiring until the instant that was given")
    func prefer() async throws {
        let app = try await fixture.addApp()
        try await add(.secret(Secret("second secret")), id: "second000000", state: .active, to: app)
        try await change([.prefer(credentialID("second000000"), retiringOther: nil)], app)
        #expect(try await states(app) == ["crmsecret000": .active, "second000000": .preferred])
        let end = Fixture.start + 60
        try await change([.prefer(credentialID("crmsecret000"), retiringOther: end)], app)
        #expect(try await states(app) == ["crmsecret000": .preferred, "second000000": .retiring])
        #expect(try await credentials.credentials(of: app.name).compactMap(\.retireAt) == [end])
        // Preferring what is preferred already changes nothing else.
        try await change([.prefer(credentialID("crmsecret000"), retiringOther: end)], app)
        #expect(try await states(app) == ["crmsecret000": .preferred, "second000000": .retiring])
    }

    @Test("Several changes happen all or none, and the rotation with them")
    func allOrNone() async throws {
        let app = try await fixture.addApp()
        let rotation = Rotation(
            app: app.name, credential: credentialID("second000000"), kind: .secret, purpose: .replace(overlap: 60),
            startedAt: Fixture.start, life: 3_600, due: Fixture.start, deadline: Fixture.start + 900)
        await #expect(throws: StoreError.notFound("Credential unknown00000")) {
            try await change(
                [
                    .add(Fixture.credential(.secret(Secret("x")), of: app.name, id: "second000000", state: .pending)),
                    .activate(credentialID("unknown00000")),
                ], app, saving: rotation)
        }
        #expect(try await states(app) == ["crmsecret000": .preferred])
        #expect(try await credentials.rotation(of: app.name) == nil)
        try await change([], app, saving: rotation)
        #expect(try await credentials.rotation(of: app.name) == rotation)
        #expect(try await credentials.unfinishedRotations() == [rotation])
        var failed = rotation
        failed.step = .failed
        failed.fault = Fault(
            code: "x", detail: "It failed.", whoMustAct: .you, trace: AuthorityTrace(aadsts: 7, correlationID: "c"))
        try await change([], app, saving: failed)
        #expect(try await credentials.rotation(of: app.name) == failed)
        #expect(try await credentials.unfinishedRotations().isEmpty)
    }

    @Test("A rejection is remembered, and forgotten when it works again")
    func rejection() async throws {
        let app = try await fixture.addApp()
        let id = credentialID("crmsecret000")
        let rejection = Credential.Rejection(aadsts: 7_000_222, at: Fixture.start)
        try await change([.reject(id, rejection)], app)
        #expect(try await credentials.credentials(of: app.name).map(\.rejection) == [rejection])
        try await change([.accept(id)], app)
        #expect(try await credentials.credentials(of: app.name).map(\.rejection) == [nil])
        let actions = try await fixture.store.audit.entries(after: 0, limit: 20).map(\.action)
        #expect(actions.suffix(2) == ["credential.reject", "credential.accept"])
    }

    @Test("What was looked up before is looked up anew after any write, by whoever wrote")
    func lastLooks() async throws {
        let app = try await fixture.addApp()
        let id = credentialID("crmsecret000")
        for round in 1...50 {
            guard case .secret = try await credentials.open(id) else {
                Issue.record("no secret")
                return
            }
            let rejection = Credential.Rejection(aadsts: round, at: Fixture.start)
            try await change([.reject(id, rejection)], app)
            #expect(try await credentials.credentials(of: app.name).first?.rejection?.aadsts == round)
            #expect(try await credentials.credentials(of: nil).first?.rejection?.aadsts == round)
        }
        try await fixture.sql("DELETE FROM credential")
        #expect(try await credentials.credentials(of: app.name).isEmpty)
        await #expect(throws: StoreError.notFound("Credential \(id)")) { _ = try await credentials.open(id) }
    }

    @Test("A credential that was copied to another row does not open, not even of the same app")
    func swappedRow() async throws {
        let app = try await fixture.addApp()
        try await add(.secret(Secret("second secret")), id: "second000000", state: .active, to: app)
        let changed = try await fixture.sql(
            """
            UPDATE credential SET sealed = (SELECT sealed FROM credential WHERE id = 'crmsecret000')
            WHERE id = 'second000000'
            """)
        #expect(changed == 1)
        await #expect(throws: StoreError.sealBroken("Credential second000000 of app 'crm'")) {
            _ = try await credentials.open(credentialID("second000000"))
        }
        _ = try await credentials.open(credentialID("crmsecret000"))
    }

    @Test("A certificate that was put beside another key does not open")
    func swappedCertificate() async throws {
        let app = try await fixture.addApp()
        try await add(
            .certificate(der: [1, 2, 3], privateKey: Secret([4, 5])), id: "certificate0", state: .active, to: app)
        try await fixture.sql("UPDATE credential SET certificate = x'010204' WHERE id = 'certificate0'")
        await #expect(throws: StoreError.sealBroken("Credential certificate0 of app 'crm'")) {
            _ = try await credentials.open(credentialID("certificate0"))
        }
    }

    @Test("Who alters where an assertion comes from cannot choose what is run")
    func alteredSource() async throws {
        let app = try await fixture.addApp()
        try await add(.federated(.file("/run/token")), id: "federated000", state: .active, to: app)
        try await fixture.sql(
            "UPDATE credential SET sealed = ?1 WHERE id = 'federated000'", [Array("{\"command\":[\"/bin/sh\"]}".utf8)])
        await #expect(throws: StoreError.self) { _ = try await credentials.open(credentialID("federated000")) }
    }

    @Test("A removed one is gone with its secret part")
    func removed() async throws {
        let app = try await fixture.addApp()
        try await change([.remove(credentialID("crmsecret000"))], app)
        #expect(try await credentials.credentials(of: app.name).isEmpty)
        await #expect(throws: StoreError.notFound("Credential crmsecret000")) {
            _ = try await credentials.open(credentialID("crmsecret000"))
        }
    }
}
