import Foundation
import Tenancy
import Testing

/// What browsers bring, word for word as section 2.2 of the protocol sheet records it.
@Suite("Consent callback")
struct ConsentCallbackTests {
    private static let attempt = ConsentAttempt(
        id: AttemptID(.seeded(1)), tenant: tenantID(1), app: appName("crm"), release: 1,
        redirectURI: "https://isv.example/cb", createdAt: ManualClock.start, expiresAt: ManualClock.start + 3_600)

    private static let decline =
        "error=access_denied&error_description=AADSTS65004%3a+User+declined+to+consent+to+access+the+app.%0d%0a"
        + "Trace+ID%3a+f4b5f7c5&error_uri=https%3a%2f%2flogin.microsoftonline.com%2ferror%3fcode%3d65004"
        + "&admin_consent=True&state=S"

    private func answer(_ query: String) throws -> ConsentAnswer {
        try UnverifiedConsentCallback(query: query).answer(to: Self.attempt)
    }

    private func malformed(_ query: String) -> UnverifiedConsentCallback.Malformed? {
        #expect(throws: UnverifiedConsentCallback.Malformed.self) { try UnverifiedConsentCallback(query: query) }
    }

    // MARK: Yes

    @Test(
        "with the tenant that was asked says yes",
        arguments: [
            "tenant=\(tenantID(1))&state=S&admin_consent=True",
            "admin_consent=True&tenant=\(tenantID(1))&state=S",
            "admin_consent=True&tenant=\(tenantID(1))&state=S&scope=https%3a%2f%2fgraph.microsoft.com%2f.default",
            "tenant=\(tenantID(1))&state=S&admin_consent=true",
            "tenant=\(tenantID(1).description.uppercased())&state=S&admin_consent=TRUE",
            "%74enant=\(tenantID(1))&stat%65=S&admin_consent=Tru%65",
            "session_state=x&utm_source=y&utm_source=z&empty&=&tenant=\(tenantID(1))&state=S&admin_consent=True",
        ])
    func yes(_ query: String) throws {
        let callback = try UnverifiedConsentCallback(query: query)
        #expect(callback.state == Secret("S"))
        #expect(callback.answer(to: Self.attempt) == .approved)
    }

    @Test(
        "from another tenant, or from none that can be read, is misdirected",
        arguments: [
            (tenantID(2).description, tenantID(2)), ("contoso.com", nil), ("", nil), ("common", nil),
            ("00000000-0000-0000-0000-000000000000", nil), ("../x", nil), (tenantID(1).description + "%20", nil),
        ])
    func misdirected(_ tenant: String, _ named: TenantID?) throws {
        #expect(try answer("tenant=\(tenant)&state=S&admin_consent=True") == .misdirected(named))
    }

    // MARK: No

    @Test("that declines carries admin_consent=True and no tenant, and is a no all the same")
    func observedDecline() throws {
        #expect(try answer(Self.decline) == .declined(aadsts: 65004))
    }

    @Test(
        "with an error is a no, even with the right tenant and admin_consent=True",
        arguments: [
            ("error=permission_denied&error_description=The+admin+canceled+the+request", .declined(aadsts: nil)),
            ("error=consent_required&error_description=AADSTS65004%3A+declined", .declined(aadsts: 65004)),
            ("error=access_denied&error_subcode=cancel&error_description=AADSTS65004: x", .requested),
            ("error=access_denied&error_description=AADSTS90095: Admin consent is required", .requested),
            ("error=access_denied", .declined(aadsts: nil)),
            (
                "error=access_denied&error_description=AADSTS50020%3a+User+account",
                .failed(error: "access_denied", aadsts: 50020)
            ),
            ("error=invalid_client&error_description=AADSTS650052", .failed(error: "invalid_client", aadsts: 650052)),
            ("error=server_error", .failed(error: "server_error", aadsts: nil)),
            ("error=access_denied&error_description=AADSTS650041", .failed(error: "access_denied", aadsts: 650041)),
            ("error=access_denied&error_description=see+AADSTS65004", .declined(aadsts: nil)),
        ] as [(String, ConsentAnswer)])
    func errors(_ query: String, _ expected: ConsentAnswer) throws {
        #expect(try answer("\(query)&admin_consent=True&tenant=\(tenantID(1))&state=S") == expected)
        #expect(try answer("state=S&\(query)") == expected)
    }

    @Test("of a service principal in the making is a yes that needs patience")
    func delayed() throws {
        #expect(try answer("error=invalid_client&error_description=AADSTS650051%3a+x&state=S") == .delayed)
    }

    // MARK: What is no answer

    @Test(
        "without a state is refused",
        arguments: [
            "", "tenant=x&admin_consent=True", "state=&admin_consent=True", "state&admin_consent=True", "State=S",
        ])
    func noState(_ query: String) {
        #expect(malformed(query) == .noState)
    }

    @Test("with a state longer than any of ours is refused")
    func longState() {
        #expect(malformed("admin_consent=True&tenant=x&state=" + String(repeating: "a", count: 201)) == .noState)
    }

    @Test(
        "that says neither yes nor no is refused",
        arguments: [
            "state=S", "state=S&tenant=x", "state=S&tenant=x&admin_consent=False", "state=S&tenant=x&admin_consent=1",
            "state=S&admin_consent=True",
        ])
    func notAnAnswer(_ query: String) {
        #expect(malformed(query) == .notAnAnswer)
    }

    @Test(
        "that says something twice is refused",
        arguments: ["state", "tenant", "admin_consent", "error", "error_description"])
    func repeated(_ name: String) {
        #expect(
            malformed("state=S&tenant=x&admin_consent=True&error=e&error_description=d&\(name)=x") == .repeated(name))
    }

    @Test("with a broken escape is refused", arguments: ["state=%4", "state=S&tenant=%ff", "%zz=1&state=S"])
    func badEncoding(_ query: String) {
        #expect(malformed(query) == .badEncoding)
    }

    // MARK: The state

    @Test("ignores a fragment that some browsers leave at the end", arguments: ["#", "#_=_"])
    func fragment(_ fragment: String) throws {
        #expect(try UnverifiedConsentCallback(query: Self.decline + fragment).state == Secret("S"))
    }

    @Test("keeps text that was appended to the state, so that the state is not ours and the answer is refused")
    func appended() throws {
        let query = "admin_consent=True&tenant=\(tenantID(1))&state=S"
        for suffix in ["%23", "%3Fx", "+", "%20", "/"] {
            #expect(try UnverifiedConsentCallback(query: query + suffix).state != Secret("S"), "\(suffix)")
        }
    }

    // MARK: What support staff read

    @Test("that says yes needs no note, and every other answer has one")
    func notes() throws {
        #expect(ConsentAnswer.approved.note == nil && ConsentAnswer.delayed.note == nil)
        let declined = try #require(ConsentAnswer.declined(aadsts: 65004).note)
        #expect(declined.code == "declined" && declined.whoMustAct == .customerAdmin)
        #expect(declined.trace?.aadsts == 65004)
        let failed = try #require(ConsentAnswer.failed(error: "access_denied", aadsts: 50020).note)
        #expect(failed.code == "consent_failed" && failed.detail == AuthorityCode.lookUp(50020)?.meaning)
        let wrong = try #require(ConsentAnswer.misdirected(tenantID(2)).note)
        #expect(wrong.code == "wrong_tenant" && wrong.detail.contains(tenantID(2).description))
        #expect(wrong.whoMustAct == .you)
    }

    @Test("puts nothing into a note that could steer a terminal, and no long text")
    func hostileError() throws {
        let hostile = "x%1b%5b31m%07%0d%0a%00%7f" + String(repeating: "y", count: 5_000)
        let note = try #require(try answer("state=S&error=\(hostile)").note)
        #expect(note.detail.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(note.detail.count < 200)
    }
}
