import Foundation
import Testing

@Suite("Credentials of an application")
struct ApplicationCredentialTests {
    private func key(_ certificate: ClientCertificate, _ changes: [String: Any] = [:]) -> [String: Any] {
        var key: [String: Any] = [
            "type": "AsymmetricX509Cert", "usage": "Verify", "key": certificate.der.base64EncodedString(),
        ]
        key.merge(changes) { $1 }
        return key
    }

    /// The JWT that proves possession of a key, with these claims changed.
    private func proof(
        _ certificate: ClientCertificate, app: String, _ changes: [String: String] = [:], alg: String = "PS256",
        signer: ClientCertificate? = nil
    ) throws -> String {
        var forge = AssertionForge(certificate, audience: "00000002-0000-0000-c000-000000000000")
        if alg == "RS256" {
            forge.header = ["typ": "JWT", "alg": "RS256", "x5t": certificate.sha1.base64URL]
        }
        forge.claims["iss"] = "\"\(app)\""
        forge.claims["sub"] = nil
        forge.claims["nbf"] = "1800000010"
        forge.claims["exp"] = "1800000610"
        forge.claims.merge(changes) { $1 }
        return try forge.signed(by: signer ?? certificate)
    }

    @Test("A secret is shown once, works, and can be taken away")
    func secret() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(graph)
            let made = try await graph.send(
                "POST", "/applications/\(id)/addPassword", ["passwordCredential": ["displayName": "first"]])
            #expect(made.status == 200)
            let text = try #require(made.json["secretText"] as? String)
            #expect(text.count == 40)
            #expect(text.contains("~") && text.contains("."))
            #expect(made.json["hint"] as? String == String(text.prefix(3)))
            #expect(made.json["endDateTime"] as? String == "2029-01-14T08:00:10Z")
            let shown = try await graph.get("/applications/\(id)")
            #expect(!shown.text.contains(text))
            let listed = try #require((shown.json["passwordCredentials"] as? [[String: Any]])?.first)
            #expect(listed["secretText"] is NSNull)
            #expect(listed["displayName"] as? String == "first")
            let keyID = try #require(made.json["keyId"] as? String)
            #expect(listed["keyId"] as? String == keyID)
            #expect(try await publisher.token(appID, secret: text).status == 200)
            let history = try await publisher.cloud.wire.control("GET", "/requests?endpoint=token")
            let last = try #require((history.json["requests"] as? [[String: Any]])?.last)
            #expect(last["key_id"] as? String == keyID)
            #expect(!history.text.contains(text))
            let state = try await publisher.cloud.wire.control("GET", "/state")
            #expect(!state.text.contains(text))
            let removed = try await graph.send("POST", "/applications/\(id)/removePassword", ["keyId": keyID])
            #expect(removed.status == 204)
            #expect(try await publisher.token(appID, secret: text).code == 7_000_215)
            let again = try await graph.send("POST", "/applications/\(id)/removePassword", ["keyId": keyID])
            #expect(again.status == 400)
            #expect(again.graphCode == "Request_BadRequest")
        }
    }

    @Test("A secret ends when it was told to")
    func expiry() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(graph)
            let path = "/applications/\(id)/addPassword"
            let made = try await graph.send(
                "POST", path, ["passwordCredential": ["endDateTime": "2027-01-15T08:01:00.5Z"]])
            let text = try #require(made.json["secretText"] as? String)
            #expect(try await publisher.token(appID, secret: text).status == 200)
            publisher.cloud.clock.advance(seconds: 60)
            #expect(try await publisher.token(appID, secret: text).code == 7_000_222)
            let later = try await graph.send(
                "POST", path, ["passwordCredential": ["startDateTime": "2027-01-15T08:10:00Z"]])
            let next = try #require(later.json["secretText"] as? String)
            #expect(try await publisher.token(appID, secret: next).code == 7_000_222)
            publisher.cloud.clock.advance(seconds: 600)
            #expect(try await publisher.token(appID, secret: next).status == 200)
            for bad in ["2020-01-01T00:00:00Z", "soon"] {
                let refused = try await graph.send("POST", path, ["passwordCredential": ["endDateTime": bad]])
                #expect(refused.status == 400)
            }
            #expect(try await graph.send("POST", path, ["password": "x"]).status == 400)
        }
    }

    @Test("A certificate is registered by PATCH, and its bytes are shown only when asked for")
    func certificate() async throws {
        let certificate = try ClientCertificate.current()
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(graph)
            let changed = try await graph.send(
                "PATCH", "/applications/\(id)", ["keyCredentials": [key(certificate)]])
            #expect(changed.status == 204)
            let plain = try await graph.get("/applications/\(id)").json["keyCredentials"] as? [[String: Any]]
            #expect(plain?.first?["key"] is NSNull)
            #expect(plain?.first?["customKeyIdentifier"] as? String == certificate.sha1.base64EncodedString())
            let selected = try await graph.get("/applications/\(id)?$select=id,keyCredentials")
            let shown = (selected.json["keyCredentials"] as? [[String: Any]])?.first
            #expect(shown?["key"] as? String == certificate.der.base64EncodedString())
            let list = try await graph.get("/applications?$filter=appId eq '\(appID)'&$select=keyCredentials")
            #expect(((list.values.first?["keyCredentials"] as? [[String: Any]])?.first?["key"]) is NSNull)
            #expect(try await signIn(appID, certificate, publisher).status == 200)
        }
    }

    @Test("A PATCH keeps the certificates it names by identifier, and drops the rest")
    func replacing() async throws {
        let first = try ClientCertificate.current()
        let second = try ClientCertificate.other()
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(graph, ["keyCredentials": [key(first)]])
            let keyID = try #require(try await keyIDs(id, graph).first)
            let kept = try await graph.send(
                "PATCH", "/applications/\(id)", ["keyCredentials": [["keyId": keyID], key(second)]])
            #expect(kept.status == 204)
            #expect(try await keyIDs(id, graph).count == 2)
            #expect(try await signIn(appID, first, publisher).status == 200)
            #expect(try await signIn(appID, second, publisher).status == 200)
            let dropped = try await graph.send(
                "PATCH", "/applications/\(id)", ["keyCredentials": [key(second)]])
            #expect(dropped.status == 204)
            #expect(try await keyIDs(id, graph).count == 1)
            #expect(try await signIn(appID, first, publisher).code == 700_027)
            #expect(try await signIn(appID, second, publisher).status == 200)
            let unknown = try await graph.send(
                "PATCH", "/applications/\(id)", ["keyCredentials": [["keyId": keyID]]])
            #expect(unknown.status == 400)
            #expect(try await keyIDs(id, graph).count == 1)
        }
    }

    @Test(
        "A certificate of the wrong kind or time is refused",
        arguments: [
            ["type": "Symmetric"], ["usage": "Sign"], ["endDateTime": "2050-01-01T00:00:00Z"], ["key": "!"],
            ["startDateTime": "2049-01-01T00:00:00Z"], ["keyId": "x"], ["colour": "red"],
        ])
    func badCertificate(change: [String: String]) async throws {
        let certificate = try ClientCertificate.current()
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let body = ["displayName": "x", "keyCredentials": [key(certificate, change)]] as [String: Any]
            #expect(try await graph.send("POST", "/applications", body).status == 400)
        }
    }

    @Test("An application without any permission rolls its own certificate with proof", arguments: ["PS256", "RS256"])
    func roll(alg: String) async throws {
        let first = try ClientCertificate.current()
        let second = try ClientCertificate.other()
        try await Publisher.run { publisher in
            let admin = try await publisher.graph(as: .admin)
            let (id, appID) = try await publisher.registered(admin, ["keyCredentials": [key(first)]])
            let own = GraphClient(
                wire: publisher.cloud.wire, token: try await signIn(appID, first, publisher).accessToken)
            let added = try await own.send(
                "POST", "/applications/\(id)/addKey",
                [
                    "keyCredential": key(second), "passwordCredential": NSNull(),
                    "proof": try proof(first, app: id, alg: alg),
                ])
            #expect(added.status == 200, "\(added.text)")
            #expect(added.json["key"] is NSNull)
            #expect(try await signIn(appID, second, publisher).status == 200)
            let keyID = try #require(try await keyIDs(id, admin).first)
            let removed = try await own.send(
                "POST", "/applications/\(id)/removeKey", ["keyId": keyID, "proof": try proof(second, app: id)])
            #expect(removed.status == 204)
            #expect(try await signIn(appID, first, publisher).code == 700_027)
            let again = try await own.send(
                "POST", "/applications/\(id)/removeKey", ["keyId": keyID, "proof": try proof(second, app: id)])
            #expect(again.status == 400)
            #expect(try await own.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 403)
        }
    }

    /// A proof that proves nothing.
    enum BadProof: CaseIterable {
        case wrongAudience, issuedByClientID, expired, tooLong, notYet, noStart, foreignKey, unknownKey, noKey, nonsense
    }

    @Test("A proof that proves nothing adds no key", arguments: BadProof.allCases)
    func badProof(kind: BadProof) async throws {
        let first = try ClientCertificate.current()
        let second = try ClientCertificate.other()
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            let (id, appID) = try await publisher.registered(graph, ["keyCredentials": [key(first)]])
            let text =
                switch kind {
                case .wrongAudience: try proof(first, app: id, ["aud": "\"https://graph.microsoft.com\""])
                case .issuedByClientID: try proof(first, app: appID)
                case .expired: try proof(first, app: id, ["nbf": "1799999000", "exp": "1799999600"])
                case .tooLong: try proof(first, app: id, ["exp": "1800000700"])
                case .notYet: try proof(first, app: id, ["nbf": "1800000400", "exp": "1800000800"])
                case .noStart: try proof(first, app: id, ["nbf": "null"])
                case .foreignKey: try proof(first, app: id, signer: second)
                case .unknownKey: try proof(second, app: id)
                case .noKey: "e30.e30.AAAA"
                case .nonsense: "nonsense"
                }
            let refused = try await graph.send(
                "POST", "/applications/\(id)/addKey", ["keyCredential": key(second), "proof": text])
            #expect(refused.status == 401)
            #expect(refused.graphCode == "Authentication_MissingOrMalformed")
            #expect(try await keyIDs(id, graph).count == 1)
        }
    }

    @Test("The first certificate cannot be added by proof, and no stranger can add one")
    func withoutCertificate() async throws {
        let certificate = try ClientCertificate.current()
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, _) = try await publisher.registered(graph)
            let body: [String: Any] = ["keyCredential": key(certificate), "proof": try proof(certificate, app: id)]
            #expect(try await graph.send("POST", "/applications/\(id)/addKey", body).status == 400)
            #expect(
                try await graph.send("POST", "/applications/\(id)/addKey", ["keyCredential": key(certificate)]).status
                    == 400)
            let stranger = try await publisher.graph(as: .plain)
            #expect(try await stranger.send("POST", "/applications/\(id)/addKey", body).status == 403)
        }
    }

    private func keyIDs(_ id: String, _ graph: GraphClient) async throws -> [String] {
        let keys = try await graph.get("/applications/\(id)").json["keyCredentials"] as? [[String: Any]] ?? []
        return keys.compactMap { $0["keyId"] as? String }
    }

    private func signIn(
        _ appID: String, _ certificate: ClientCertificate, _ publisher: Publisher
    ) async throws -> Reply {
        var forge = AssertionForge(
            certificate, audience: "\(publisher.cloud.login)/\(Publisher.tenant)/oauth2/v2.0/token")
        forge.claims["iss"] = "\"\(appID)\""
        forge.claims["sub"] = "\"\(appID)\""
        return try await publisher.cloud.token(
            tenant: Publisher.tenant,
            [
                "client_id": appID, "client_secret": nil, "client_assertion": try forge.signed(by: certificate),
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ])
    }
}
