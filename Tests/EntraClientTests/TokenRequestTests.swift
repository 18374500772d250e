import CurlHTTP
import EntraClient
import Foundation
import OpenSSLCrypto
import Tenancy
import Testing

@Suite("Token request")
struct TokenRequestTests {
    private static let endpoint = "https://login.microsoftonline.com/\(tenantID(1))/oauth2/v2.0/token"

    @Test("with a secret has exactly the fields of the grant, escaped")
    func secret() async throws {
        let door = TokenDoor(Replies.token())
        try await door.ask()
        #expect(door.requests.count == 1)
        let request = door.requests[0]
        #expect(request.method == .post && request.url == Self.endpoint)
        #expect(
            request.form == "client_id=\(guid(9))&grant_type=client_credentials"
                + "&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret=s3cr3t~%26%3D%2B%20%25")
    }

    @Test("says what it sends and takes, and names itself by a fresh GUID")
    func headers() async throws {
        let door = TokenDoor(Replies.token())
        try await door.ask()
        try await door.ask()
        let request = door.requests[0]
        #expect(request.header("content-type") == "application/x-www-form-urlencoded")
        #expect(request.header("accept") == "application/json")
        #expect(request.header("return-client-request-id") == "true")
        #expect(request.headers.count == 4)
        #expect(request.timeout == .seconds(10) && request.maxResponseBytes == 256 * 1024)
        let ids = door.requests.compactMap { $0.header("client-request-id") }
        #expect(ids.count == 2 && ids[0] != ids[1] && ids.allSatisfy { GUID($0)?.description == $0 })
    }

    @Test(
        "goes to the tenant's own authority in its own cloud",
        arguments: [
            (.usGov, "login.microsoftonline.us"), (.usGovDoD, "login.microsoftonline.us"),
            (.china, "login.partner.microsoftonline.cn"),
        ] as [(Cloud, String)])
    func clouds(_ cloud: Cloud, _ host: String) async throws {
        let door = TokenDoor(Replies.token())
        let key = TokenKey(cloud: cloud, tenant: tenantID(2), clientID: ClientID(guid(9)), resource: graph)
        try await door.send(key)
        #expect(door.requests.map(\.url) == ["https://\(host)/\(tenantID(2))/oauth2/v2.0/token"])
    }

    @Test("is not made for a cloud that is not configured")
    func unconfigured() async throws {
        let table = try #require(CloudTable(authority: "https://localhost:1", graph: "https://localhost:2"))
        let door = TokenDoor(ScriptedTransport(Replies.token()), table: table)
        let key = TokenKey(cloud: .china, tenant: tenantID(1), clientID: ClientID(guid(9)), resource: graph)
        let error = await #expect(throws: TokenError.self) { try await door.ask(key) }
        #expect(error?.reason == .cloudNotConfigured && door.requests.isEmpty)
    }

    // MARK: Certificate

    @Test("with a certificate carries an assertion and no secret")
    func certificateFields() async throws {
        let door = TokenDoor(Replies.token())
        try await door.ask(with: try TestCertificate.credential())
        let fields = door.requests[0].fields
        #expect(
            Set(fields.keys) == ["client_id", "grant_type", "scope", "client_assertion_type", "client_assertion"])
        #expect(fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    }

    @Test("asserts by PS256 and the certificate's SHA-256, for that endpoint and for ten minutes")
    func assertionClaims() async throws {
        let door = TokenDoor(Replies.token())
        try await door.ask(with: try TestCertificate.credential())
        let segments = try #require(door.requests[0].fields["client_assertion"]).split(separator: ".")
        #expect(
            segments.count == 3 && segments.allSatisfy { !$0.contains("=") && !$0.contains("+") && !$0.contains("/") })
        let header = try Assertion.object(segments[0])
        #expect(header["alg"] as? String == "PS256" && header["typ"] as? String == "JWT" && header.count == 3)
        let thumbprint = Base64URL.encode(Digest.sha256(try TestCertificate.identity.get().certificate.der))
        #expect(header["x5t#S256"] as? String == thumbprint)
        let claims = try Assertion.object(segments[1])
        #expect(claims["aud"] as? String == Self.endpoint)
        #expect(claims["iss"] as? String == guid(9).description && claims["sub"] as? String == guid(9).description)
        let issued = Int(testTime.timeIntervalSince1970)
        #expect(claims["iat"] as? Int == issued && claims["exp"] as? Int == issued + 600)
        let start = try #require(claims["nbf"] as? Int)
        #expect(start <= issued && start >= issued - 300, "dated back, by five minutes at most")
        #expect((claims["jti"] as? String).flatMap { GUID($0) } != nil && claims.count == 7)
    }

    @Test("asserts with a signature that the openssl command accepts, and no other text passes with it")
    func signature() async throws {
        let door = TokenDoor(Replies.token())
        try await door.ask(with: try TestCertificate.credential())
        let segments = try #require(door.requests[0].fields["client_assertion"]).split(separator: ".")
        let signature = try #require(Base64URL.decode(segments[2]))
        try await OpenSSLCommand.inTemporaryDirectory { openssl in
            try openssl.write(try TestCertificate.identity.get().certificate.der, to: "cert.der")
            try openssl.write(signature, to: "signature")
            try openssl.write("\(segments[0]).\(segments[1])".utf8, to: "message")
            try openssl.write("\(segments[0]).\(segments[1])x".utf8, to: "other")
            let key = try await openssl("x509 -inform DER -in cert.der -noout -pubkey")
            try openssl.write(key.utf8, to: "key.pem")
            let verify =
                "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -verify key.pem "
                + "-signature signature "
            #expect(try await openssl(verify + "message").contains("Verified OK"))
            await #expect(throws: OpenSSLCommand.Failed.self) { try await openssl(verify + "other") }
        }
    }

    @Test("is not made with a certificate that has expired, at the very instant or later", arguments: [0.0, 1])
    func expired(_ late: TimeInterval) async throws {
        let credential = try TestCertificate.credential()
        let end = try TestCertificate.identity.get().certificate.notAfter
        let door = TokenDoor(ScriptedTransport(Replies.token()), clock: WallClock { end + late })
        let error = await door.refusal(with: credential)
        guard case .credentialUnusable(let why) = error?.reason else {
            Issue.record("an expired certificate was used: \(String(describing: error))")
            return
        }
        #expect(why.contains("expired") && door.requests.isEmpty)
    }

    @Test("is not made with a credential that is no certificate, and does not show it")
    func brokenCertificate() async {
        let door = TokenDoor(Replies.token())
        let error = await door.refusal(with: .certificate(der: [1, 2], privateKey: Secret([3, 4])))
        #expect(error?.problem.code == "our_credential" && door.requests.isEmpty)
    }
}
