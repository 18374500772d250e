import EntraEmulator
import Foundation
import Testing

@Suite("Sign-in by the control plane")
struct SignInControlTests {
    private func decide(_ body: [String: Any], _ cloud: TestCloud) async throws -> [String: Any] {
        try await cloud.wire.control("POST", "/sign-in", body).json
    }

    @Test("The first administrator signs in, and the callback is told")
    func accept() async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud, tenant: "fabrikam.example")
            let result = try await decide(["url": signIn.link()], cloud)
            #expect(result["outcome"] as? String == "accepted")
            let code = try #require(callbackFields(result["callback"] as? String ?? "")["code"])
            let reply = try await signIn.redeem(code)
            let token = try IDToken(#require(reply.json["id_token"] as? String))
            #expect(token["preferred_username"] == "ada@fabrikam.example")
        }
    }

    @Test("A cancel, and an account that may not sign in here")
    func others() async throws {
        try await TestCloud.run { cloud in
            let link = SignIn(cloud: cloud).link()
            let cancelled = try await decide(["url": link, "decision": "cancel"], cloud)
            #expect(cancelled["outcome"] as? String == "cancelled")
            #expect(callbackFields(cancelled["callback"] as? String ?? "")["error_subcode"] == "cancel")
            let foreign = try await decide(["url": link, "account": "ada@fabrikam.example"], cloud)
            #expect(foreign["outcome"] as? String == "error")
            #expect(foreign["callback"] is NSNull)
            #expect((foreign["error"] as? [String: Any])?["code"] as? Int == 50020)
            let wrong = try await cloud.wire.control("POST", "/sign-in", ["url": cloud.consentLink()])
            #expect(wrong.status == 400)
        }
    }

    @Test(
        "A forged id_token is wrong in one way and once",
        arguments: [
            "signature", "aud", "iss", "tid", "nonce", "expired", "alg_none", "no_wids", "unknown_kid",
        ])
    func forgery(way: String) async throws {
        try await TestCloud.run { cloud in
            let signIn = SignIn(cloud: cloud)
            try await signIn.wantRoles()
            let armed = try await cloud.wire.control("POST", "/tenants/contoso.example/forge", ["id_token": way])
            #expect(armed.status == 201)
            let forged = try await signIn.idToken()
            let isSigned = try await forged.isSigned(cloud)
            #expect(isSigned == !["signature", "alg_none", "unknown_kid"].contains(way))
            #expect((forged["aud"] == TestCloud.clientID) == (way != "aud"))
            #expect((forged["iss"] == "\(cloud.login)/\(TestCloud.contoso)/v2.0") == (way != "iss"))
            #expect((forged["tid"] == TestCloud.contoso) == (way != "tid"))
            #expect((forged["nonce"] == "n-1") == (way != "nonce"))
            let expires = try #require(forged.claims["exp"] as? Int)
            #expect((expires > 1_800_000_000) == (way != "expired"))
            #expect(forged.roles.isEmpty == (way == "no_wids"))
            let next = try await signIn.idToken()
            #expect(try await next.isSigned(cloud))
            #expect(next["nonce"] == "n-1")
        }
    }

    @Test("A forgery waits for its own tenant, can be taken back, and is known by name")
    func forgeries() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.wire.control("POST", "/tenants/fabrikam.example/forge", ["id_token": "aud"])
            #expect(try await SignIn(cloud: cloud).idToken()["aud"] == TestCloud.clientID)
            let cleared = try await cloud.wire.control("DELETE", "/tenants/fabrikam.example/forge")
            #expect((cleared.json["id_token"] as? [String])?.isEmpty == true)
            let strange = try await cloud.wire.control("POST", "/tenants/fabrikam.example/forge", ["id_token": "all"])
            #expect(strange.status == 400)
        }
    }

    @Test("Graph keeps groupMembershipClaims, and refuses what it does not know")
    func groupMembershipClaims() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let app = try await publisher.registered(graph, ["groupMembershipClaims": "DirectoryRole"])
            let shown = try await graph.get("/applications/\(app.id)")
            #expect(shown.json["groupMembershipClaims"] as? String == "DirectoryRole")
            let bad = try await graph.send("PATCH", "/applications/\(app.id)", ["groupMembershipClaims": "wids"])
            #expect(bad.status == 400)
        }
    }

    @Test("Sign-ins are in the history under their own name, and can be made to fail")
    func history() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.wire.control("POST", "/faults", ["endpoint": "sign_in", "kind": "html_500"])
            let link = SignIn(cloud: cloud).link()
            #expect(try await cloud.wire.get(link).status == 500)
            #expect(try await cloud.wire.get(link).status == 200)
            let requests = try await cloud.wire.control("GET", "/requests?endpoint=sign_in").json["requests"]
            let entries = try #require(requests as? [[String: Any]])
            #expect(entries.map { $0["injected"] as? String } == ["html_500", nil])
        }
    }
}
