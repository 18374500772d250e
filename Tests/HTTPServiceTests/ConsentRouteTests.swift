import Foundation
import Tenancy
import Testing

@Suite("Consent routes")
struct ConsentRouteTests {
    @Test("A link names its page at the public door and Microsoft's page, and ends when it says")
    func link() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            let reply = try await house.socket.post("/v1/tenants/customer1.example/consent-links", "")
            #expect(reply.status == 201)
            #expect(reply.json["expires_at"].string == "2027-01-22T08:00:00Z")
            #expect(reply.json["tenant"].string == "\(guid(1))")
            let link = try Link(reply)
            #expect(link.adminConsentURL.hasPrefix("https://login.microsoft.test/\(guid(1))/"))
            #expect(!link.page.contains(link.state))
            let audit = try await house.socket.get("/v1/audit")
            #expect(!audit.text.contains(link.state))
        }
    }

    @Test(
        "A link lives from one minute to 30 days",
        arguments: [
            (59, 400), (60, 201), (2_592_000, 201), (2_592_001, 400), (-1, 400),
        ])
    func life(_ seconds: Int, status: Int) async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            let reply = try await house.socket.post(
                "/v1/tenants/\(guid(1))/consent-links", #"{"expires_in_s":\#(seconds)}"#)
            #expect(reply.status == status)
            #expect(status == 201 || reply.code == "link_life_invalid")
        }
    }

    @Test("Consent does not cross from cloud to cloud")
    func otherCloud() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(9...9, cloud: .usGov)
            for path in ["consent-links", "verify"] {
                let reply = try await house.socket.post("/v1/tenants/\(guid(9))/\(path)", "{}")
                #expect(reply.status == 409)
                #expect(reply.code == "other_cloud")
            }
            let status = try await house.socket.get("/v1/tenants/\(guid(9))/consent")
            #expect(status.status == 409)
            let list = try await house.socket.get("/v1/consent")
            #expect(list.json["items"].elements.isEmpty)
        }
    }

    @Test("A look that finds every role makes the tenant granted, with its evidence")
    func granted() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let reply = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(reply.json["state"].string == "granted")
            #expect(reply.json["release"].int == 1)
            #expect(reply.json["granted"] == .array([.string("Group.Read.All"), .string("User.Read.All")]))
            #expect(reply.json["missing"] == .array([]))
            #expect(reply.json["who_must_act"] == .null)
            #expect(reply.json["evidence"].elements.allSatisfy { $0["passed"].bool == true })
            let list = try await house.socket.get("/v1/consent")
            #expect(list.json["items"][0]["evidence"] == .null)
            #expect(!reply.text.contains(ScriptedEntra.tokenMark))
        }
    }

    @Test("A look that misses a role says which, and whose move it is")
    func narrowed() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            house.entra.grant(["User.Read.All"])
            let reply = try await house.socket.post("/v1/tenants/\(guid(1))/verify", "")
            #expect(reply.status == 200)
            #expect(reply.json["state"].string == "narrowed")
            #expect(reply.json["missing"] == .array([.string("Group.Read.All")]))
            #expect(reply.json["note"]["code"].string == "roles_missing")
            #expect(reply.json["who_must_act"].string == "customer_admin")
        }
    }

    @Test("A refusing authority is a verdict, told with its code and its ids")
    func refused() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let trace = AuthorityTrace(aadsts: 7_000_229, correlationID: "corr-1", traceID: "trace-1")
            house.entra.refuse(.refused(.consentMissing), trace: trace)
            let doubt = try await house.socket.post("/v1/tenants/\(guid(1))/verify", "{}")
            #expect(doubt.status == 200)
            #expect(doubt.json["state"].string == "granted")
            #expect(doubt.json["next_check_at"].string == "2027-01-15T08:00:10Z")
            house.clock.advance(by: 10)
            let sure = try await house.socket.post("/v1/tenants/\(guid(1))/verify", "{}")
            #expect(sure.json["state"].string == "revoked")
            #expect(sure.json["note"]["aadsts"].int == 7_000_229)
            #expect(sure.json["note"]["correlation_id"].string == "corr-1")
            #expect(sure.json["note"]["trace_id"].string == "trace-1")
            #expect(sure.json["granted"] == .array([]))
        }
    }

    @Test("Every state the tenant goes through fits the contract")
    func untouched() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            let none = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(none.json["state"].string == "none")
            #expect(none.json["who_must_act"].string == "you")
            let link = try await house.makeLink()
            let invited = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(invited.json["state"].string == "invited")
            _ = try await house.answer(link, House.approval)
            let claimed = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(claimed.json["state"].string == "claimed")
            #expect(claimed.json["next_check_at"].string == "2027-01-15T08:00:00Z")
            #expect(claimed.json["evidence"].elements.count == 2)
        }
    }
}
