import Foundation
import Testing

@Suite("Graph for a user")
struct DelegatedGraphTests {
    private let all = "Application.ReadWrite.All AppRoleAssignment.ReadWrite.All"

    @Test("A user can ask who they are; an application cannot")
    func me() async throws {
        try await Publisher.run { publisher in
            let norm = try await Device.graph(publisher.cloud, user: "norm@publisher.example", scope: "User.Read")
            let reply = try await norm.get("/me")
            #expect(reply.json["userPrincipalName"] as? String == "norm@publisher.example")
            #expect(try await norm.get("/users").status == 403)
            let customer = try await Device.graph(publisher.cloud, user: "admin@customer.example", scope: "User.Read")
            #expect(try await customer.get("/me").json["userPrincipalName"] as? String == "admin@customer.example")
            #expect(try await publisher.graph(as: .admin).get("/me").status == 400)
        }
    }

    @Test(
        "Managing applications takes the scope and a directory role",
        arguments: [
            ("ada@publisher.example", "Application.ReadWrite.All", 201),
            ("appy@publisher.example", "Application.ReadWrite.All", 201),
            ("norm@publisher.example", "Application.ReadWrite.All", 403),
            ("ada@publisher.example", "User.Read", 403), ("ada@publisher.example", ".default", 201),
        ])
    func applications(user: String, scope: String, status: Int) async throws {
        try await Publisher.run { publisher in
            let graph = try await Device.graph(publisher.cloud, user: user, scope: scope)
            let made = try await graph.send("POST", "/applications", ["displayName": "Mine"])
            #expect(made.status == status)
            guard let id = made.json["id"] as? String else { return }
            let owners = try await graph.get("/applications/\(id)/owners").values
            #expect(owners.first?["userPrincipalName"] as? String == user)
            #expect(owners.first?["@odata.type"] as? String == "#microsoft.graph.user")
        }
    }

    @Test("An owner without a role may change what is theirs")
    func owner() async throws {
        try await Publisher.run { publisher in
            let admin = try await publisher.graph(as: .admin)
            let (id, _) = try await publisher.registered(admin)
            let norm = try await Device.graph(
                publisher.cloud, user: "norm@publisher.example", scope: "\(all) User.Read")
            #expect(try await norm.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 403)
            let me = try #require(try await norm.get("/me?$select=id").json["id"] as? String)
            let link = ["@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/\(me)"]
            #expect(try await admin.send("POST", "/applications/\(id)/owners/$ref", link).status == 204)
            #expect(try await norm.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 204)
        }
    }

    @Test(
        "Granting roles of Graph takes a higher role than managing applications",
        arguments: [("ada@publisher.example", 201), ("appy@publisher.example", 403)])
    func grants(user: String, status: Int) async throws {
        try await Publisher.run { publisher in
            let graph = try await Device.graph(publisher.cloud, user: user, scope: all)
            let (_, appID) = try await publisher.registered(graph)
            let client = try await graph.get("/servicePrincipals(appId='\(appID)')").json["id"]
            let resource = try await graph.get("/servicePrincipals(appId='\(Publisher.graphAppID)')").json["id"]
            let reply = try await graph.send(
                "POST", "/servicePrincipals/\(try #require(resource as? String))/appRoleAssignedTo",
                [
                    "principalId": try #require(client as? String), "resourceId": try #require(resource as? String),
                    "appRoleId": Publisher.userReadAll,
                ])
            #expect(reply.status == status)
        }
    }

    @Test("A customer's administrator makes the principal of a foreign application, and grants it roles after a while")
    func customer() async throws {
        try await Publisher.run { publisher in
            let owner = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(owner)
            let secret = try await owner.send("POST", "/applications/\(id)/addPassword", [:])
            let text = try #require(secret.json["secretText"] as? String)
            let token = { try await publisher.token(appID, secret: text, tenant: Publisher.customer) }
            #expect(try await token().code == 7_000_229)
            let graph = try await Device.graph(publisher.cloud, user: "admin@customer.example", scope: all)
            #expect(try await graph.get("/applications(appId='\(appID)')").status == 404)
            let made = try await graph.send("POST", "/servicePrincipals", ["appId": appID])
            let client = try #require(made.json["id"] as? String, "\(made.text)")
            let resource = try #require(
                try await graph.get("/servicePrincipals(appId='\(Publisher.graphAppID)')").json["id"] as? String)
            #expect(try await token().claims["roles"] == nil)
            let grant = try await graph.send(
                "POST", "/servicePrincipals/\(client)/appRoleAssignments",
                ["principalId": client, "resourceId": resource, "appRoleId": Publisher.userReadAll])
            #expect(grant.status == 201)
            #expect(try await token().claims["roles"] == nil)
            publisher.cloud.clock.advance(seconds: 30)
            #expect(try await token().claims["roles"] as? [String] == ["User.Read.All"])
        }
    }
}
