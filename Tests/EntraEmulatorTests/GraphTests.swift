import Foundation
import Testing

@Suite("Graph")
struct GraphTests {
    private func get(_ path: String, _ token: String, _ cloud: TestCloud) async throws -> Reply {
        try await cloud.wire.get("\(cloud.graph)/v1.0\(path)", headers: [("Authorization", "Bearer \(token)")])
    }

    @Test("The organization is the caller's tenant")
    func organization() async throws {
        try await TestCloud.run { cloud in
            let reply = try await get("/organization", cloud.grantedToken(), cloud)
            let value = (reply.json["value"] as? [[String: Any]])?.first
            #expect(value?["id"] as? String == TestCloud.contoso)
            #expect(value?["displayName"] as? String == "Contoso")
            #expect((value?["verifiedDomains"] as? [[String: Any]])?.count == 2)
            #expect(reply.header("request-id") != nil)
        }
    }

    @Test("Users come in pages, the second of which is empty and yet has a next link")
    func paging() async throws {
        try await TestCloud.run { cloud in
            let token = try await cloud.grantedToken()
            var next: String? = "\(cloud.graph)/v1.0/users?$top=5&$select=id,userPrincipalName"
            var sizes: [Int] = []
            var names: Set<String> = []
            while let url = next {
                let reply = try await cloud.wire.get(url, headers: [("Authorization", "Bearer \(token)")])
                let users = reply.json["value"] as? [[String: Any]] ?? []
                sizes.append(users.count)
                names.formUnion(users.compactMap { $0["userPrincipalName"] as? String })
                #expect(users.allSatisfy { $0.count == 2 })
                next = reply.json["@odata.nextLink"] as? String
                #expect(next?.hasPrefix("\(cloud.graph)/v1.0/users?") != false)
            }
            #expect(sizes == [5, 0, 5, 2])
            #expect(names.count == 12)
        }
    }

    @Test("A listing that fits one page is one page", arguments: [12, 13, 999])
    func onePage(top: Int) async throws {
        try await TestCloud.run { cloud in
            let reply = try await get("/users?$top=\(top)", cloud.grantedToken(), cloud)
            #expect((reply.json["value"] as? [Any])?.count == 12)
            #expect(reply.json["@odata.nextLink"] == nil)
        }
    }

    @Test(
        "A query Graph would refuse is refused",
        arguments: [
            "/users?$top=0", "/users?$top=1000", "/users?$select=nothing", "/users?$filter=x", "/nothing",
            "/users?$skiptoken=forged", "/users?$skiptoken=RFNwdAIAAQOTIyMzM3MjAzNjg1NDc3NTgwNy4w",
        ])
    func badQuery(path: String) async throws {
        try await TestCloud.run { cloud in
            let reply = try await get(path, cloud.grantedToken(), cloud)
            #expect(reply.status == 400)
            #expect(reply.graphCode != nil)
        }
    }

    @Test("One user by name; an unknown one is not found")
    func oneUser() async throws {
        try await TestCloud.run { cloud in
            let token = try await cloud.grantedToken()
            let found = try await get("/users/adele.abara@contoso.example?$select=displayName", token, cloud)
            #expect(found.json["displayName"] as? String == "Adele Abara")
            let missing = try await get("/users/nobody@contoso.example", token, cloud)
            #expect(missing.status == 404)
            #expect(missing.graphCode == "Request_ResourceNotFound")
        }
    }

    @Test("A role that the token lacks is denied")
    func denied() async throws {
        try await TestCloud.run { cloud in
            let reply = try await get("/groups", cloud.grantedToken(), cloud)
            #expect(reply.status == 403)
            #expect(reply.graphCode == "Authorization_RequestDenied")
        }
    }

    @Test("Without a good token Graph says where to get one")
    func unauthenticated() async throws {
        try await TestCloud.run { cloud in
            let token = try await cloud.grantedToken()
            let forged = token.dropLast(8) + "AAAAAAAA"
            let orders = cloud.consentLink(["scope": "api://orders/.default"])
            _ = try await cloud.consent(decision: "approve", link: orders)
            let other = try await cloud.token(["scope": "api://orders/.default"]).accessToken
            for header in ["", "Bearer ", "Bearer abc", "Bearer \(forged)", "Bearer \(other)", "Basic x"] {
                let headers = header.isEmpty ? [] : [("Authorization", header)]
                let reply = try await cloud.wire.get("\(cloud.graph)/v1.0/organization", headers: headers)
                #expect(reply.status == 401, "\(header.prefix(10))")
                #expect(reply.graphCode == "InvalidAuthenticationToken")
                #expect(reply.header("www-authenticate")?.contains("authorization_uri=") == true)
            }
        }
    }

    @Test("A token ends at the instant its lifetime is over")
    func expiry() async throws {
        try await TestCloud.run { cloud in
            let token = try await cloud.grantedToken()
            cloud.clock.advance(seconds: 3598)
            #expect(try await get("/organization", token, cloud).status == 200)
            cloud.clock.advance(seconds: 1)
            #expect(try await get("/organization", token, cloud).status == 401)
        }
    }
}
