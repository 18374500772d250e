import Foundation
import SQLiteStore
import Synchronization
import Tenancy
import Testing

@Suite("Credentials")
struct CredentialTests {
    private let now = ManualClock.start

    private func credential(
        _ id: String, _ state: Credential.State, expires days: Double? = nil, rejected seconds: TimeInterval? = nil,
        retireAt: Date? = nil
    ) -> Credential {
        Credential(
            id: credentialID(id + String(repeating: "0", count: 12 - id.count)), app: appName("crm"),
            kind: .certificate,
            label: id, addedAt: now, expiresAt: days.map { now + $0 * 86_400 }, stored: state, retireAt: retireAt,
            rejection: seconds.map { Credential.Rejection(aadsts: 7_000_222, at: now - $0) })
    }

    private func order(_ credentials: Credential...) -> [String] { credentials.inOrderOfUse(at: now).map(\.label) }

    @Test("are used in their order: preferred, active, retiring; the longest-lived of equals first")
    func order() {
        #expect(
            order(
                credential("r", .retiring), credential("a1", .active, expires: 3),
                credential("p", .preferred, expires: 1),
                credential("a2", .active, expires: 9), credential("a3", .active)) == ["p", "a3", "a2", "a1", "r"])
    }

    @Test("that are pending or expired are not used")
    func unusable() {
        #expect(order(credential("n", .pending), credential("e", .preferred, expires: 0)).isEmpty)
        #expect(credential("e", .preferred, expires: 0).state(at: now) == .expired)
    }

    @Test("that were rejected a moment ago come last, and are tried again after five minutes")
    func rejected() {
        #expect(order(credential("p", .preferred, rejected: 299), credential("a", .active)) == ["a", "p"])
        #expect(order(credential("p", .preferred, rejected: 300), credential("a", .active)) == ["p", "a"])
    }

    private func codes(_ credentials: Credential..., rotation: Rotation? = nil) -> [String] {
        Finding.about(credentials, rotation, of: appName("crm"), at: now).map(\.code)
    }

    @Test(
        "climb down the expiry ladder",
        arguments: [
            (61, []), (60, ["credential_expires_in_60d"]), (31, ["credential_expires_in_60d"]),
            (30, ["credential_expires_in_30d"]), (14, ["credential_expires_in_14d"]), (7, ["credential_expires_in_7d"]),
            (1.5, ["credential_expires_in_7d"]), (1, ["credential_expires_in_1d"]),
            (0, ["credential_expired", "credential_missing"]),
        ] as [(Double, [String])])
    func ladder(days: Double, codes: [String]) {
        #expect(self.codes(credential("p", .preferred, expires: days)) == codes)
    }

    @Test("with a successor that lives on raise no alarm, unless they are still preferred")
    func successor() {
        #expect(codes(credential("a", .active, expires: 5), credential("p", .preferred, expires: 300)).isEmpty)
        #expect(codes(credential("r", .retiring, expires: 5), credential("p", .preferred, expires: 300)).isEmpty)
        let late = Finding.about(
            [credential("p", .preferred, expires: 5), credential("a", .active, expires: 300)], nil, of: appName("crm"),
            at: now)
        #expect(late.map(\.code) == ["credential_expires_in_7d"])
        #expect(late.first?.nextStep.contains("prefer") == true)
    }

    @Test("raise one finding for a rejection, with what the code means")
    func rejection() {
        let findings = Finding.about(
            [credential("p", .preferred, rejected: 4)], nil, of: appName("crm"), at: now)
        #expect(findings.map(\.code) == ["credential_rejected"])
        #expect(findings.first?.detail.contains("AADSTS7000222") == true)
        #expect(findings.first?.whoMustAct == .you)
    }

    @Test("that outstay their retirement are told")
    func lateRetirement() {
        let due = now - 3 * 3_600
        #expect(
            codes(credential("r", .retiring, retireAt: due), credential("p", .preferred)) == ["credential_not_retired"])
    }
}

@Suite("A token issuer")
struct TokenIssuerTests {
    private let fixture: Fixture
    private let app: App

    init() async throws {
        fixture = try Fixture()
        app = try await fixture.addApp()
        try await fixture.store.credentials.change(
            [.add(.sample("spare", of: app.name, id: "sparesecret0", state: .active))], of: app.name, saving: nil,
            by: .service, at: fixture.clock.now)
    }

    private func endpoint(refusing refused: Set<String>) -> ScriptedTokenEndpoint {
        ScriptedTokenEndpoint.byCredential { key, credential in
            guard !refused.contains(credential) else { return .error(.refused(.ourCredential), aadsts: 7_000_222) }
            return .token(try TestToken(key, mark: credential).unverified())
        }
    }

    private func token(_ number: Int, _ endpoint: ScriptedTokenEndpoint) async throws -> AccessToken {
        try await fixture.issuer(endpoint).newToken(TokenKey(app, tenantID(number)), app: app.name)
    }

    private func findings() async throws -> [Finding] {
        Finding.about(
            try await fixture.store.credentials.credentials(of: app.name), nil, of: app.name, at: fixture.clock.now)
    }

    @Test("falls back on the next credential, and the rejection is one finding, not one for each tenant")
    func fallback() async throws {
        let endpoint = endpoint(refusing: ["correct horse"])
        for number in 1...20 { _ = try await token(number, endpoint) }
        // The rejected one is asked once, then rests.
        #expect(endpoint.calls.count == 21)
        #expect(try await findings().map(\.code) == ["credential_rejected"])
        let rejections = try await fixture.store.audit.entries(after: 0, limit: 100).filter {
            $0.action == "credential.reject"
        }
        #expect(rejections.count == 1)
    }

    @Test(
        "tries each credential once and tells the refusal; then one caller in five seconds finds out, and the rest know"
    )
    func allRefused() async throws {
        let endpoint = endpoint(refusing: ["correct horse", "spare"])
        let issuer = fixture.issuer(endpoint)
        for number in 1...10 {
            let error = await #expect(throws: TokenError.self) {
                try await issuer.newToken(TokenKey(app, tenantID(number)), app: app.name)
            }
            #expect(error?.reason == .refused(.ourCredential) && error?.trace?.aadsts == 7_000_222)
            #expect(error?.tenant == tenantID(number))
        }
        #expect(endpoint.calls.count == 2)
        fixture.clock.advance(5)
        for number in 1...10 {
            await #expect(throws: TokenError.self) {
                try await issuer.newToken(TokenKey(app, tenantID(number)), app: app.name)
            }
        }
        #expect(endpoint.calls.count == 4)
        #expect(try await findings().count == 2)
    }

    @Test("lets one caller at a time try one that was rejected, while the others use what works")
    func oneRetrial() async throws {
        let gate = Gate()
        let endpoint = ScriptedTokenEndpoint.byCredential { key, credential in
            guard credential == "correct horse" else {
                return .token(try TestToken(key, mark: credential).unverified())
            }
            guard key.tenant != tenantID(1) else { return .error(.refused(.ourCredential), aadsts: 7_000_222) }
            await gate.pass()
            return .token(try TestToken(key, mark: credential).unverified())
        }
        let issuer = fixture.issuer(endpoint)
        let app = app
        _ = try await issuer.newToken(TokenKey(app, tenantID(1)), app: app.name)
        fixture.clock.advance(301)
        async let retrial = issuer.newToken(TokenKey(app, tenantID(2)), app: app.name)
        await gate.arrival()
        for number in 3...12 { _ = try await issuer.newToken(TokenKey(app, tenantID(number)), app: app.name) }
        gate.open()
        _ = try await retrial
        // Two for the first tenant, one each for the others.
        #expect(endpoint.calls.count == 13)
        #expect(try await findings().isEmpty)
    }

    @Test("is told of once, and taken back once, by however many find out at the same time")
    func onceTold() async throws {
        let refusing = Mutex(true)
        let endpoint = ScriptedTokenEndpoint.byCredential { key, credential in
            guard credential == "spare" || !refusing.withLock({ $0 }) else {
                return .error(.refused(.ourCredential), aadsts: 7_000_222)
            }
            return .token(try TestToken(key, mark: credential).unverified())
        }
        let issuer = fixture.issuer(endpoint)
        let app = app
        func askTogether() async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 1...50 {
                    group.addTask { _ = try await issuer.newToken(TokenKey(app, tenantID(number)), app: app.name) }
                }
                try await group.waitForAll()
            }
        }
        try await askTogether()
        fixture.clock.advance(301)
        refusing.withLock { $0 = false }
        try await askTogether()
        let told = try await fixture.store.audit.entries(after: 0, limit: 1_000).map(\.action)
        #expect(told.count { $0 == "credential.reject" } == 1)
        #expect(told.count { $0 == "credential.accept" } == 1)
    }

    @Test("goes on with the next credential when one is retired while it is being used")
    func gone() async throws {
        let credentials = try await fixture.store.credentials.credentials(of: app.name)
        let preferred = try #require(credentials.first { $0.stored == .preferred })
        let clock = fixture.clock
        let (store, name) = (fixture.store.credentials, app.name)
        // Between the look at the list and the reply it goes, and its successor is asked.
        let endpoint = ScriptedTokenEndpoint.byCredential { key, credential in
            guard credential == "correct horse" else {
                return .token(try TestToken(key, mark: credential).unverified())
            }
            try await store.change([.remove(preferred.id)], of: name, saving: nil, by: .service, at: clock.now)
            return .error(.refused(.ourCredential), aadsts: 7_000_215)
        }
        _ = try await token(1, endpoint)
        #expect(endpoint.calls.count == 2)
        #expect(try await findings().isEmpty)
    }

    @Test("does not blame the credential for a tenant's refusal")
    func tenantsRefusal() async throws {
        let endpoint = ScriptedTokenEndpoint.refusing(.refused(.consentMissing), aadsts: 7_000_229)
        await #expect(throws: TokenError.self) { _ = try await token(1, endpoint) }
        #expect(endpoint.calls.count == 1)
        #expect(try await findings().isEmpty)
    }

    @Test("forgets a rejection when the credential works again")
    func healed() async throws {
        _ = try await token(1, endpoint(refusing: ["correct horse"]))
        #expect(try await findings().count == 1)
        fixture.clock.advance(301)
        _ = try await token(1, endpoint(refusing: []))
        #expect(try await findings().isEmpty)
    }

    @Test("says so when there is no credential, or none that is still valid")
    func none() async throws {
        let endpoint = endpoint(refusing: [])
        let ids = try await fixture.store.credentials.credentials(of: app.name).map(\.id)
        try await fixture.store.credentials.change(
            ids.map { .remove($0) }, of: app.name, saving: nil, by: .service, at: fixture.clock.now)
        let error = await #expect(throws: TokenError.self) { _ = try await token(1, endpoint) }
        #expect(error?.reason == .credentialUnusable("There is none yet."))
        #expect(endpoint.calls.isEmpty)
    }
}
