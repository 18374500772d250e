import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("App registrar")
struct AppRegistrarTests {
    private let fixture: Fixture
    private let registrar: AppRegistrar

    /// Takes every secret but one, and reads no certificates.
    private struct SecretsOnly: CredentialCraft {
        private static let none = RegistrationError.credential(code: "none", why: "There is none.", nextStep: "None.")

        func read(_ credential: BroughtCredential, at instant: Date) throws(RegistrationError) -> CraftedCredential {
            guard case .secret(let secret, _) = credential, secret.exposed != "bad" else {
                throw .credential(code: "secret_malformed", why: "It is bad.", nextStep: "Give a good one.")
            }
            return CraftedCredential(value: .secret(secret), label: "secret", expiresAt: nil, thumbprint: nil)
        }

        func makeCertificate(
            named name: String, life: TimeInterval, at instant: Date
        ) throws(RegistrationError) -> CraftedCredential { throw Self.none }

        func thumbprint(ofCertificate der: [UInt8]) -> String { "" }

        func proof(
            of credential: ClientCredential, forApplication objectID: GUID, at instant: Date
        ) throws(RegistrationError) -> Secret<String> { throw Self.none }
    }

    init() throws {
        fixture = try Fixture()
        registrar = AppRegistrar(
            craft: SecretsOnly(), store: fixture.store.apps, clock: fixture.clock.wallClock,
            randomness: fixture.randomness)
    }

    private static let spec = AppSpec(
        name: "crm", displayName: "CRM Sync", clientID: guid(7).description, cloud: .public,
        redirectURI: "https://isv.example/cb",
        permissions: [Permission(resource: graph, role: "User.Read.All", reason: "To know your people.")])

    @discardableResult
    private func add(_ change: (inout AppSpec) -> Void = { _ in }, secret: String = "good") async throws -> App {
        var spec = Self.spec
        change(&spec)
        return try await registrar.add(spec, credential: .secret(Secret(secret), expiresAt: nil), by: .service)
    }

    private func refusal(_ change: (inout AppSpec) -> Void) async -> RegistrationError? {
        await #expect(throws: RegistrationError.self) { try await add(change) }
    }

    @Test("makes an app known with its first release and its credential")
    func added() async throws {
        let app = try await add()
        #expect(try await fixture.store.apps.apps() == [app])
        #expect(app.clientID == ClientID(guid(7)) && app.addedAt == fixture.clock.now)
        let release = try await fixture.store.apps.currentRelease(of: app.name)
        #expect(release.number == 1 && release.permissions == Self.spec.permissions)
        let known = try await fixture.store.credentials.credentials(of: app.name)
        #expect(known.map(\.stored) == [.preferred])
        guard case .secret(let secret) = try await fixture.store.credentials.open(known[0].id) else {
            Issue.record("the credential is no secret")
            return
        }
        #expect(secret == Secret("good"))
    }

    @Test(
        "refuses names that are none",
        arguments: ["", "CRM", "-crm", "c rm", "crm/", "é", String(repeating: "a", count: 41)])
    func names(_ name: String) async throws {
        #expect(await refusal { $0.name = name }?.problem.code == "app_invalid")
        #expect(try await fixture.store.apps.apps() == [])
    }

    @Test("refuses client ids that are no GUID", arguments: ["", "crm", "00000000-0000-0000-0000-000000000000"])
    func clientIDs(_ id: String) async {
        #expect(await refusal { $0.clientID = id }?.problem.detail.contains("client id") == true)
    }

    @Test("refuses a display name that is empty or longer than 120 characters")
    func displayNames() async throws {
        #expect(await refusal { $0.displayName = "" }?.problem.detail.contains("display name") == true)
        #expect(await refusal { $0.displayName = String(repeating: "x", count: 121) } != nil)
        try await add { $0.displayName = String(repeating: "x", count: 120) }
    }

    @Test("refuses a redirect URI that Entra would refuse")
    func redirect() async {
        #expect(await refusal { $0.redirectURI = "http://isv.example" }?.problem.code == "app_invalid")
    }

    @Test("refuses to ask for nothing")
    func noPermissions() async {
        #expect(await refusal { $0.permissions = [] }?.problem.detail.contains("permission list") == true)
    }

    @Test(
        "refuses a role that is no word",
        arguments: ["", "User Read", "User\nRead", "Üser", "a\"b", String(repeating: "x", count: 121)])
    func roles(_ role: String) async {
        let permission = Permission(resource: graph, role: role, reason: "")
        #expect(await refusal { $0.permissions = [permission] }?.problem.code == "app_invalid")
    }

    @Test("refuses a permission that is listed twice, but not the same role of two APIs")
    func twice() async throws {
        let permission = Self.spec.permissions[0]
        #expect(
            await refusal { $0.permissions = [permission, permission] }?.problem.nextStep.contains("twice") == true)
        let other = Permission(resource: resource("api://other"), role: permission.role, reason: "")
        try await add { $0.permissions = [permission, other] }
    }

    @Test("refuses a reason longer than 500 characters")
    func reasons() async {
        let permission = Permission(resource: graph, role: "A", reason: String(repeating: "x", count: 501))
        #expect(await refusal { $0.permissions = [permission] }?.problem.code == "app_invalid")
    }

    @Test("passes on what is wrong with the credential and stores nothing")
    func credential() async throws {
        let error = await #expect(throws: RegistrationError.self) { try await add(secret: "bad") }
        #expect(error?.problem.code == "secret_malformed")
        #expect(try await fixture.store.apps.apps() == [])
    }

    @Test("refuses a name that is taken, and a client id that is taken in that cloud")
    func taken() async throws {
        try await add()
        #expect(await refusal { $0.clientID = guid(8).description }?.problem.code == "app_already_exists")
        #expect(await refusal { $0.name = "other" }?.problem.code == "app_already_exists")
        try await add {
            $0.name = "other"
            $0.cloud = .china
        }
    }

    @Test("finds the app that is named, and the only one when none is named")
    func finding() async throws {
        #expect(await lookUp(nil) == .noApp)
        let app = try await add()
        #expect(try await registrar.app(named: nil) == app)
        #expect(try await registrar.app(named: "crm") == app)
        #expect(await lookUp("other") == .unknownApp("other"))
        try await add {
            $0.name = "other"
            $0.clientID = guid(8).description
        }
        #expect(await lookUp(nil) == .severalApps([appName("crm"), appName("other")]))
    }

    private func lookUp(_ name: String?) async -> RegistrationError? {
        await #expect(throws: RegistrationError.self) { try await registrar.app(named: name) }
    }

    @Test("tells every failure with a code of its own")
    func codes() {
        let errors: [RegistrationError] = [
            .invalid("a", "b"), .unknownApp("a"), .noApp, .severalApps([]), .store(.alreadyExists("App 'a'")),
            .credential(code: "key_mismatch", why: "", nextStep: ""),
        ]
        #expect(
            errors.map(\.problem.code)
                == ["app_invalid", "app_unknown", "app_missing", "app_unnamed", "app_already_exists", "key_mismatch"])
    }
}
