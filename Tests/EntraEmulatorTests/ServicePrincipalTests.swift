import Foundation
import Testing

@Suite("Service principals of Graph")
struct ServicePrincipalTests {
    @Test("A principal is made once, and only for an application that exists")
    func create() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let made = try await graph.send("POST", "/applications", ["displayName": "Fleet"])
            let appID = try #require(made.json["appId"] as? String)
            let principal = try await graph.send("POST", "/servicePrincipals", ["appId": appID, "tags": ["t"]])
            #expect(principal.status == 201)
            #expect(principal.json["appOwnerOrganizationId"] as? String == Publisher.tenant)
            #expect(principal.json["servicePrincipalType"] as? String == "Application")
            let id = try #require(principal.json["id"] as? String)
            let twice = try await graph.send("POST", "/servicePrincipals", ["appId": appID])
            #expect(twice.status == 409)
            #expect(twice.graphCode == "Request_MultipleObjectsWithSameKeyValue")
            let unknown = try await graph.send("POST", "/servicePrincipals", ["appId": Publisher.tenant])
            #expect(unknown.status == 400)
            #expect(unknown.graphDetails == ["NoBackingApplicationObject"])
            for path in ["/servicePrincipals/\(id)", "/servicePrincipals(appId='\(appID)')"] {
                #expect(try await graph.get(path).json["id"] as? String == id)
            }
            let filters = [
                "appId eq '\(appID)'", "displayName eq 'Fleet'", "servicePrincipalNames/any(n:n eq '\(appID)')",
            ]
            for filter in filters {
                let list = try await graph.get("/servicePrincipals?$filter=\(filter)")
                #expect(list.values.map { $0["id"] as? String } == [id], "\(filter)")
            }
            #expect(try await graph.send("PATCH", "/servicePrincipals/\(id)", ["accountEnabled": false]).status == 204)
            #expect(try await graph.get("/servicePrincipals/\(id)").json["accountEnabled"] as? Bool == false)
            #expect(try await graph.send("DELETE", "/servicePrincipals/\(id)").status == 204)
            #expect(try await graph.get("/servicePrincipals/\(id)").status == 404)
        }
    }

    @Test("Microsoft Graph is a principal of every tenant, with another object identifier in each")
    func resources() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .reader)
            let shown = try await graph.get("/servicePrincipals(appId='\(Publisher.graphAppID)')?$select=id,appRoles")
            let roles = try #require(shown.json["appRoles"] as? [[String: Any]])
            let role = roles.first { $0["value"] as? String == "User.Read.All" }
            #expect(role?["id"] as? String == Publisher.userReadAll)
            #expect(role?["allowedMemberTypes"] as? [String] == ["Application"])
            let named = try await graph.get(
                "/servicePrincipals?$filter=servicePrincipalNames/any(n:n eq 'https://graph.microsoft.com')")
            #expect(named.values.first?["id"] as? String == shown.json["id"] as? String)
            let scopes = named.values.first?["oauth2PermissionScopes"] as? [[String: Any]] ?? []
            #expect(scopes.contains { $0["id"] as? String == "e1fe6dd8-ba31-4d61-89e7-88639da4683d" })
        }
    }

    @Test("A grant shows at both ends, reaches tokens, and can be taken back")
    func grant() async throws {
        try await Publisher.run { publisher in
            let admin = try await publisher.graph(as: .admin)
            let (id, appID) = try await publisher.registered(admin)
            let secret = try await admin.send("POST", "/applications/\(id)/addPassword", [:])
            let text = try #require(secret.json["secretText"] as? String)
            let client = try await principalID(appID, admin)
            let resource = try await principalID(Publisher.graphAppID, admin)
            let grant = ["principalId": client, "resourceId": resource, "appRoleId": Publisher.userReadAll]
            let made = try await admin.send("POST", "/servicePrincipals/\(resource)/appRoleAssignedTo", grant)
            #expect(made.status == 201, "\(made.text)")
            #expect(made.json["principalDisplayName"] as? String == "Fleet")
            #expect(try await publisher.token(appID, secret: text).claims["roles"] as? [String] == ["User.Read.All"])
            for (principal, path) in [(resource, "appRoleAssignedTo"), (client, "appRoleAssignments")] {
                let address = "/servicePrincipals/\(principal)/\(path)"
                let list = try await admin.get(address).values
                #expect(list.contains { $0["id"] as? String == made.json["id"] as? String }, "\(path)")
                let twice = try await admin.send("POST", address, grant)
                #expect(twice.status == 400)
                #expect(twice.graphMessage == "Permission being assigned already exists on the object")
                var unknown = grant
                unknown["appRoleId"] = Publisher.tenant
                #expect(try await admin.send("POST", address, unknown).status == 400)
            }
            let narrow = "/servicePrincipals/\(client)/appRoleAssignments?$filter=resourceId eq"
            #expect(try await admin.get("\(narrow) \(resource)").values.count == 1)
            #expect(try await admin.get("\(narrow) \(client)").values.isEmpty)
            #expect(try await admin.get("\(narrow) x").status == 400)
            let object = try await admin.get("/directoryObjects/\(client)")
            #expect(object.json["@odata.type"] as? String == "#microsoft.graph.servicePrincipal")
            let other = try await admin.send("POST", "/servicePrincipals/\(client)/appRoleAssignedTo", grant)
            #expect(other.status == 400)
            let assignment = try #require(made.json["id"] as? String)
            let path = "/servicePrincipals/\(resource)/appRoleAssignedTo/\(assignment)"
            #expect(try await admin.send("DELETE", path).status == 204)
            #expect(try await publisher.token(appID, secret: text).claims["roles"] == nil)
            #expect(try await admin.send("DELETE", path).status == 404)
        }
    }

    @Test("Granting takes its own permission")
    func denied() async throws {
        try await Publisher.run { publisher in
            let owner = try await publisher.graph(as: .owner)
            let (_, appID) = try await publisher.registered(owner)
            let client = try await principalID(appID, owner)
            let resource = try await principalID(Publisher.graphAppID, owner)
            let reply = try await owner.send(
                "POST", "/servicePrincipals/\(resource)/appRoleAssignedTo",
                ["principalId": client, "resourceId": resource, "appRoleId": Publisher.userReadAll])
            #expect(reply.status == 403)
            let foreign = try await owner.send(
                "POST", "/servicePrincipals", ["appId": "11111111-2222-4333-8444-000000000009"])
            #expect(foreign.status == 403)
            #expect(try await owner.send("DELETE", "/servicePrincipals/\(resource)").status == 403)
        }
    }

    @Test("The roles that applications name, and those a resource lists, have identifiers of their own")
    func madeUpRoles() async throws {
        let knobs = """
            "resources": [{"app_id": "cccccccc-0000-4000-8000-000000000001", "identifiers": ["api://orders"],
             "roles": ["Orders.Read"]}]
            """
        try await Publisher.run(knobs) { publisher in
            _ = try await publisher.cloud.wire.control(
                "POST", "/apps",
                [
                    "client_id": Publisher.App.plain.rawValue,
                    "permissions": [["resource": "api://orders", "roles": ["Orders.Write"]]],
                ])
            let graph = try await publisher.graph(as: .reader)
            let shown = try await graph.get("/servicePrincipals(appId='cccccccc-0000-4000-8000-000000000001')")
            let roles = shown.json["appRoles"] as? [[String: Any]] ?? []
            #expect(roles.compactMap { $0["value"] as? String } == ["Orders.Read", "Orders.Write"])
            #expect(Set(roles.compactMap { $0["id"] as? String }).count == 2)
        }
    }

    private func principalID(_ appID: String, _ graph: GraphClient) async throws -> String {
        try #require(try await graph.get("/servicePrincipals(appId='\(appID)')").json["id"] as? String)
    }
}
