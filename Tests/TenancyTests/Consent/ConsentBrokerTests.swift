import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Consent broker")
struct ConsentBrokerTests {
    /// Knows the public cloud only, and shows what it was given.
    private struct Address: AdminConsentAddress {
        func adminConsentURL(
            cloud: Cloud, tenant: TenantID, clientID: ClientID, resources: [Resource], redirectURI: String,
            state: OneTimeState
        ) -> Secret<String>? {
            guard cloud == .public else { return nil }
            return Secret("\(tenant) \(clientID) \(resources) \(redirectURI) \(state.exposed)")
        }
    }

    /// The tenant's authority: each code stands for an identity.
    private struct Authority: AdministratorAuthority {
        let identities: [String: AdministratorIdentity]

        func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>? { Secret("sign-in \(signIn.state.exposed)") }

        func redeem(
            _ code: Secret<String>, for signIn: AdministratorSignIn
        ) async throws(AdministratorSignInError) -> AdministratorIdentity {
            guard let identity = identities[code.exposed] else { throw .unverifiable(.signature) }
            return identity
        }
    }

    private let fixture: Fixture
    private let broker: ConsentBroker
    private static let identities = [
        "administrator": AdministratorIdentity(
            tenant: tenantID(1), objectID: guid(55), name: "Ada",
            roles: GUID("62e90394-69f5-4237-9190-012177145e10").map { [$0] }),
        "user": AdministratorIdentity(tenant: tenantID(1), objectID: guid(56), name: "Bob", roles: [guid(99)]),
        "silent": AdministratorIdentity(tenant: tenantID(1), objectID: guid(57), name: nil, roles: nil),
    ]

    init() throws {
        fixture = try Fixture()
        broker = ConsentBroker(
            apps: fixture.store.apps, tenants: fixture.store.tenants, registrations: fixture.store.registrations,
            store: fixture.store.consent, address: Address(), authority: Authority(identities: Self.identities),
            clock: fixture.clock.wallClock, randomness: fixture.randomness)
    }

    private func link(life: TimeInterval = 3_600) async throws -> (link: ConsentLink, app: App, state: String) {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1)[0]
        let link = try await broker.link(tenant: tenant, app: app, life: life, by: .service)
        return (link, app, try #require(link.adminConsentURL.exposed.split(separator: " ").last.map(String.init)))
    }

    private func yes(_ state: String, tenant: TenantID = tenantID(1)) throws -> UnverifiedConsentCallback {
        try UnverifiedConsentCallback(query: "state=\(state)&tenant=\(tenant)&admin_consent=True")
    }

    private func refusal(_ callback: UnverifiedConsentCallback) async -> ConsentError? {
        await #expect(throws: ConsentError.self) { try await broker.receive(callback) }
    }

    // MARK: Links

    @Test("pins tenant, app, release, redirect URI and life in the link it makes")
    func link() async throws {
        let (link, app, state) = try await link()
        let attempt = link.attempt
        #expect(attempt.tenant == tenantID(1) && attempt.app == app.name && attempt.release == 1)
        #expect(attempt.redirectURI == app.redirectURI)
        #expect(attempt.createdAt == fixture.clock.now && attempt.expiresAt == fixture.clock.now + 3_600)
        #expect(link.adminConsentURL.exposed.hasPrefix("\(tenantID(1)) \(app.clientID) [https://graph.microsoft.com]"))
        #expect(state.count >= 22, "at least 128 bits")
        #expect(try await fixture.connection(link.tenant, app).state == .invited)
    }

    @Test("makes a link that nobody can guess from another")
    func fresh() async throws {
        let (first, app, state) = try await link()
        let second = try await broker.link(tenant: first.tenant, app: app, by: .service)
        #expect(second.attempt.id != first.attempt.id)
        #expect(!second.adminConsentURL.exposed.contains(state))
    }

    @Test("gives links from one minute to 30 days, and seven days unless told otherwise")
    func life() async throws {
        let (first, app, _) = try await link(life: 60)
        for life in [59.9, 0, -1, 30 * 86_400 + 1, .infinity, .nan] {
            let error = await #expect(throws: ConsentError.self) {
                try await broker.link(tenant: first.tenant, app: app, life: life, by: .service)
            }
            #expect(error == .invalidLife, "\(life)")
        }
        let longest = try await broker.link(tenant: first.tenant, app: app, life: 30 * 86_400, by: .service)
        #expect(longest.attempt.expiresAt == fixture.clock.now + 30 * 86_400)
        let usual = try await broker.link(tenant: first.tenant, app: app, by: .service)
        #expect(usual.attempt.expiresAt == fixture.clock.now + 7 * 86_400)
    }

    @Test("makes no link for a tenant of another cloud")
    func otherCloud() async throws {
        let app = try await fixture.addApp()
        let tenant = try await fixture.addTenants(1...1, cloud: .usGov)[0]
        let error = await #expect(throws: ConsentError.self) {
            try await broker.link(tenant: tenant, app: app, by: .service)
        }
        #expect(error == .otherCloud(tenant, app))
    }

    @Test("makes no link in a cloud that is not configured, and changes nothing")
    func unconfiguredCloud() async throws {
        let app = try await fixture.addApp(.sample(cloud: .china))
        let tenant = try await fixture.addTenants(1...1, cloud: .china)[0]
        let error = await #expect(throws: ConsentError.self) {
            try await broker.link(tenant: tenant, app: app, by: .service)
        }
        #expect(error == .cloudNotConfigured(.china))
        #expect(try await fixture.connection(tenant, app).state == .none)
    }

    // MARK: The page behind a link

    @Test("shows who asks for what, as often as it is looked at")
    func invitation() async throws {
        let (link, app, _) = try await link()
        for _ in 0..<3 {
            let page = try #require(try await broker.invitation(link.attempt.id))
            #expect(page.app == app && page.tenant == link.tenant && page.attempt.outcome == nil)
            #expect(page.permissions.map(\.role) == ["User.Read.All", "Group.Read.All"])
            #expect(page.adminConsentURL == link.adminConsentURL)
        }
    }

    @Test("shows no page for a link it never made")
    func unknownLink() async throws {
        #expect(try await broker.invitation(AttemptID(.seeded(99))) == nil)
    }

    @Test("shows no way on from a link that is over: before, at and after its end")
    func expiredPage() async throws {
        let (link, _, _) = try await link(life: 60)
        fixture.clock.advance(59)
        #expect(try await broker.invitation(link.attempt.id)?.adminConsentURL != nil)
        fixture.clock.advance(1)
        #expect(try await broker.invitation(link.attempt.id)?.adminConsentURL == nil)
        fixture.clock.advance(1)
        #expect(try await broker.invitation(link.attempt.id)?.adminConsentURL == nil)
    }

    // MARK: Answers

    @Test("takes a yes as a claim, and books a look at once")
    func claim() async throws {
        let (link, app, state) = try await link()
        let (attempt, answer) = try await broker.receive(try yes(state))
        #expect(attempt.id == link.attempt.id && answer == .approved)
        let connection = try await fixture.connection(link.tenant, app)
        #expect(connection.state == .claimed, "a callback is a claim, not a fact")
        #expect(connection.check == PendingCheck(reason: .claim, looks: 0, due: fixture.clock.now))
        let evidence = try await fixture.store.consent.evidence(link.tenant.id, app.name)
        #expect(evidence.map(\.check) == [.stateMatched, .tenantPinned] && evidence.allSatisfy { $0.passed })
    }

    @Test("takes an answer from another tenant as a conflict, and asks that tenant nothing")
    func conflict() async throws {
        let (link, app, state) = try await link()
        let (_, answer) = try await broker.receive(try yes(state, tenant: tenantID(2)))
        #expect(answer == .misdirected(tenantID(2)))
        let connection = try await fixture.connection(link.tenant, app)
        #expect(connection.state == .conflict && connection.check == nil)
        let evidence = try await fixture.store.consent.evidence(link.tenant.id, app.name)
        #expect(evidence.first { $0.check == .tenantPinned }?.passed == false)
    }

    @Test("takes a no, and never over what was proven")
    func declined() async throws {
        let (link, app, state) = try await link()
        try await fixture.prove([link.tenant], app)
        let no = try UnverifiedConsentCallback(
            query: "error=access_denied&error_description=AADSTS65004&admin_consent=True&state=\(state)")
        #expect(try await broker.receive(no).1 == .declined(aadsts: 65_004))
        #expect(try await fixture.connection(link.tenant, app).state == .granted)
        #expect(try await broker.invitation(link.attempt.id)?.attempt.outcome == .declined)
    }

    @Test("takes one answer to a link, of two hundred that come at once")
    func once() async throws {
        let (link, _, state) = try await link()
        let callback = try yes(state)
        let errors = await withTaskGroup(of: ConsentError?.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do throws(ConsentError) {
                        _ = try await broker.receive(callback)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(errors.count { $0 == nil } == 1)
        #expect(errors.compactMap { $0 }.allSatisfy { $0 == .alreadyUsed(link.attempt.id) })
        #expect(await refusal(callback) == .alreadyUsed(link.attempt.id))
    }

    @Test(
        "takes an answer until the very instant the link ends, and not at it",
        arguments: [(59, true), (60, false), (61, false)])
    func expiry(_ age: TimeInterval, _ isTaken: Bool) async throws {
        let (link, app, state) = try await link(life: 60)
        fixture.clock.advance(age)
        if isTaken {
            #expect(try await broker.receive(try yes(state)).1 == .approved)
        } else {
            #expect(await refusal(try yes(state)) == .expired(tenantID(1)))
            #expect(try await fixture.connection(link.tenant, app).state == .invited)
        }
    }

    @Test("takes no answer with a state it never issued, or one with text behind it")
    func unknownState() async throws {
        let (link, app, state) = try await link()
        for foreign in ["guess", state + "x", String(state.dropLast()), state + "%23", state.uppercased() + "-"] {
            #expect(await refusal(try yes(foreign)) == .unknownState, "\(foreign)")
        }
        #expect(try await fixture.connection(link.tenant, app).state == .invited)
        #expect(try await broker.receive(try yes(state)).1 == .approved, "nothing was used up")
    }

    @Test("grants nothing, whatever a forged callback says")
    func forged() async throws {
        let (link, app, state) = try await link()
        for query in ["", "&scope=.default", "&tenant_name=x", "&roles=all", "&granted=true"] {
            let query = "state=\(state)&tenant=\(tenantID(1))&admin_consent=True" + query
            _ = try? await broker.receive(try UnverifiedConsentCallback(query: query))
            #expect(try await !fixture.connection(link.tenant, app).isProven)
        }
    }

    // MARK: Links that are taken back, and conflicts

    @Test("takes an open link back once, and the tenant is no longer invited when it was the last one")
    func cancel() async throws {
        let (first, app, state) = try await link()
        let second = try await broker.link(tenant: first.tenant, app: app, by: .service)
        try await broker.cancel(first.attempt.id, by: .service)
        #expect(try await fixture.connection(first.tenant, app).state == .invited)
        #expect(await refusal(try yes(state)) == .alreadyUsed(first.attempt.id))
        #expect(try await fixture.connection(first.tenant, app).state == .invited, "nothing came of it")
        try await broker.cancel(second.attempt.id, by: .service)
        #expect(try await fixture.connection(first.tenant, app).state == .none)
        let error = await #expect(throws: ConsentError.self) {
            try await broker.cancel(second.attempt.id, by: .service)
        }
        #expect(error == .notOpen(second.attempt.id))
    }

    @Test("ends a conflict by an operator's word, and not where there is none")
    func dismissal() async throws {
        let (link, app, state) = try await link()
        let early = await #expect(throws: ConsentError.self) {
            try await broker.dismissConflict(of: link.tenant, app: app, by: .service)
        }
        #expect(early == .noConflict(link.tenant))
        _ = try await broker.receive(try yes(state, tenant: tenantID(2)))
        #expect(try await broker.dismissConflict(of: link.tenant, app: app, by: .service).state == .invited)
        _ = try await broker.receive(try yes(state, tenant: tenantID(3)))
        fixture.clock.advance(3_600)
        #expect(try await broker.dismissConflict(of: link.tenant, app: app, by: .service).state == .none)
    }

    @Test(
        "lets whoever may consent answer after a no, a slip or a forged answer",
        arguments: [
            "error=access_denied&error_description=AADSTS65004", "error=access_denied&error_subcode=cancel",
            "error=server_error", "admin_consent=True&tenant=00000000-0000-4000-8000-000000000002",
        ])
    func afterNo(_ answer: String) async throws {
        let (link, app, state) = try await link()
        _ = try await broker.receive(try UnverifiedConsentCallback(query: "state=\(state)&\(answer)"))
        let entries = try await fixture.store.audit.entries(after: 0, limit: 100).count
        _ = try await broker.receive(try UnverifiedConsentCallback(query: "state=\(state)&\(answer)"))
        #expect(
            try await fixture.store.audit.entries(after: 0, limit: 100).count == entries, "said again, it is no news")
        #expect(try await broker.receive(try yes(state)).1 == .approved)
        #expect(try await fixture.connection(link.tenant, app).state == .claimed)
    }

    @Test("looks again when a yes is brought again after the search has ended, and not before")
    func reminded() async throws {
        let (link, app, state) = try await link(life: 86_400)
        _ = try await broker.receive(try yes(state))
        let searching = try await fixture.connection(link.tenant, app)
        #expect(await refusal(try yes(state)) == .alreadyUsed(link.attempt.id))
        #expect(try await fixture.connection(link.tenant, app) == searching)
        while let due = try await fixture.connection(link.tenant, app).check?.due {
            fixture.clock.advance(max(0, due.timeIntervalSince(fixture.clock.now)))
            try await fixture.apply(.judged(.absent(.sample)), to: link.tenant, app)
        }
        #expect(await refusal(try yes(state)) == .alreadyUsed(link.attempt.id))
        #expect(try await fixture.connection(link.tenant, app).check?.due == fixture.clock.now)
    }

    // MARK: What a consent would take away

    @Test("asks for every API that was granted too, and makes no link that would take a role away unless told to")
    func narrowing() async throws {
        let vault = resource("https://vault.azure.net")
        let app = try await fixture.addApp(permissions: [
            Permission(resource: graph, role: "A", reason: ""), Permission(resource: vault, role: "B", reason: ""),
        ])
        let tenant = try await fixture.addTenants(1...1)[0]
        _ = try await fixture.store.consent.apply(
            .judged(.granted(release: 1, servicePrincipal: nil)), to: tenant.id, app.name,
            grants: [
                Grant(resource: graph, role: "A", observedAt: fixture.clock.now),
                Grant(resource: vault, role: "B", observedAt: fixture.clock.now),
            ], evidence: [], at: fixture.clock.now, by: .service)
        let number = try await fixture.store.apps.draft(
            [Permission(resource: graph, role: "A", reason: "")], of: app.name, by: .service, at: fixture.clock.now)
        try await fixture.store.apps.publish(number, of: app.name, by: .service, at: fixture.clock.now)
        let error = await #expect(throws: ConsentError.self) {
            try await broker.link(tenant: tenant, app: app, by: .service)
        }
        #expect(error == .wouldNarrow(tenant, ["B"]))
        let link = try await broker.link(tenant: tenant, app: app, mayNarrow: true, by: .service)
        #expect(link.wouldRemove == ["B"])
    }

    // MARK: The administrator's sign-in

    /// Counts what it is asked, and who asks together.
    private actor Count {
        private(set) var all = 0
        private var now = 0
        private(set) var most = 0

        func begin() { (all, now, most) = (all + 1, now + 1, max(most, now + 1)) }
        func end() { now -= 1 }
    }

    private struct CountingAuthority: AdministratorAuthority {
        let count: Count

        func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>? { nil }

        func redeem(
            _ code: Secret<String>, for signIn: AdministratorSignIn
        ) async throws(AdministratorSignInError) -> AdministratorIdentity {
            await count.begin()
            for _ in 0..<20 { await Task.yield() }
            await count.end()
            guard let identity = ConsentBrokerTests.identities[code.exposed] else { throw .unverifiable(.signature) }
            return identity
        }
    }

    @Test(
        "redeems one code of a link at a time, and none after the one that counted", arguments: ["administrator", "x"])
    func oneCodeAtATime(_ code: String) async throws {
        let (link, _, state) = try await link()
        let count = Count()
        let broker = ConsentBroker(
            apps: fixture.store.apps, tenants: fixture.store.tenants, registrations: fixture.store.registrations,
            store: fixture.store.consent, address: Address(), authority: CountingAuthority(count: count),
            clock: fixture.clock.wallClock, randomness: fixture.randomness)
        _ = try await broker.receive(try yes(state))
        let binding = fixture.store.consent.signIn(after: link.attempt)
        guard
            case .signIn(let callback) = try UnverifiedCallback(
                query: "state=\(binding.state.exposed)&code=\(code)")
        else {
            Issue.record("it is an answer to a sign-in")
            return
        }
        await withTaskGroup { group in
            for _ in 0..<30 { group.addTask { _ = try? await broker.receive(callback, browser: binding.browser) } }
        }
        #expect(await count.most == 1)
        #expect(await count.all == (code == "x" ? 30 : 1))
    }
}
