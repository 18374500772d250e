import Foundation
import SQLiteStore
import Tenancy
import TestSupport

/// A registrar over a directory in memory and a real store.
struct RegistrationBench {
    let fixture: Fixture
    let directory: MemoryDirectory
    let registrar: DirectoryRegistrar
    let endpoint: ScriptedTokenEndpoint

    static let home = tenantID(50)
    static let access = DirectoryAccess.app(appName("registrar"))

    /// With an app in the store that may change the directory.
    init(fixture: Fixture? = nil, directory: MemoryDirectory = MemoryDirectory()) async throws {
        self.fixture = try fixture ?? Fixture()
        self.directory = directory
        let (store, clock) = (self.fixture.store, self.fixture.clock)
        endpoint = .granting(at: clock)
        let issuer = self.fixture.issuer(endpoint)
        let resource: @Sendable (Cloud) -> Resource? = { _ in graph }
        if fixture == nil {
            let app = App(
                name: appName("registrar"), displayName: "Registrar", clientID: ClientID(guid(8_000)), cloud: .public,
                audience: .ownTenant, homeTenant: Self.home, redirectURI: nil, addedAt: ManualClock.start)
            _ = try await self.fixture.addApp(app, roles: ["Application.ReadWrite.OwnedBy"])
        }
        registrar = DirectoryRegistrar(
            directory: directory,
            stores: .init(
                apps: store.apps, registrations: store.registrations, consent: store.consent,
                runs: store.runs),
            access: DirectoryAccessDesk(
                apps: store.apps, issuer: issuer,
                signIns: SignInDesk(
                    endpoint: NoSignIn(), graph: resource, clock: clock.wallClock, randomness: .seeded(4)),
                graph: resource),
            tokens: self.fixture.broker(endpoint),
            discovery: ScriptedDiscovery.domains(["isv.example": 50, "other.example": 51]), graph: resource,
            patience: DirectoryPatience(pause: { _ in }), clock: clock.wallClock, randomness: .seeded(5))
    }

    static func spec(
        displayName: String = "Fleet Sync", home: String = "isv.example", cloud: String = "public",
        audience: String = "AzureADMultipleOrgs",
        uris: [String] = ["https://isv.example/consent/callback"],
        roles: [String] = ["User.Read.All", "Group.Read.All"],
        owners: [String] = [], acknowledged: Bool = false
    ) throws -> RegistrationSpec {
        try RegistrationSpec(
            .object([
                "name": .string("fleet"), "display_name": .string(displayName), "home_tenant": .string(home),
                "cloud": .string(cloud), "audience": .string(audience),
                "redirect_uris": .array(uris.map { .string($0) }), "owners": .array(owners.map { .string($0) }),
                "permissions": .array(
                    roles.map {
                        .object([
                            "role": .string($0), "reason": .string("For \($0)."),
                            "acknowledge_risk": .bool(acknowledged),
                        ])
                    }),
            ]))
    }

    @discardableResult
    func apply(_ spec: RegistrationSpec, granting: Bool = false, planID: String? = nil) async throws -> RegistrationPlan
    {
        try await registrar.apply(spec, as: Self.access, granting: granting, planID: planID, by: .service).plan
    }

    func plan(_ spec: RegistrationSpec, granting: Bool = false) async throws -> RegistrationPlan {
        try await registrar.plan(spec, as: Self.access, granting: granting)
    }

    /// The one application that is not ours to begin with.
    var application: DirectoryApplication? { directory.state.applications.first }
}

/// Nobody sits at a browser.
struct NoSignIn: DeviceCodeEndpoint {
    var client: ClientID { ClientID(guid(14)) }

    func begin(cloud: Cloud, tenant: TenantID, scopes: [String]) async throws(SignInError) -> DeviceCode {
        throw .unavailable("nobody is there")
    }

    func poll(_ code: DeviceCode, cloud: Cloud, tenant: TenantID) async throws(SignInError) -> DevicePoll { .pending }
}
