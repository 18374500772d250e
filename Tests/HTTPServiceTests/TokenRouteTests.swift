import Foundation
import Tenancy
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

    @Test("The least validity is from 0 to 3600 seconds", arguments: [(-1, 400), (0, 200), (3_600, 200), (3_601, 400)])
    func bounds(_ seconds: Int, status: Int) async throws {
        try await withHouse { house in
            house.entra.setLifetime(7_200)
            try await house.addGrantedTenant()
            let reply = try await house.socket.post(
                "/v1/tokens", #"{"tenant":"\#(guid(1))","min_valid_s":\#(seconds)}"#)
            #expect(reply.status == status)
            #expect(status == 200 || reply.code == "parameter_invalid")
            #expect(status == 200 || reply.json["detail"].string?.contains("'min_valid_s'") == true)
        }
    }

    @Test("A token that would end too soon is replaced")
    func replaced() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let issued = house.entra.tokensIssued
            house.clock.advance(by: 3_000)
            let enough = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","min_valid_s":599}"#)
            #expect(enough.json["expires_in"].int == 600)
            #expect(house.entra.tokensIssued == issued)
            let more = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","min_valid_s":601}"#)
            #expect(more.json["expires_in"].int == 3_600)
            #expect(house.entra.tokensIssued == issued + 1)
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
