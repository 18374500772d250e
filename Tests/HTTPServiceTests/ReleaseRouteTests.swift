import Foundation
import Tenancy
import Testing

@Suite("Release routes")
struct ReleaseRouteTests {
    @Test("A draft is compared and published, and who granted less is behind")
    func publish() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let spec = House.spec(of: "crm", roles: ["User.Read.All", "Mail.Read"])
            let draft = try await house.socket.post("/v1/apps/crm/releases", #"{"spec":\#(spec)}"#)
            #expect(draft.status == 201)
            #expect(draft.json["number"].int == 2)
            #expect(draft.json["state"].string == "draft")
            #expect(draft.json["published_at"] == .null)
            #expect(try await house.socket.get("/v1/apps/crm").json["release"].int == 1)

            let difference = try await house.socket.get("/v1/apps/crm/release-difference")
            #expect(difference.status == 200)
            #expect([difference.json["from"].int, difference.json["to"].int] == [1, 2])
            for (name, role) in [("added", "Mail.Read"), ("removed", "Group.Read.All"), ("reworded", "User.Read.All")] {
                #expect(difference.json[name].elements.map { $0["role"].string } == [role], "\(name)")
            }
            let back = try await house.socket.get("/v1/apps/crm/release-difference?from=2&to=1")
            #expect(back.json["added"][0]["role"].string == "Group.Read.All")

            let published = try await house.socket.post("/v1/apps/crm/releases/2/publish", "")
            #expect(published.status == 200)
            #expect(published.json["state"].string == "published")
            #expect(published.json["published_at"].string == "2027-01-15T08:00:00Z")
            #expect(try await house.socket.get("/v1/apps/crm").json["release"].int == 2)
            let list = try await house.socket.get("/v1/apps/crm/releases")
            #expect(list.json["items"].elements.map { $0["number"].int } == [1, 2])
            #expect(list.json["items"][1] == published.json)
            let status = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(status.json["state"].string == "behind")
        }
    }

    @Test("A draft takes the place of the one before")
    func redraft() async throws {
        try await withHouse { house in
            try await house.addApp()
            for role in ["Mail.Read", "Files.Read.All"] {
                let spec = House.spec(of: "crm", roles: [role])
                let reply = try await house.socket.post("/v1/apps/crm/releases", #"{"spec":\#(spec)}"#)
                #expect(reply.status == 201)
                #expect(reply.json["number"].int == 2)
            }
            let list = try await house.socket.get("/v1/apps/crm/releases")
            #expect(list.json["items"].elements.count == 2)
            #expect(list.json["items"][1]["permissions"][0]["role"].string == "Files.Read.All")
        }
    }

    @Test("A draft that says what is published already is none")
    func sameAgain() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let reply = try await house.socket.post("/v1/apps/fleet/releases", #"{"spec":\#(House.spec())}"#)
            #expect(reply.status == 200)
            #expect(reply.json["number"].int == 1)
            #expect(reply.json["state"].string == "published")
            let list = try await house.socket.get("/v1/apps/fleet/releases")
            #expect(list.json["items"] == .array([reply.json]))
        }
    }

    @Test("What the registration does not ask for cannot be published before it is applied")
    func notApplied() async throws {
        try await withHouse { house in
            try await house.addFleet()
            let spec = House.spec(roles: ["User.Read.All", "Mail.Read"])
            #expect(try await house.socket.post("/v1/apps/fleet/releases", #"{"spec":\#(spec)}"#).status == 201)
            let early = try await house.socket.post("/v1/apps/fleet/releases/draft/publish", "")
            #expect(early.status == 409)
            #expect(early.code == "release_not_applied")
            #expect(try await house.apply(#"{"spec":\#(spec)}"#)["state"].string == "succeeded")
            let published = try await house.socket.post("/v1/apps/fleet/releases/draft/publish", "")
            #expect(published.status == 200)
            #expect(published.json["number"].int == 2)
        }
    }

    @Test(
        "A release that is not there, or is no draft, cannot be published",
        arguments: [
            ("1", "release_unknown"), ("9", "release_unknown"), ("draft", "release_unknown"), ("x", "not_found"),
        ])
    func unknownRelease(_ release: String, code: String) async throws {
        try await withHouse { house in
            try await house.addApp()
            let reply = try await house.socket.post("/v1/apps/crm/releases/\(release)/publish", "")
            #expect(reply.status == 404)
            #expect(reply.code == code)
        }
    }

    @Test("The draft that somebody looked at is published, and no other")
    func otherDraft() async throws {
        try await withHouse { house in
            try await house.addApp()
            let spec = House.spec(of: "crm", roles: ["Mail.Read"])
            #expect(try await house.socket.post("/v1/apps/crm/releases", #"{"spec":\#(spec)}"#).status == 201)
            let reply = try await house.socket.post("/v1/apps/crm/releases/3/publish", "")
            #expect(reply.status == 404)
            #expect(reply.code == "release_unknown")
            let list = try await house.socket.get("/v1/apps/crm/releases")
            #expect(list.json["items"][1]["state"].string == "draft")
        }
    }

    @Test(
        "A draft wants a spec of that app which can be read without a directory",
        arguments: [
            (#""crm""#, #""erp""#, "parameter_invalid", nil), (#""role":"#, #""scope":"#, "spec_invalid", "scope"),
            ("User.Read.All", "User.Read", "spec_invalid", "role"),
            (#""role":"#, #""api":"Contoso API","role":"#, "spec_invalid", "api"),
        ] as [(String, String, String, String?)])
    func badDraft(_ good: String, _ bad: String, code: String, member: String?) async throws {
        try await withHouse { house in
            try await house.addApp()
            let spec = House.spec(of: "crm")
            try #require(spec.contains(good))
            let reply = try await house.socket.post(
                "/v1/apps/crm/releases", #"{"spec":\#(spec.replacing(good, with: bad))}"#)
            #expect(reply.status == 400)
            #expect(reply.code == code)
            #expect(reply.json["pointer"].string == member.map { "permissions[0].\($0)" })
            let list = try await house.socket.get("/v1/apps/crm/releases")
            #expect(list.json["items"].elements.count == 1)
        }
    }

    @Test(
        "A comparison wants releases that are there",
        arguments: [
            ("", 200, nil), ("?from=1&to=1", 200, nil), ("?from=9", 404, "release_unknown"),
            ("?to=2", 404, "release_unknown"), ("?from=0", 400, "parameter_invalid"),
            ("?to=x", 400, "parameter_invalid"),
        ] as [(String, Int, String?)])
    func comparison(_ query: String, status: Int, code: String?) async throws {
        try await withHouse { house in
            try await house.addApp()
            let reply = try await house.socket.get("/v1/apps/crm/release-difference\(query)")
            #expect(reply.status == status)
            #expect(reply.code == code)
            if status == 200 {
                for name in ["added", "removed", "reworded"] { #expect(reply.json[name] == .array([])) }
            }
        }
    }

    @Test("A viewer reads releases, and only an admin makes them", arguments: [OperatorRole.viewer, .operator])
    func roles(_ role: OperatorRole) async throws {
        try await withHouse { house in
            try await house.addApp()
            let client = try await house.api(as: role)
            for path in ["releases", "release-difference"] {
                #expect(try await client.get("/v1/apps/crm/\(path)").status == 200)
            }
            for path in ["releases", "releases/draft/publish"] {
                let reply = try await client.post("/v1/apps/crm/\(path)", #"{"spec":\#(House.spec(of: "crm"))}"#)
                #expect(reply.status == 403)
                #expect(reply.code == "forbidden")
            }
        }
    }
}
