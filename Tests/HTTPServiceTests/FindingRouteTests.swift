import Foundation
import SQLiteStore
import Tenancy
import TestSupport
import Testing

@Suite("Findings about tokens")
struct FindingRouteTests {
    private func findings(_ house: House) async throws -> [JSONValue] {
        try await house.socket.get("/v1/findings").json["items"].elements
    }

    @Test("A token that was somebody else's is a finding for a week, and the doctor knows of it")
    func mismatch() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            #expect(try await findings(house).isEmpty)
            let key = TokenKey(
                cloud: .public, tenant: TenantID(guid(1)), clientID: ClientID(guid(900)), resource: ScriptedEntra.graph)
            let app = try #require(AppName("crm"))
            for _ in 0..<2 {
                try await house.store.ledger.record(
                    mismatch: "tid", of: key, app: app, trace: AuthorityTrace(aadsts: nil, correlationID: "c0ffee"),
                    at: house.clock.now)
                house.clock.advance(by: 60)
            }
            let finding = try #require(try await findings(house).first)
            #expect(finding["code"].string == "token_mismatch")
            #expect(finding["tenant"].string == "\(guid(1))")
            #expect(finding["who_must_act"].string == "you")
            #expect(finding["since"].string == "2027-01-15T08:00:00Z")
            let detail = try #require(finding["detail"].string)
            for part in ["\(guid(1))", "https://graph.microsoft.com", "'tid'", "2 times", "2027-01-15T08:01:00Z"] {
                #expect(detail.contains(part), "\(part)")
            }
            let checks = try await house.socket.get("/v1/doctor").json["items"].elements
            let tokens = try #require(checks.first { $0["check"].string == "tokens" })
            #expect(tokens["verdict"].string == "finding")
            #expect(tokens["detail"].string == detail)
            #expect(try await house.socket.get("/v1/audit").text.contains("c0ffee"))

            house.clock.advance(by: 7 * 86_400 - 60)
            #expect(try await findings(house).count == 1)
            house.clock.advance(by: 1)
            #expect(try await findings(house).isEmpty)
        }
    }

    @Test("An authority that fails for everybody is a finding until it answers")
    func breaker() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...6)
            for number in 1...6 { try await house.prove(number) }
            house.entra.refuse(.unavailable("it is out"))
            for number in 1...5 {
                let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(number))","claims":{}}"#)
                #expect(reply.status == 503)
            }
            let finding = try #require(try await findings(house).first)
            #expect(finding["code"].string == "authority_down")
            #expect(finding["who_must_act"].string == "nobody_wait")
            let held = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(6))","claims":{}}"#)
            #expect(held.status == 503 && held.code == "authority_down")
            #expect(held.json["retry_after_s"].int.map { (1...6).contains($0) } == true)

            house.entra.grant(["Group.Read.All", "User.Read.All"])
            house.clock.advance(by: 60)
            let reply = try await house.socket.post("/v1/tokens", #"{"tenant":"\#(guid(1))","claims":{}}"#)
            #expect(reply.status == 200)
            #expect(try await findings(house).isEmpty)
        }
    }
}
