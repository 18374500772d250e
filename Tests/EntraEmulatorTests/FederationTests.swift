import EntraEmulator
import Foundation
import Testing

@Suite("Token by another issuer's token")
struct FederationTests {
    private static let subject = "repo:a/b:ref:refs/heads/main"
    private static let issuer = "https://workload.emulator.example"

    /// What the token says, against one credential for ``issuer`` and ``subject``.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var issuer: String?
        var subject = FederationTests.subject
        var audience: String?
        /// Changes to the registered credential.
        var credential: [String: String] = [:]
        var waitSeconds: Double = 0
        /// 0 for a token.
        var code = 0
        var status = 401
    }

    static let rows = [
        Row(testDescription: "everything fits", status: 200),
        Row(
            testDescription: "another issuer, which exists", issuer: "https://other.example", code: 700_211),
        Row(
            testDescription: "the issuer with a slash", issuer: "\(issuer)/", code: 700_211),
        Row(
            testDescription: "the issuer registered with white space", credential: ["issuer": "\(issuer) "],
            code: 700_211),
        Row(testDescription: "another subject", subject: "repo:a/b:ref:refs/heads/next", code: 700_213),
        Row(testDescription: "the subject with white space", subject: "\(subject) ", code: 700_213),
        Row(testDescription: "the subject in another case", subject: subject.uppercased(), code: 7_002_138),
        Row(testDescription: "another audience", audience: "https://github.com/a", code: 7_002_121),
        Row(
            testDescription: "the audience in another case", audience: "api://azureadtokenexchange", code: 7_002_121),
        Row(
            testDescription: "an audience of the owner's choice", audience: "api://mine",
            credential: ["audience": "api://mine"], status: 200),
        Row(testDescription: "expired", waitSeconds: 601, code: 700_024),
        Row(testDescription: "within the skew of clocks", waitSeconds: 599, status: 200),
    ]

    @Test("Issuer, subject and audience match exactly or not at all", arguments: rows)
    func matching(row: Row) async throws {
        try await Publisher.run { publisher in
            let (_, appID) = try await trusting(publisher, row.credential)
            let token = try await workloadToken(
                publisher, subject: row.subject, issuer: row.issuer, audience: row.audience)
            publisher.cloud.clock.advance(seconds: row.waitSeconds)
            let reply = try await exchange(token, appID, publisher)
            #expect(reply.status == row.status, "\(reply.text)")
            #expect(reply.code ?? 0 == row.code)
            if row.code == 0 { #expect(reply.claims["appidacr"] as? String == "2") }
        }
    }

    @Test("A credential can trust an issuer that nobody can reach")
    func unreachable() async throws {
        try await Publisher.run { publisher in
            let (_, appID) = try await trusting(publisher, ["issuer": "https://gone.example"])
            let token = try selfMade(["iss": "\"https://gone.example\"", "sub": "\"x\""])
            #expect(try await exchange(token, appID, publisher).code == 50166)
        }
    }

    @Test("A token that its issuer did not sign is refused")
    func forged() async throws {
        try await Publisher.run { publisher in
            let (_, appID) = try await trusting(publisher)
            _ = try await workloadToken(publisher, subject: "x")
            let token = try selfMade(["iss": "\"\(Self.issuer)\"", "sub": "\"\(Self.subject)\""])
            #expect(try await exchange(token, appID, publisher).code == 50013)
        }
    }

    @Test("A token of the authority itself is refused")
    func ownToken() async throws {
        try await Publisher.run { publisher in
            let (_, appID) = try await trusting(publisher)
            let token = try selfMade(["iss": "\"https://sts.windows.net/\(Publisher.tenant)/\"", "sub": "\"x\""])
            #expect(try await exchange(token, appID, publisher).code == 700_222)
        }
    }

    @Test("The history names the credential that was accepted, and its kind")
    func history() async throws {
        try await Publisher.run { publisher in
            let (id, appID) = try await trusting(publisher)
            let graph = try await publisher.graph(as: .owner)
            let path = "/applications/\(id)/federatedIdentityCredentials/ci1"
            let credential = try #require(try await graph.get(path).json["id"] as? String)
            _ = try await exchange(
                try await workloadToken(publisher, subject: Self.subject), appID, publisher)
            let history = try await publisher.cloud.wire.control("GET", "/requests?endpoint=token")
            let last = (history.json["requests"] as? [[String: Any]])?.last
            #expect(last?["auth"] as? String == "federated")
            #expect(last?["key_id"] as? String == credential)
        }
    }

    @Test("A new credential is known to some replicas first")
    func propagation() async throws {
        try await Publisher.run(#""replication_delay_seconds": 0, "secret_propagation_scale": 1"#) { publisher in
            let (_, appID) = try await trusting(publisher)
            let token = try await workloadToken(publisher, subject: Self.subject)
            for (wait, expected) in [(0.0, 0), (4, 1), (7, 2), (7, 3)] {
                publisher.cloud.clock.advance(seconds: wait)
                var accepted = 0
                for _ in 1...3 where try await exchange(token, appID, publisher).status == 200 { accepted += 1 }
                #expect(accepted == expected)
            }
        }
    }

    @Test("A workload token needs a subject, and says who issued it")
    func control() async throws {
        try await Publisher.run { publisher in
            let wire = publisher.cloud.wire
            #expect(try await wire.control("POST", "/workload-tokens", [:]).status == 400)
            let made = try await wire.control("POST", "/workload-tokens", ["subject": "x"])
            #expect(made.status == 201)
            #expect(made.json["issuer"] as? String == Self.issuer)
        }
    }

    /// An application that trusts one subject of the issuer.
    private func trusting(
        _ publisher: Publisher, _ changes: [String: String] = [:]
    ) async throws -> (id: String, appID: String) {
        let graph = try await publisher.graph(as: .owner)
        let (id, appID) = try await publisher.registered(graph)
        let made = try await graph.send(
            "POST", "/applications/\(id)/federatedIdentityCredentials",
            [
                "name": changes["name"] ?? "ci1", "issuer": changes["issuer"] ?? Self.issuer,
                "subject": changes["subject"] ?? Self.subject,
                "audiences": [changes["audience"] ?? "api://AzureADTokenExchange"],
            ])
        try #require(made.status == 201, "\(made.text)")
        return (id, appID)
    }

    private func workloadToken(
        _ publisher: Publisher, subject: String, issuer: String? = nil, audience: String? = nil
    ) async throws -> String {
        var body = ["subject": subject]
        body["issuer"] = issuer
        body["audience"] = audience
        let reply = try await publisher.cloud.wire.control("POST", "/workload-tokens", body)
        return try #require(reply.json["token"] as? String)
    }

    /// A token of anybody's making.
    private func selfMade(_ claims: [String: String]) throws -> String {
        let certificate = try ClientCertificate.current()
        var forge = AssertionForge(certificate, audience: "api://AzureADTokenExchange")
        forge.header = ["typ": "JWT", "alg": "RS256", "kid": "k"]
        forge.claims.merge(claims) { $1 }
        return try forge.signed(by: certificate)
    }

    private func exchange(_ token: String, _ appID: String, _ publisher: Publisher) async throws -> Reply {
        try await publisher.cloud.token(
            tenant: Publisher.tenant,
            [
                "client_id": appID, "client_secret": nil, "client_assertion": token,
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ])
    }
}
