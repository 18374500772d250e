import CurlHTTP
import EntraClient
import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@Suite("Administrator sign-in")
struct SignInTests {
    private static let endpoint = "https://login.microsoftonline.com/\(tenantID(1))/oauth2/v2.0/token"

    private func door(_ claims: Claims = .sample) async throws -> SignInDoor {
        let key = try await AuthorityKey.first.value
        return SignInDoor(try key.token(claims), keys: key.jwk())
    }

    @Test("begins at the tenant's own authority, with everything that the answer is held against")
    func url() throws {
        let door = SignInDoor("")
        #expect(
            door.url() == "https://login.microsoftonline.com/\(tenantID(1))/oauth2/v2.0/authorize?client_id=\(guid(9))"
                + "&response_type=code&response_mode=query"
                + "&redirect_uri=https%3A%2F%2Fisv.example%2Fconsent%2Fsigned-in&scope=openid%20profile"
                // The challenge is that of RFC 7636 appendix B.
                + "&state=sample-state&nonce=sample-nonce"
                + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
                + "&prompt=select_account")
        #expect(door.transport.requests.isEmpty)
    }

    @Test("is not begun, nor ended, at a cloud that is not configured")
    func unconfigured() async throws {
        let table = try #require(CloudTable(authority: "https://localhost:1", graph: "https://localhost:2"))
        let door = SignInDoor(table: table, answer: { _ in .idToken("") }, keys: { _ in .json(200, "{}") })
        let sample = AdministratorSignIn.sample
        let china = AdministratorSignIn(
            cloud: .china, tenant: sample.tenant, app: sample.app, clientID: sample.clientID,
            redirectURI: sample.redirectURI, state: sample.state, nonce: sample.nonce,
            codeVerifier: sample.codeVerifier)
        #expect(door.url(china) == nil)
        #expect(await door.refusal(for: china) == .cloudNotConfigured(.china))
        #expect(door.transport.requests.isEmpty)
    }

    @Test("ends with who it was, redeeming the code with the app's secret and the verifier")
    func happyPath() async throws {
        let door = try await door()
        let identity = try await door.redeem()
        #expect(identity.tenant == tenantID(1) && identity.objectID == guid(40) && identity.name == "Alex Admin")
        #expect(identity.mayConsent == true)
        #expect(throws: Never.self) { try identity.requireMayConsent() }
        let requests = door.transport.requests
        #expect(requests.map(\.method) == [.post, .get])
        #expect(
            requests.map(\.url) == [
                Self.endpoint, "https://login.microsoftonline.com/\(tenantID(1))/discovery/v2.0/keys",
            ])
        #expect(
            requests[0].form == "client_id=\(guid(9))&grant_type=authorization_code&code=s3cret-code"
                + "&redirect_uri=https%3A%2F%2Fisv.example%2Fconsent%2Fsigned-in"
                + "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk&scope=openid%20profile"
                + "&client_secret=s3cr3t~%26%3D%2B%20%25")
    }

    @Test("redeems with a certificate's assertion for that very endpoint")
    func certificate() async throws {
        let key = try await AuthorityKey.first.value
        let app = try CertificateIdentity.selfSigned(commonName: "isv", validFor: .seconds(86_400), now: testTime)
        let credential = ClientCredential.certificate(
            der: app.certificate.der, privateKey: Secret(try app.privateKey.pkcs8DER()))
        let token = try key.token(.sample)
        let door = SignInDoor(
            credentials: [credential], answer: { _ in .idToken(token) },
            keys: { _ in .json(200, #"{"keys":[\#(key.jwk())]}"#) })
        _ = try await door.redeem()
        let form = door.transport.requests[0].form
        #expect(!form.contains("client_secret"))
        let assertion = try #require(form.split(separator: "client_assertion=").last)
        let payload = try #require(Base64URL.decode(assertion.split(separator: ".")[1]))
        #expect(
            String(decoding: payload, as: UTF8.self).replacing("\\/", with: "/").contains(
                "\"aud\":\"\(Self.endpoint)\""))
    }

    @Test("at an authority of one's own takes that authority's issuer, and Microsoft's no longer")
    func ownAuthority() async throws {
        let key = try await AuthorityKey.first.value
        let table = try #require(CloudTable(authority: "https://localhost:8443", graph: "https://localhost:8444"))
        for (authority, fits) in [("https://localhost:8443", true), ("https://login.microsoftonline.com", false)] {
            let token = try key.token(Claims(authority: authority))
            let door = SignInDoor(
                table: table, answer: { _ in .idToken(token) },
                keys: { _ in .json(200, #"{"keys":[\#(key.jwk())]}"#) })
            #expect(await door.refusal() == (fits ? nil : .unverifiable(.issuer)))
            #expect(door.transport.requests.allSatisfy { $0.url.hasPrefix("https://localhost:8443/\(tenantID(1))/") })
        }
    }

    @Test(
        "says what the account may do: consent, not consent, or that nobody can tell",
        arguments: [
            (#"["e8611ab8-c189-46e8-94e1-60213ab1f814"]"#, true),
            (#"["b79fbf4d-3ef9-4689-8143-76b194e85509","62E90394-69F5-4237-9190-012177145E10"]"#, true),
            (#"["b79fbf4d-3ef9-4689-8143-76b194e85509"]"#, false), ("[]", false), (nil, nil),
        ] as [(String?, Bool?)])
    func roles(_ wids: String?, _ mayConsent: Bool?) async throws {
        let identity = try await door(.sample.with("wids", wids)).redeem()
        #expect(identity.mayConsent == mayConsent)
        if mayConsent == false {
            #expect(throws: AdministratorSignInError.notAnAdministrator(tenantID(1))) {
                try identity.requireMayConsent()
            }
        } else {
            #expect(throws: Never.self) { try identity.requireMayConsent() }
        }
    }

    @Test("that does not tell roles, of a guest, is no administrator's; one of the tenant's own accounts may be")
    func guests() async throws {
        for (provider, mayConsent) in [
            (#""https://sts.windows.net/\#(tenantID(2))/""#, false), (#""live.com""#, false), ("null", false),
            (#""https://sts.windows.net/\#(tenantID(1))/""#, nil), (nil, nil),
        ] as [(String?, Bool?)] {
            let claims = Claims.sample.with("wids", nil).with("idp", provider)
            #expect(try await door(claims).redeem().mayConsent == mayConsent, "\(provider ?? "none")")
        }
    }

    @Test(
        "shows a name that cannot spoil a page or a terminal",
        arguments: [
            (#""A\u001b[31m\u202eB""#, "A[31mB"),
            (#""\#(String(repeating: "x", count: 500))""#, String(repeating: "x", count: 100)),
            ("7", nil), (#""""#, nil), (nil, nil),
        ] as [(String?, String?)])
    func name(_ claim: String?, _ name: String?) async throws {
        #expect(try await door(.sample.with("name", claim)).redeem().name == name)
    }

    // MARK: Refusals

    @Test("tries the next credential with the same code when the authority rejects the first, and remembers that")
    func nextCredential() async throws {
        let key = try await AuthorityKey.first.value
        let token = try key.token(.sample)
        let door = SignInDoor(
            credentials: [.secret(Secret("old")), .secret(Secret("new"))],
            answer: {
                $0.form.contains("client_secret=old")
                    ? Replies.error(401, "invalid_client", 7_000_222) : .idToken(token)
            },
            keys: { _ in .json(200, #"{"keys":[\#(key.jwk())]}"#) })
        _ = try await door.redeem()
        #expect(door.credentials.rejected == [7_000_222])
        #expect(door.transport.requests.count { $0.form.contains("code=s3cret-code") } == 2)
    }

    @Test("without a usable credential says so, and blames no tenant")
    func noCredential() async throws {
        let door = SignInDoor(credentials: [], answer: { _ in .idToken("") }, keys: { _ in .json(200, "{}") })
        #expect(await door.refusal() == .credentialUnusable("There is none yet."))
        #expect(door.transport.requests.isEmpty)
        let rejected = SignInDoor(
            answer: { _ in Replies.error(401, "invalid_client", 7_000_215) }, keys: { _ in .json(200, "{}") })
        let refusal = try #require(await rejected.refusal())
        #expect(refusal.problem.code == "our_credential" && refusal.problem.trace?.aadsts == 7_000_215)
    }

    @Test("that the authority refuses names its code, and is not tried again")
    func refused() async throws {
        let door = SignInDoor(
            answer: { _ in Replies.error(400, "invalid_grant", 54_005) }, keys: { _ in .json(200, "{}") })
        let refusal = try #require(await door.refusal())
        #expect(refusal.problem.code == "sign_in_refused" && refusal.problem.detail.contains("AADSTS54005"))
        #expect(refusal.problem.trace?.correlationID == guid(6).description)
        #expect(door.transport.requests.count == 1)
    }

    @Test(
        "that the authority has no time for can be tried again",
        arguments: [
            .json(429, "Too Many Requests"), .json(503, "<html>"), .json(302, ""), .failure(.timedOut),
            Replies.error(400, "temporarily_unavailable", 90_033), .json(400, "<html>"),
        ] as [ScriptedTransport.Answer])
    func unavailable(_ answer: ScriptedTransport.Answer) async throws {
        let door = SignInDoor(answer: { _ in answer }, keys: { _ in .json(200, "{}") })
        let refusal = try #require(await door.refusal())
        #expect(refusal.problem.code == "authority_unavailable" && refusal.problem.isRetryable)
    }

    @Test("with a code of no size or of any size is refused before anybody is asked", arguments: [0, 8_193, 100_000])
    func codeSize(_ count: Int) async throws {
        let door = try await door()
        await #expect(throws: AdministratorSignInError.self) {
            try await door.redeem(String(repeating: "c", count: count))
        }
        #expect(door.transport.requests.isEmpty)
        #expect(try await door.redeem(String(repeating: "c", count: 8_192)).objectID == guid(40))
    }

    @Test("tells none of its secrets, whatever fails")
    func secrets() async throws {
        let errors: [AdministratorSignInError] =
            AdministratorSignInError.Flaw.allCases.map { .unverifiable($0) } + [
                .unavailable("it timed out"), .notAnAdministrator(tenantID(1)), .cloudNotConfigured(.china),
            ]
        for error in errors {
            let text = "\(error)"
            #expect(text.hasSuffix(".") && error.problem.detail.hasSuffix("."))
            for secret in ["sample-nonce", "sample-state", "s3cret", "dBjft"] { #expect(!text.contains(secret)) }
        }
        let printed = "\(AdministratorSignIn.sample)" + String(reflecting: AdministratorSignIn.sample)
        #expect(!printed.contains("sample-nonce") && !printed.contains("sample-state") && !printed.contains("dBjft"))
    }
}
