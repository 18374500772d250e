import Foundation
import Tenancy
import Testing

@Suite("Doctor route")
struct DoctorRouteTests {
    /// The checks of one app, in their order, with their verdicts.
    private func verdicts(_ reply: Reply, of app: String) -> [[String?]] {
        reply.json["items"].elements.filter { $0["app"].string == app }
            .map { [$0["check"].string, $0["verdict"].string] }
    }

    @Test("Without an app there is nothing to look at")
    func nothing() async throws {
        try await withHouse { house in
            let reply = try await house.socket.get("/v1/doctor")
            #expect(reply.status == 200)
            #expect(reply.json["items"] == .array([]))
        }
    }

    @Test("An app is looked over, and what is to be done about it is told to a viewer")
    func app() async throws {
        try await withHouse { house in
            try await house.addApp()
            let reply = try await house.api(as: .viewer).get("/v1/doctor")
            #expect(reply.status == 200)
            #expect(
                verdicts(reply, of: "crm") == [
                    ["audience", "ok"], ["redirect_uri", "ok"], ["redirect_reachable", "ok"], ["credentials", "ok"],
                    ["tokens", "ok"], ["reasons", "finding"], ["authority", "ok"], ["clock", "ok"],
                ])
            let reasons = reply.json["items"].elements.first { $0["check"].string == "reasons" }
            #expect(reasons?["detail"].string?.contains("Group.Read.All") == true)
            #expect(reasons?["next_step"].string != nil)
            #expect(!reply.text.contains("secretcanary"))
        }
    }

    @Test("An app that works in its own tenant only waits for no consent")
    func ownTenant() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let reply = try await house.socket.get("/v1/doctor")
            #expect(
                verdicts(reply, of: "registrar") == [
                    ["audience", "ok"], ["credentials", "ok"], ["tokens", "ok"], ["authority", "ok"], ["clock", "ok"],
                ])
        }
    }

    @Test("Consent that comes back to another place is found")
    func redirect() async throws {
        try await withHouse { house in
            let body = House.appBody.replacing(
                #""name":"crm""#, with: #""name":"crm","redirect_uri":"https://old.test/consent/callback""#)
            #expect(try await house.socket.post("/v1/apps", body).status == 201)
            let found = verdicts(try await house.socket.get("/v1/doctor"), of: "crm")
            #expect(found.contains(["redirect_uri", "finding"]))
            #expect(found.contains(["redirect_reachable", "finding"]))
        }
    }

    @Test("An app that was registered and has no credential yet cannot work")
    func credential() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let reply = try await house.socket.get("/v1/doctor?app=fleet")
            #expect(verdicts(reply, of: "fleet").contains(["credentials", "finding"]))
            let audience = reply.json["items"].elements.first { $0["check"].string == "audience" }
            #expect(audience?["detail"].string?.contains("2027-01-15T08:00:00Z") == true)
        }
    }

    @Test("One app of several is looked over when it is named, and an unknown one is not")
    func named() async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addRegistrar()
            let all = try await house.socket.get("/v1/doctor")
            #expect(Set(all.json["items"].elements.map { $0["app"].string }) == ["crm", "registrar"])
            let one = try await house.socket.get("/v1/doctor?app=registrar")
            #expect(Set(one.json["items"].elements.map { $0["app"].string }) == ["registrar"])
            let none = try await house.socket.get("/v1/doctor?app=hrm")
            #expect(none.status == 404)
            #expect(none.code == "app_unknown")
        }
    }
}
