import Foundation
import SQLiteStore
import Tenancy
import TestSupport
import Testing

@Suite("A registration")
struct DirectoryRegistrarTests {
    @Test("is created with everything the spec says, and then there is nothing to do")
    func created() async throws {
        let bench = try await RegistrationBench()
        let spec = try RegistrationBench.spec(owners: ["user7@isv.example"])
        let planned = try await bench.plan(spec, granting: true)
        #expect(
            planned.steps.map(\.code)
                == [
                    "create_application", "create_service_principal", "add_owner", "add_owner", "grant_permission",
                    "grant_permission",
                ])
        #expect(bench.directory.state.applications.isEmpty)
        let done = try await bench.apply(spec, granting: true, planID: planned.id)
        #expect(done == planned)
        let application = try #require(bench.application)
        #expect(application.displayName == "Fleet Sync")
        #expect(application.audience == "AzureADMultipleOrgs")
        #expect(application.redirectURIs == spec.redirectURIs)
        #expect(application.access.count == 2 && application.access.allSatisfy { $0.kind == .role })
        // Who registered it owns it, and whom the spec names.
        #expect(bench.directory.state.owners[application.objectID] == [guid(77), MemoryDirectory.numbered(7)])
        #expect(bench.directory.state.assignments.values.map(\.count) == [2])
        let app = try #require(try await bench.fixture.store.apps.app(appName("fleet")))
        #expect(app.clientID == application.clientID && app.homeTenant == RegistrationBench.home)
        #expect(try await bench.fixture.store.apps.currentRelease(of: app.name).number == 1)
        #expect(try await bench.plan(spec, granting: true).steps.isEmpty)
        #expect(try await bench.registrar.drift(app.name, as: nil).steps.isEmpty)
    }

    @Test("ends the same whichever request is lost or loses its reply, and never twice", arguments: [false, true])
    func interrupted(losesReply: Bool) async throws {
        let spec = try RegistrationBench.spec(owners: ["user7@isv.example"])
        let whole = try await RegistrationBench(directory: MemoryDirectory(lag: 2))
        try await whole.apply(spec, granting: true)
        let requests = whole.directory.state.log.count
        #expect(requests > 10)
        for number in 1...requests {
            let fixture = try await RegistrationBench().fixture
            let cut = MemoryDirectory(lag: 2) { at, _ in
                at < number ? .arrives : at == number && losesReply ? .losesItsReply : .isLost
            }
            let first = try await RegistrationBench(fixture: fixture, directory: cut)
            await #expect(throws: RegistrationError.self, "request \(number)") {
                try await first.apply(spec, granting: true)
            }
            let second = try await RegistrationBench(fixture: fixture, directory: MemoryDirectory(continuing: cut))
            try await second.apply(spec, granting: true)
            let (end, wanted) = (second.directory.state, whole.directory.state)
            #expect(end.applications.count == 1, "request \(number)")
            #expect(second.application.map(Self.content) == whole.application.map(Self.content), "request \(number)")
            #expect(end.principals.count == wanted.principals.count, "request \(number)")
            #expect(end.owners.values.map(\.count) == wanted.owners.values.map(\.count), "request \(number)")
            #expect(end.assignments.values.map(\.count) == wanted.assignments.values.map(\.count), "request \(number)")
            #expect(try await second.plan(spec, granting: true).steps.isEmpty, "request \(number)")
            #expect(try await fixture.store.apps.releases(of: appName("fleet")).count == 1)
        }
    }

    /// All but the ids.
    private static func content(_ application: DirectoryApplication) -> [String] {
        [application.displayName, application.audience] + application.redirectURIs
            + application.access.map { "\($0.api) \($0.id) \($0.kind)" }.sorted()
    }

    @Test("is changed in what differs and in nothing else")
    func changed() async throws {
        let bench = try await RegistrationBench()
        try await bench.apply(try RegistrationBench.spec())
        bench.directory.change { state in
            state.applications[0].displayName = "Tampered"
            state.applications[0].access.append(
                RequiredAccess(
                    api: PermissionCatalogue.apis[0].appID, id: MemoryDirectory.graphScopes[0].id, kind: .scope))
        }
        let drift = try await bench.registrar.drift(appName("fleet"), as: RegistrationBench.access)
        #expect(drift.steps.map(\.code) == ["set_display_name", "set_permissions"])
        #expect(drift.lines[1] == "change permissions: - User.Read (delegated)")
        let before = bench.directory.state.log.count
        try await bench.apply(try RegistrationBench.spec())
        let writes = bench.directory.state.log.dropFirst(before).filter {
            $0.hasPrefix("change") || $0.hasPrefix("add")
        }
        #expect(writes == ["change application", "change application"])
        #expect(try await bench.plan(try RegistrationBench.spec()).steps.isEmpty)
    }

    @Test("is not changed when the difference is no longer the one that was agreed to")
    func planChanged() async throws {
        let bench = try await RegistrationBench()
        let planned = try await bench.plan(try RegistrationBench.spec())
        let other = try RegistrationBench.spec(displayName: "Another Name")
        await #expect(throws: RegistrationError.planChanged) { try await bench.apply(other, planID: planned.id) }
        #expect(bench.directory.state.applications.isEmpty)
        #expect(try await bench.fixture.store.registrations.registration(appName("fleet")) == nil)
    }

    @Test("drafts a release when its permissions change, and warns of what customers lose")
    func release() async throws {
        let bench = try await RegistrationBench()
        try await bench.apply(try RegistrationBench.spec())
        let less = try RegistrationBench.spec(roles: ["User.Read.All", "Mail.Read"])
        let plan = try await bench.apply(less)
        #expect(plan.warnings.contains { $0.contains("loses") })
        let records = try await bench.fixture.store.apps.releases(of: appName("fleet"))
        #expect(records.map(\.isDraft) == [false, true])
        #expect(records.last?.release.permissions.map(\.role) == ["User.Read.All", "Mail.Read"])
    }

    @Test("takes over an app that was made known by hand")
    func adopted() async throws {
        let bench = try await RegistrationBench()
        let client = ClientID(guid(9_100))
        bench.directory.change { state in
            state.applications.append(
                DirectoryApplication(
                    objectID: MemoryDirectory.numbered(300), clientID: client, displayName: "By Hand",
                    audience: "AzureADMultipleOrgs", redirectURIs: [], access: []))
        }
        _ = try await bench.fixture.addApp(
            App(
                name: appName("fleet"), displayName: "By Hand", clientID: client, cloud: .public,
                redirectURI: "https://isv.example/cb", addedAt: ManualClock.start), roles: ["User.Read.All"])
        try await bench.apply(try RegistrationBench.spec())
        #expect(bench.directory.state.applications.map(\.displayName) == ["Fleet Sync"])
        #expect(try await bench.fixture.store.apps.app(appName("fleet"))?.displayName == "Fleet Sync")
    }

    @Test("that vanished from the directory is told, not made anew")
    func gone() async throws {
        let bench = try await RegistrationBench()
        try await bench.apply(try RegistrationBench.spec())
        bench.directory.change { $0.applications = [] }
        await #expect(throws: RegistrationError.goneFromDirectory(appName("fleet"), RegistrationBench.home)) {
            try await bench.apply(try RegistrationBench.spec())
        }
        #expect(bench.directory.state.applications.isEmpty)
    }

    @Test("does not move to another tenant or cloud")
    func moved() async throws {
        let bench = try await RegistrationBench()
        try await bench.apply(try RegistrationBench.spec())
        await #expect(throws: RegistrationError.moved(appName("fleet"), RegistrationBench.home, .public)) {
            try await bench.plan(try RegistrationBench.spec(home: "other.example"))
        }
    }

    @Test("of another cloud than the credential's is refused before anything is sent")
    func otherCloud() async throws {
        let bench = try await RegistrationBench()
        await #expect(throws: RegistrationError.credentialOfOtherCloud(appName("registrar"), .public, .china)) {
            try await bench.plan(try RegistrationBench.spec(cloud: "china"))
        }
        #expect(bench.directory.state.log.isEmpty)
    }

    @Test("needs somebody as whom the directory is changed")
    func nobody() async throws {
        let bench = try await RegistrationBench()
        await #expect(throws: RegistrationError.nobodySignedIn) {
            try await bench.registrar.plan(try RegistrationBench.spec(), as: nil, granting: false)
        }
    }

    @Test(
        "asks for roles that exist, and says what was probably meant",
        arguments: [
            ("User.Raed.All", "no application permission", "User.Read.All"),
            ("User.Read", "delegated permission", "User.Read.All"),
            ("Mail.Read.Shared", "delegated permission", "Mail.Read"),
            ("df021288-bdef-4463-88db-000000000000", "no app role with the id", "by its value"),
        ])
    func roles(role: String, what: String, mend: String) async throws {
        let bench = try await RegistrationBench()
        let error = await #expect(throws: RegistrationError.self) {
            try await bench.plan(try RegistrationBench.spec(roles: [role]))
        }
        #expect(error?.problem.detail.contains(what) == true)
        #expect(error?.problem.nextStep.contains(mend) == true)
        #expect(error?.problem.pointer == "permissions[0].role")
    }

    @Test("wants a self-escalating role acknowledged, and then warns of it")
    func risky() async throws {
        let bench = try await RegistrationBench()
        let role = "AppRoleAssignment.ReadWrite.All"
        let error = await #expect(throws: RegistrationError.self) {
            try await bench.plan(try RegistrationBench.spec(roles: [role]))
        }
        #expect(error?.problem.nextStep.contains("acknowledge_risk: true") == true)
        let plan = try await bench.plan(try RegistrationBench.spec(roles: [role], acknowledged: true))
        #expect(plan.warnings.count == 1)
    }

    @Test("is deleted here and in the directory, after saying which tenants stop working")
    func deleted() async throws {
        let bench = try await RegistrationBench()
        try await bench.apply(try RegistrationBench.spec())
        let app = try #require(try await bench.fixture.store.apps.app(appName("fleet")))
        let tenants = try await bench.fixture.addTenants(1...3)
        try await bench.fixture.prove([tenants[0], tenants[2]], app)
        let preview = try await bench.registrar.deletion(of: app, inDirectory: true)
        #expect(preview.tenants == [tenants[0], tenants[2]])
        #expect(try await bench.fixture.store.apps.app(app.name) != nil)
        try await bench.registrar.delete(app, inDirectory: true, as: nil, by: .service)
        #expect(bench.directory.state.applications.isEmpty)
        #expect(try await bench.fixture.store.apps.app(app.name) == nil)
        #expect(try await bench.fixture.store.registrations.registration(app.name) == nil)
        let log = try await bench.fixture.store.audit.entries(after: 0, limit: 50)
        #expect(log.last?.action == "app.delete")
    }

    @Test("is not made by an app of another tenant: that would be a customer's token without a proof")
    func foreignRegistrar() async throws {
        let bench = try await RegistrationBench()
        let spec = try RegistrationBench.spec(home: "other.example")
        await #expect(
            throws: RegistrationError.credentialOfOtherTenant(
                appName("registrar"), RegistrationBench.home, tenantID(51))
        ) { try await bench.plan(spec) }
        #expect(bench.endpoint.calls.isEmpty)
    }

    @Test("that is narrowed to its own tenant, or loses a redirect URI, says whom that hurts")
    func warnings() async throws {
        let bench = try await RegistrationBench()
        try await bench.apply(try RegistrationBench.spec())
        bench.directory.change { $0.applications[0].redirectURIs.append("https://old.example/cb") }
        #expect(
            try await bench.plan(try RegistrationBench.spec()).warnings.map { $0.contains("Consent links") } == [true])
        bench.directory.change { $0.applications[0].redirectURIs.removeLast() }
        let narrow = try RegistrationBench.spec(audience: "AzureADMyOrg", uris: [])
        #expect(try await bench.plan(narrow).warnings.contains { $0.contains("Every customer") })
    }
}
