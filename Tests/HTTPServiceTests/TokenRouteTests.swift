import Foundation
import Tenancy
import TestSupport
import Testing

@Suite("Token route")
struct TokenRouteTests {
    @Test("A proven tenant's token comes out with its life, and the next caller gets the same one")
    func token() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let issued = house.entra.tokensIssued
            let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"customer1.example"}"#)
            #expect(reply.status == 200)
            #expect(reply.json["access_token"].string?.contains(ScriptedEntra.tokenMark) == true)
            #expect(reply.json["expires_in"].int == 3_600)
            #expect(reply.json["expires_at"].string == "2027-01-15T09:00:00Z")
            #expect(reply.json["tenant"].string == "\(guid(1))")
            #expect(reply.json["resource"].string == "https://graph.microsoft.com")
            #expect(reply.header("Cache-Control") == "no-store")
            #expect(house.entra.tokensIssued == issued)
            let audit = try await house.socket.get("/v1/audit")
            #expect(!audit.text.contains(ScriptedEntra.tokenMark))
        }
    }

    @Test("A tenant without proven consent gets none, and nobody is asked for one")
    func unproven() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            _ = try await house.makeLink()
            let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))"}"#)
            #expect(reply.status == 403)
            #expect(reply.code == "consent_required")
            #expect(reply.json["who_must_act"].string == "customer_admin")
            #expect(reply.json["detail"].string?.contains("invited") == true)
            #expect(house.entra.tokensIssued == 0)
        }
    }

    @Test(
        "The least validity is from 0 seconds to a day",
        arguments: [(-1, 400), (0, 200), (86_400, 200), (86_401, 400), (1_000_000_000, 400)])
    func bounds(_ seconds: Int, status: Int) async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let reply = try await house.socket.post(
                "/v1/tokens", #"{"tenant":"\#(guid(1))","min_valid_s":\#(seconds)}"#)
            #expect(reply.status == status)
            #expect(status == 200 || reply.code == "parameter_invalid")
            #expect(status == 200 || reply.json["detail"].string?.contains("'min_valid_s'") == true)
        }
    }

    @Test("A token that would end too soon is replaced, unless it is in the first half of its life")
    func replaced() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let issued = house.entra.tokensIssued
            func life(_ minimum: Int) async throws -> Int? {
                try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","min_valid_s":\#(minimum)}"#)
                    .json["expires_in"].int
            }
            // Before it is due for its refresh.
            house.clock.advance(by: 1_000)
            #expect(try await life(86_400) == 2_600)
            #expect(house.entra.tokensIssued == issued)
            house.entra.refuse(.unavailable("it is out"))
            house.clock.advance(by: 2_000)
            #expect(try await life(599) == 600)
            house.entra.grant(["User.Read.All"])
            #expect(try await life(601) == 3_600)
        }
    }

    @Test("While the authority is out, the old token is handed out to its end, and who insists on more is told so")
    func outage() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let wish = #"{"tenant":"\#(guid(1))"}"#
            let before = try await house.socket.post("/v1/tokens", wish)
            house.entra.refuse(.unavailable("it is out"))
            house.clock.advance(by: 3_590)
            let old = try await house.socket.post("/v1/tokens", wish)
            #expect(old.json["access_token"] == before.json["access_token"])
            #expect(old.json["expires_in"].int == 10)
            let strict = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","min_valid_s":11}"#)
            #expect(strict.status == 503)
            #expect(["authority_unavailable", "authority_down"].contains(strict.code))
            house.clock.advance(by: 10)
            #expect(try await house.socket.post("/v1/tokens", wish).status == 503)
        }
    }

    @Test("Another token than the refused one comes, once, for all who ask")
    func rejected() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let first = try await house.socket.post("/v1/tokens", #"{"tenant":"customer1.example"}"#)
            let token = try #require(first.json["access_token"].string)
            let digest = try #require(first.json["digest"].string)
            #expect(digest == TokenDigest.of(token).description)
            let issued = house.entra.tokensIssued
            for not in [digest, String(digest.dropFirst(7)).uppercased(), digest] {
                let reply = try await house.socket.post(
                    "/v1/tokens", #"{"tenant":"customer1.example","not":"\#(not)"}"#)
                #expect(reply.status == 200)
                #expect(reply.json["access_token"].string != token)
                #expect(reply.json["digest"].string != digest)
            }
            #expect(house.entra.tokensIssued == issued + 1)
        }
    }

    @Test(
        "What a resource demands goes to the authority as it came, in JSON or in Base64",
        arguments: [
            #"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}"#,
            #""{\"access_token\":{\"nbf\":{\"essential\":true,\"value\":\"1\"},\"xms_cc\":{\"values\":[\"cp1\"]}}}""#,
            #""eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxIn0sInhtc19jYyI6eyJ2YWx1ZXMiOlsiY3AxIl19fX0=""#,
        ])
    func claims(_ claims: String) async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let issued = house.entra.tokensIssued
            let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","claims":\#(claims)}"#)
            #expect(reply.status == 200)
            #expect(house.entra.tokensIssued == issued + 1)
            #expect(
                house.entra.lastClaims
                    == #"{"access_token":{"nbf":{"essential":true,"value":"1"},"xms_cc":{"values":["cp1"]}}}"#)
            let next = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))"}"#)
            #expect(next.json["access_token"] == reply.json["access_token"])
        }
    }

    @Test(
        "A digest or claims that are none are refused in words, without repeating them",
        arguments: [
            ("not", #""sha256:12""#), ("not", #""eyJcanary""#), ("not", #""sha256:canaryzz""#),
            ("claims", #""canary""#), ("claims", "[]"), ("claims", "7"), ("claims", #""[]""#), ("claims", "true"),
        ])
    func badWish(_ member: String, _ value: String) async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","\#(member)":\#(value)}"#)
            #expect(reply.status == 400)
            #expect(reply.code == "parameter_invalid")
            #expect(reply.json["detail"].string?.contains("'\(member)'") == true)
            #expect(!reply.text.contains("canary"))
        }
    }

    @Test("What is held back or throttled says when to come again, in both places")
    func retryAfter() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            house.entra.refuse(.throttled(17))
            let wish = #"{"tenant":"\#(guid(1))","claims":{}}"#
            for (seconds, advance) in [("17", 5.0), ("12", 0)] {
                let reply = try await house.socket.post("/v1/tokens", wish)
                #expect(reply.status == 429)
                #expect(reply.header("Retry-After") == seconds)
                #expect(reply.json["retry_after_s"].int == Int(seconds))
                house.clock.advance(by: advance)
            }
            house.entra.refuse(.heldBack(.tenantBusy, 0.5))
            house.clock.advance(by: 20)
            let held = try await house.socket.post("/v1/tokens", wish)
            #expect(held.status == 503 && held.code == "tenant_busy")
            #expect(held.header("Retry-After") == "1")
        }
    }

    @Test("Each caller's first sight of a token is in the audit log, repetitions are not")
    func audited() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let admin = try await house.api(as: .admin)
            let wish = #"{"tenant":"\#(guid(1))"}"#
            for client in [house.socket, admin, house.socket, admin, admin] {
                #expect(try await client.post("/v1/tokens", wish).status == 200)
            }
            let first = try await house.socket.post("/v1/tokens", #"{"tenant":"customer1.example"}"#)
            let second = try await admin.post("/v1/tokens", #"{"tenant":"\#(guid(1))","claims":{}}"#)
            let lines = try await house.socket.get("/v1/audit").json["items"].elements
                .filter { $0["action"].string == "token.get" }
            #expect(lines.map { $0["actor"].string?.prefix(4) } == ["loca", "key:", "key:"])
            let details = lines.compactMap { $0["detail"].string }
            #expect(details[0].contains(try #require(first.json["digest"].string)))
            #expect(details[2].contains(try #require(second.json["digest"].string)))
            #expect(details[2].contains("handed out 3 times"))
        }
    }

    @Test("A tenant that is not known here is unknown, by whatever name")
    func unknown() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            for name in ["\(guid(2))", "customer2.example"] {
                let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(name)"}"#)
                #expect(reply.status == 404 && reply.code == "not_found")
            }
        }
    }

    @Test("A resource that is none is refused", arguments: ["", "graph", "http://graph.example", "https://a b"])
    func badResource(_ resource: String) async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let reply = try await house.socket.post(
                "/v1/tokens", #"{"tenant":"\#(guid(1))","resource":"\#(resource)"}"#)
            #expect(reply.status == 400)
            #expect(reply.code == "parameter_invalid")
            #expect(reply.json["detail"].string?.contains("'resource'") == true)
        }
    }
}
