import Foundation
import Testing

@Suite("Token by certificate")
struct AssertionTests {
    /// A change to the assertion that some SDK makes, or some mistake.
    struct Spelling: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout AssertionForge, ClientCertificate, TestCloud) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout AssertionForge, ClientCertificate, TestCloud) -> Void)
        {
            testDescription = name
            self.change = change
        }
    }

    static let accepted = [
        Spelling("PS256 with x5t#S256, integers (MSAL Go's claims)") { _, _, _ in },
        Spelling("thumbprint in standard base64 with padding (MSAL Go)") { forge, certificate, _ in
            forge.header["x5t#S256"] = certificate.sha256.base64EncodedString()
        },
        Spelling("thumbprint in base64url with padding (MSAL Python)") { forge, certificate, _ in
            forge.header["x5t#S256"] = certificate.sha256.base64URL + "="
        },
        Spelling("times as texts and x5c as one text (MSAL.NET)") { forge, _, _ in
            forge.claims["nbf"] = "\"1800000000\""
            forge.claims["exp"] = "\"1800000600\""
            forge.x5c = "\"MIIB\""
        },
        Spelling("RS256 with x5t, fractions, no nbf (MSAL Python)") { forge, certificate, _ in
            forge.header["alg"] = "RS256"
            forge.header["x5t#S256"] = nil
            forge.header["x5t"] = certificate.sha1.base64URL + "="
            forge.claims["nbf"] = nil
            forge.claims["iat"] = "1800000000.25"
            forge.claims["exp"] = "1800000600.25"
            forge.x5c = "[\"MIIB\"]"
        },
        Spelling("RS256 with x5t#S256 (MSAL Java)") { forge, _, _ in forge.header["alg"] = "RS256" },
        Spelling("both thumbprints") { forge, certificate, _ in forge.header["x5t"] = certificate.sha1.base64URL },
        Spelling("segments with padding (azure-identity, asynchronous)") { forge, _, _ in forge.padSegments = true },
        Spelling("neither iat nor nbf") { forge, _, _ in forge.claims["nbf"] = nil },
        Spelling("audience by domain") { forge, _, cloud in
            forge.claims["aud"] = "\"\(cloud.login)/contoso.example/oauth2/v2.0/token\""
        },
        Spelling("audience in the form of the issuer") { forge, _, cloud in
            forge.claims["aud"] = "\"\(cloud.login)/\(TestCloud.contoso)/v2.0\""
        },
        Spelling("expired four minutes ago") { forge, _, _ in forge.claims["exp"] = "1799999760" },
        Spelling("begins in four minutes") { forge, _, _ in forge.claims["nbf"] = "1800000240" },
    ]

    @Test("Every spelling that SDKs send is accepted", arguments: accepted)
    func acceptance(spelling: Spelling) async throws {
        try await exchange(spelling) { reply in
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.claims["appidacr"] as? String == "2")
        }
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let spelling: Spelling
        let status: Int
        let code: Int
        var reason = ""
        var testDescription: String { spelling.testDescription }
    }

    static let refused = [
        Refusal(
            spelling: Spelling("an EC algorithm") { forge, _, _ in forge.header["alg"] = "ES256" }, status: 401,
            code: 700_027, reason: "Unsupported asymmetric signing algorithm"),
        Refusal(
            spelling: Spelling("no algorithm") { forge, _, _ in forge.header["alg"] = "none" }, status: 401,
            code: 700_027),
        Refusal(
            spelling: Spelling("an unregistered key") { forge, _, _ in
                forge.header["x5t#S256"] = Data(repeating: 7, count: 32).base64URL
            }, status: 401, code: 700_027, reason: "The key was not found."),
        Refusal(
            spelling: Spelling("the thumbprint in hexadecimal") { forge, certificate, _ in
                forge.header["x5t#S256"] = certificate.sha256.map {
                    String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
                }
                .joined()
            }, status: 401, code: 700_027, reason: "The key was not found."),
        Refusal(
            spelling: Spelling("RS256 declared, PSS signed") { forge, _, _ in forge.header["alg"] = "PS384" },
            status: 401, code: 700_027),
        Refusal(
            spelling: Spelling("no thumbprint") { forge, _, _ in forge.header["x5t#S256"] = nil }, status: 400,
            code: 50027),
        Refusal(
            spelling: Spelling("another issuer") { forge, _, _ in forge.claims["iss"] = "\"someone\"" }, status: 401,
            code: 700_021),
        Refusal(
            spelling: Spelling("another subject") { forge, _, _ in forge.claims["sub"] = "\"someone\"" }, status: 401,
            code: 700_021),
        Refusal(
            spelling: Spelling("another tenant's audience") { forge, _, cloud in
                forge.claims["aud"] = "\"\(cloud.login)/fabrikam.example/oauth2/v2.0/token\""
            }, status: 401, code: 700_023),
        Refusal(
            spelling: Spelling("another cloud's audience") { forge, _, _ in
                forge.claims["aud"] = "\"https://login.microsoftonline.us/\(TestCloud.contoso)/oauth2/v2.0/token\""
            }, status: 401, code: 700_023),
        Refusal(
            spelling: Spelling("no audience") { forge, _, _ in forge.claims["aud"] = nil }, status: 401,
            code: 700_023),
        Refusal(
            spelling: Spelling("expired five minutes ago") { forge, _, _ in forge.claims["exp"] = "1799999700" },
            status: 401, code: 700_024),
        Refusal(
            spelling: Spelling("begins in more than five minutes") { forge, _, _ in
                forge.claims["nbf"] = "1800000301"
            }, status: 401, code: 700_024),
        Refusal(
            spelling: Spelling("times beyond all calendars") { forge, _, _ in
                forge.claims["nbf"] = "1e300"
                forge.claims["exp"] = "\"1e301\""
            }, status: 401, code: 700_024),
        Refusal(
            spelling: Spelling("an expiry without end") { forge, _, _ in forge.claims["exp"] = "\"inf\"" }, status: 400,
            code: 50027),
        Refusal(
            spelling: Spelling("no expiry") { forge, _, _ in forge.claims["exp"] = nil }, status: 400, code: 50027),
    ]

    @Test("A mistake in an assertion has its own code", arguments: refused)
    func mistake(refusal: Refusal) async throws {
        try await exchange(refusal.spelling) { reply in
            #expect(reply.status == refusal.status)
            #expect(reply.code == refusal.code)
            #expect(
                (reply.json["error_description"] as? String)?.contains(refusal.reason) == true || refusal.reason.isEmpty
            )
        }
    }

    @Test("A signature by another key is refused with the thumbprint named")
    func forgedSignature() async throws {
        let certificate = try ClientCertificate.current()
        let other = try ClientCertificate.other()
        try await TestCloud.run { cloud in
            try await register(certificate, cloud)
            let forge = AssertionForge(certificate, audience: audience(cloud))
            let reply = try await send(try forge.signed(by: other), cloud)
            #expect(reply.code == 700_027)
            let description = try #require(reply.json["error_description"] as? String)
            #expect(description.contains("[Reason - The provided signature value did not match"))
            let thumbprint = certificate.sha256.map { String(format: "%02X", $0) }.joined()
            #expect(description.contains("Thumbprint of key used by client: '\(thumbprint)'"))
        }
    }

    @Test("A token without a signature is refused", arguments: ["", "AAAA"])
    func missingSignature(signature: String) async throws {
        let certificate = try ClientCertificate.current()
        try await TestCloud.run { cloud in
            try await register(certificate, cloud)
            let signed = try AssertionForge(certificate, audience: audience(cloud)).signed(by: certificate)
            let bare = signed.split(separator: ".").dropLast().joined(separator: ".")
            #expect(try await send("\(bare).\(signature)", cloud).code == 700_027)
        }
    }

    @Test("An expired certificate is refused, and says when it ended")
    func expiredCertificate() async throws {
        let certificate = try ClientCertificate.current()
        try await TestCloud.run { cloud in
            try await register(certificate, cloud)
            cloud.clock.advance(seconds: 86_400)
            var forge = AssertionForge(certificate, audience: audience(cloud))
            forge.claims["exp"] = "1800087000"
            let reply = try await send(try forge.signed(by: certificate), cloud)
            #expect(reply.code == 700_027)
            #expect((reply.json["error_description"] as? String)?.contains("End=2027-01-16 08:00:00Z") == true)
        }
    }

    @Test("One assertion may be sent twice, and needs its type")
    func repetition() async throws {
        let certificate = try ClientCertificate.current()
        try await TestCloud.run { cloud in
            try await register(certificate, cloud)
            let assertion = try AssertionForge(certificate, audience: audience(cloud)).signed(by: certificate)
            #expect(try await send(assertion, cloud).status == 200)
            #expect(try await send(assertion, cloud).status == 200)
            let untyped = try await cloud.token(["client_secret": nil, "client_assertion": assertion])
            #expect(untyped.code == 900_144)
        }
    }

    private func exchange(_ spelling: Spelling, _ check: @Sendable (Reply) -> Void) async throws {
        let certificate = try ClientCertificate.current()
        try await TestCloud.run { cloud in
            try await register(certificate, cloud)
            var forge = AssertionForge(certificate, audience: audience(cloud))
            spelling.change(&forge, certificate, cloud)
            check(try await send(try forge.signed(by: certificate), cloud))
        }
    }

    private func audience(_ cloud: TestCloud) -> String {
        "\(cloud.login)/\(TestCloud.contoso)/oauth2/v2.0/token"
    }

    private func register(_ certificate: ClientCertificate, _ cloud: TestCloud) async throws {
        _ = try await cloud.consent(decision: "approve")
        let reply = try await cloud.wire.control(
            "POST", "/apps", ["client_id": TestCloud.clientID, "certificates": [certificate.pem]])
        try #require(reply.status == 200)
    }

    private func send(_ assertion: String, _ cloud: TestCloud) async throws -> Reply {
        try await cloud.token([
            "client_secret": nil, "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ])
    }
}
