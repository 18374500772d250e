import Foundation
import TestSupport
import Testing

@testable import Tenancy

@Suite("Access token")
struct AccessTokenTests {
    private static let key = TokenKey(.sample(), tenantID(1))
    private static let now = ManualClock.start

    private func checked(_ token: TestToken, for key: TokenKey = key) throws -> AccessToken {
        try token.unverified().checked(for: key)
    }

    private func refusal(_ token: TestToken, for key: TokenKey = key) -> TokenError.Reason? {
        let error = #expect(throws: TokenError.self) { try checked(token, for: key) }
        return error?.reason
    }

    // MARK: Whose it is

    @Test("is accepted when tenant, app and resource are those of its key")
    func accepted() throws {
        let token = try checked(TestToken(Self.key))
        #expect(token.claims.roles == ["User.Read.All", "Group.Read.All"])
        #expect(token.claims.objectID == guid(77).description)
        #expect(token.belongs(to: Self.key))
    }

    @Test("of another is refused, whichever claim shows it", arguments: ["tid", "appid", "aud"])
    func mismatch(_ claim: String) {
        for value in [guid(666).description, "", "common", "https://graph.microsoft.com.evil.example"] {
            if claim == "aud", GUID(value) != nil { continue }
            #expect(refusal(TestToken(Self.key).with(claim, value)) == .mismatch(claim), "'\(value)'")
        }
        #expect(refusal(TestToken(Self.key).with(claim, nil)) == .mismatch(claim), "absent")
    }

    @Test("names its app as appid in version 1 and as azp in version 2")
    func versions() throws {
        let second = TestToken(Self.key).with("appid", nil).with("azp", Self.key.clientID.description)
        #expect(try checked(second).claims.clientID == Self.key.clientID.description)
        #expect(
            refusal(TestToken(Self.key).with("appid", nil).with("azp", guid(666).description)) == .mismatch("appid"))
    }

    @Test("names identifiers in either case")
    func identifierCase() throws {
        _ = try checked(
            TestToken(Self.key).with("tid", Self.key.tenant.description.uppercased())
                .with("appid", Self.key.clientID.description.uppercased()))
    }

    @Test(
        "fits an audience that is spelled as Entra spells it",
        arguments: [
            ("https://graph.microsoft.com", "https://graph.microsoft.com"),
            ("https://graph.microsoft.com", "https://graph.microsoft.com/"),
            ("https://database.windows.net/", "https://database.windows.net"),
            ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000"),
            ("00000003-0000-0ff1-ce00-000000000000", "00000003-0000-0FF1-CE00-000000000000"),
        ])
    func audiences(_ asked: String, _ named: String) throws {
        let key = TokenKey(.sample(), tenantID(1), resource(asked))
        _ = try checked(TestToken(key).with("aud", named), for: key)
    }

    @Test(
        "does not fit another API's audience",
        arguments: [
            ("https://graph.microsoft.com", "https://graph.microsoft.us"),
            ("https://graph.microsoft.com", "https://graph.microsoft.com//"),
            ("https://graph.microsoft.com", "https://graph.microsoft.com/v1.0"),
            ("https://graph.microsoft.com", "http://graph.microsoft.com"),
            ("https://graph.microsoft.com", ""),
            ("00000003-0000-0ff1-ce00-000000000000", "00000003-0000-0000-c000-000000000000"),
        ])
    func otherAudiences(_ asked: String, _ named: String) {
        let key = TokenKey(.sample(), tenantID(1), resource(asked))
        #expect(refusal(TestToken(key).with("aud", named), for: key) == .mismatch("aud"))
    }

    @Test("is a security event when it is another's, and never shown in the error")
    func securityEvent() throws {
        let token = TestToken(Self.key).with("tid", guid(666).description)
        let error = #expect(throws: TokenError.self) { try checked(token) }
        #expect(error?.problem.code == "token_mismatch" && error?.deniesConsent == false)
        #expect(error?.tenant == Self.key.tenant)
        #expect(try !"\(String(reflecting: error))".contains(token.jwt))
    }

    @Test(
        "that is no JSON Web Token is unreadable",
        arguments: ["", "opaque", "a.b", "a.b.c.d.e", "a.e30.c.d", "a.!!.c", "a.W10.c", "..", "a.InRleHQi.c"])
    func unreadable(_ text: String) {
        let token = UnverifiedToken(value: Secret(text), receivedAt: Self.now, lifetime: 3_600)
        let error = #expect(throws: TokenError.self) { try token.checked(for: Self.key) }
        #expect(error?.reason == .unreadable)
    }

    @Test("without roles has none, and without an object id belongs to no service principal")
    func absentClaims() throws {
        let token = try checked(TestToken(Self.key, roles: []).with("oid", nil))
        #expect(token.claims.roles == [] && token.claims.objectID == nil)
    }

    // MARK: How long it lives

    @Test("expires when the reply says so, or earlier when its own claim does")
    func expiry() throws {
        #expect(try checked(TestToken(Self.key).living(600)).expiresAt == Self.now + 600)
        let later = TestToken(Self.key).living(600).with("exp", Self.now.timeIntervalSince1970 + 900)
        #expect(try checked(later).expiresAt == Self.now + 600)
        let earlier = TestToken(Self.key).living(600).with("exp", Self.now.timeIntervalSince1970 + 300)
        #expect(try checked(earlier).expiresAt == Self.now + 300)
    }

    @Test("is usable while more than the margin is left", arguments: [(899, true), (900, false), (901, false)])
    func usable(_ age: TimeInterval, _ isUsable: Bool) throws {
        let token = try checked(TestToken(Self.key).living(1_200))
        #expect(token.lives(300, at: token.acquiredAt.steady + age) == isUsable)
    }

    @Test("is held against its key again when it comes from the store")
    func stored() throws {
        let token = try checked(TestToken(Self.key).living(600))
        let now = Moment(date: Self.now + 60, steady: token.acquiredAt.steady + 60)
        #expect(try AccessToken.restored(token.stored, for: Self.key, at: now) == token)
        let other = TokenKey(.sample(), tenantID(2))
        let error = #expect(throws: TokenError.self) {
            _ = try AccessToken.restored(token.stored, for: other, at: now)
        }
        #expect(error?.reason == .mismatch("tid"))
    }
}

@Suite("Token error")
struct TokenErrorTests {
    private static let key = TokenKey(.sample(), tenantID(1))

    @Test("names its tenant, and denies consent only when the authority does")
    func consent() {
        let reasons: [TokenError.Reason] = [
            .notConnected(.none), .refused(.consentMissing), .refused(.ourCredential), .refused(.disabledByCustomer),
            .refusedUnknown("x"), .throttled(1), .unavailable("x"), .mismatch("tid"), .unreadable,
        ]
        let errors = reasons.map { TokenError(Self.key, $0) }
        #expect(errors.allSatisfy { $0.tenant == Self.key.tenant })
        #expect(errors.filter { $0.deniesConsent }.map(\.reason) == [.refused(.consentMissing)])
    }

    @Test("can be tried again only when time may cure it")
    func retryable() {
        func isRetryable(_ reason: TokenError.Reason) -> Bool { TokenError(Self.key, reason).problem.isRetryable }
        let passing: [TokenError.Reason] = [
            .throttled(7), .unavailable("x"), .refused(.transient), .store(.unavailable("x")),
        ]
        #expect(passing.allSatisfy { isRetryable($0) })
        let lasting: [TokenError.Reason] = [
            .notConnected(.none), .refused(.consentMissing), .refused(.ourCredential), .refusedUnknown("x"),
            .mismatch("tid"), .unreadable, .credentialUnusable("x"), .noSuchApp, .cloudNotConfigured,
        ]
        #expect(!lasting.contains { isRetryable($0) })
        #expect(TokenError(Self.key, .throttled(7)).problem.retryAfter == .seconds(7))
    }

    @Test("keeps the authority's code and ids as fields")
    func trace() {
        let trace = AuthorityTrace(aadsts: 7_000_222, correlationID: "c", traceID: "t")
        let error = TokenError(Self.key, .refused(.ourCredential), trace: trace)
        #expect(error.problem.trace == trace && error.note.trace == trace)
        #expect(error.problem.whoMustAct == .you && error.problem.detail.contains("AADSTS7000222"))
    }
}
