import Foundation
import Testing

@Suite("Applications of Graph")
struct ApplicationTests {
    private var full: [String: Any] {
        [
            "displayName": "Fleet Sync", "signInAudience": "AzureADMultipleOrgs", "tags": ["a"],
            "web": ["redirectUris": ["http://localhost/back", "https://app.example/back"]],
            "requiredResourceAccess": [
                [
                    "resourceAppId": Publisher.graphAppID,
                    "resourceAccess": [
                        ["id": Publisher.userReadAll, "type": "Role"],
                        ["id": "e1fe6dd8-ba31-4d61-89e7-88639da4683d", "type": "Scope"],
                    ],
                ]
            ],
        ]
    }

    @Test("A new application has two identifiers, and can be found by either and by filter")
    func create() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let made = try await graph.send("POST", "/applications", full)
            #expect(made.status == 201)
            let id = try #require(made.json["id"] as? String)
            let appID = try #require(made.json["appId"] as? String)
            #expect(id != appID)
            #expect((made.json["@odata.context"] as? String)?.hasSuffix("#applications/$entity") == true)
            #expect(made.header("location")?.hasSuffix("/v1.0/applications/\(id)") == true)
            let reader = try await publisher.graph(as: .reader)
            for path in ["/applications/\(id)", "/applications('\(id)')", "/applications(appId='\(appID)')"] {
                let shown = try await reader.get(path)
                #expect(shown.status == 200)
                #expect(shown.json["displayName"] as? String == "Fleet Sync")
                let access = shown.json["requiredResourceAccess"] as? [[String: Any]]
                #expect((access?.first?["resourceAccess"] as? [Any])?.count == 2)
            }
            for filter in ["appId eq '\(appID)'", "displayName eq 'fleet sync'", "startswith(displayName,'Fleet')"] {
                let list = try await reader.get("/applications?$filter=\(filter)&$select=id,appId")
                #expect(list.values.map { $0["id"] as? String } == [id], "\(filter)")
                #expect(list.values.first?.count == 2)
            }
            #expect(try await reader.get("/applications?$filter=displayName eq 'it''s'").values.isEmpty)
            #expect(try await reader.get("/applications").values.count == 6)
            let page = try await reader.get("/applications?$top=2&$count=true")
            #expect(page.values.count == 2)
            #expect(page.json["@odata.count"] as? Int == 6)
        }
    }

    @Test("Only the display name is required, and the audience is then the widest")
    func defaults() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            let made = try await graph.send("POST", "/applications", ["displayName": "Bare"])
            #expect(made.json["signInAudience"] as? String == "AzureADandPersonalMicrosoftAccount")
            #expect((made.json["keyCredentials"] as? [Any])?.isEmpty == true)
        }
    }

    @Test(
        "A body that is not an application is refused",
        arguments: [
            "{", "[]", "{}", #"{"displayName":null}"#, #"{"displayName":"x","dispalyName":"x"}"#,
            #"{"displayName":"x","signInAudience":"Everybody"}"#, #"{"displayName":"x","passwordCredentials":[]}"#,
            #"{"displayName":"x","web":{"redirectUris":["http://app.example"]}}"#,
            #"{"displayName":"x","web":{"redirectUris":"https://app.example"}}"#,
            #"{"displayName":"x","requiredResourceAccess":[{"resourceAppId":"x"}]}"#,
            #"{"displayName":"x","requiredResourceAccess":[{"resourceAppId":"00000003-0000-0000-c000-000000000000","resourceAccess":[{"id":"df021288-bdef-4463-88db-98f22de89214","type":"Rule"}]}]}"#,
            #"{"displayName":"x","keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify"}]}"#,
            #"{"displayName":"x","keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify","key":"AAAA"}]}"#,
            #"{"displayName":"x","uniqueName":7}"#,
        ])
    func malformed(body: String) async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            let reply = try await graph.send("POST", "/applications", data: Data(body.utf8))
            #expect(reply.status == 400, "\(reply.text)")
            #expect(reply.graphCode != nil)
            #expect(try await graph.get("/applications").values.count == 5)
        }
    }

    @Test("A property that does not exist is named")
    func unknownProperty() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            let reply = try await graph.send("POST", "/applications", ["displayName": "x", "colour": "red"])
            #expect(reply.graphCode == "Request_BadRequest")
            #expect(reply.graphMessage == "Invalid property 'colour'.")
        }
    }

    @Test(
        "What cannot be asked is refused, not guessed",
        arguments: [
            "$filter=notes eq 'x'", "$filter=appId ne 'x'", "$filter=appId eq x", "$filter=nonsense",
            "$filter=appId eq 'x' or appId eq 'y'", "$expand=owners", "$top=0", "$select=nothing",
        ])
    func badQuery(query: String) async throws {
        try await Publisher.run { publisher in
            let reply = try await publisher.graph(as: .reader).get("/applications?\(query)")
            #expect(reply.status == 400)
            #expect(reply.graphCode != nil)
        }
    }

    @Test("A change replaces whole collections, and leaves alone what it does not name")
    func patch() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, _) = try await publisher.registered(graph, full)
            let changed = try await graph.send(
                "PATCH", "/applications/\(id)", ["web": ["redirectUris": ["https://new.example/"]], "tags": [String]()])
            #expect(changed.status == 204)
            #expect(changed.body.isEmpty)
            let shown = try await graph.get("/applications/\(id)").json
            #expect((shown["web"] as? [String: Any])?["redirectUris"] as? [String] == ["https://new.example/"])
            #expect((shown["tags"] as? [Any])?.isEmpty == true)
            #expect(shown["displayName"] as? String == "Fleet Sync")
            #expect((shown["requiredResourceAccess"] as? [Any])?.count == 1)
            let refused = try await graph.send(
                "PATCH", "/applications/\(id)", ["displayName": "Other", "signInAudience": "x"])
            #expect(refused.status == 400)
            #expect(try await graph.get("/applications/\(id)").json["displayName"] as? String == "Fleet Sync")
        }
    }

    @Test("An upsert by unique name makes the application once, and changes it from then on")
    func upsert() async throws {
        try await Publisher.run(#""replication_delay_seconds": 60"#) { publisher in
            let graph = try await publisher.graph(as: .owner)
            let path = "/applications(uniqueName='fleet:sync')"
            #expect(try await graph.send("PATCH", path, ["displayName": "One"]).status == 404)
            let prefer = [("Prefer", "create-if-missing")]
            let made = try await graph.send("PATCH", path, ["displayName": "One"], headers: prefer)
            #expect(made.status == 201)
            #expect(made.json["uniqueName"] as? String == "fleet:sync")
            for name in ["Two", "Three"] {
                #expect(try await graph.send("PATCH", path, ["displayName": name], headers: prefer).status == 204)
            }
            let twin = try await graph.send(
                "POST", "/applications", ["displayName": "Twin", "uniqueName": "fleet:sync"])
            #expect(twin.status == 409)
            #expect(twin.graphCode == "Request_MultipleObjectsWithSameKeyValue")
            publisher.cloud.clock.advance(seconds: 60)
            let list = try await graph.get("/applications?$filter=uniqueName eq 'fleet:sync'")
            #expect(list.values.map { $0["displayName"] as? String } == ["Three"])
            let renamed = try await graph.send("PATCH", path, ["uniqueName": "other"])
            #expect(renamed.status == 400)
        }
    }

    @Test("Upserts at the same time make one application")
    func concurrentUpserts() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 1...8 {
                    group.addTask {
                        try await graph.send(
                            "PATCH", "/applications(uniqueName='fleet')", ["displayName": "Number \(number)"],
                            headers: [("Prefer", "create-if-missing")]
                        ).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.sorted() == [201] + Array(repeating: 204, count: 7))
            #expect(try await graph.get("/applications?$filter=uniqueName eq 'fleet'").values.count == 1)
        }
    }

    @Test("A deleted application is gone, with its service principal, for every tenant")
    func delete() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(graph, full)
            let secret = try await graph.send("POST", "/applications/\(id)/addPassword", [:])
            let text = try #require(secret.json["secretText"] as? String)
            #expect(try await publisher.token(appID, secret: text).status == 200)
            #expect(try await graph.send("DELETE", "/applications/\(id)").status == 204)
            #expect(try await publisher.token(appID, secret: text).code == 700_016)
            #expect(try await publisher.token(appID, secret: text, tenant: Publisher.customer).code == 700_016)
            #expect(try await graph.get("/applications/\(id)").status == 404)
            #expect(try await graph.get("/servicePrincipals(appId='\(appID)')").status == 404)
            #expect(try await graph.send("DELETE", "/applications/\(id)").graphCode == "Request_ResourceNotFound")
        }
    }

    @Test("The lesser permission reaches only applications its caller owns")
    func ownedBy() async throws {
        try await Publisher.run { publisher in
            let owner = try await publisher.graph(as: .owner)
            let admin = try await publisher.graph(as: .admin)
            let (own, _) = try await publisher.registered(owner)
            let (foreign, _) = try await publisher.registered(admin)
            #expect(try await owner.send("PATCH", "/applications/\(own)", ["tags": ["x"]]).status == 204)
            let tries: [(String, String, [String: Any]?)] = [
                ("PATCH", "", ["tags": ["x"]]), ("DELETE", "", nil), ("POST", "/addPassword", [:]),
                ("POST", "/federatedIdentityCredentials", ["name": "abc"]),
            ]
            for (method, path, body) in tries where path != "/federatedIdentityCredentials" {
                let refused = try await owner.send(method, "/applications/\(foreign)\(path)", body)
                #expect(refused.status == 403, "\(method) \(path)")
                #expect(refused.graphCode == "Authorization_RequestDenied")
            }
            #expect(try await admin.send("PATCH", "/applications/\(own)", ["tags": ["y"]]).status == 204)
        }
    }

    @Test("Without a fitting permission nothing can be made or read", arguments: [Publisher.App.reader, .plain])
    func denied(app: Publisher.App) async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: app)
            let made = try await graph.send("POST", "/applications", ["displayName": "x"])
            #expect(made.graphCode == "Authorization_RequestDenied")
            #expect(try await graph.get("/applications").status == (app == .reader ? 200 : 403))
        }
    }

    @Test("An application of another tenant is not found")
    func foreign() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            let path = "/applications(appId='11111111-2222-4333-8444-000000000009')"
            #expect(try await graph.get(path).graphCode == "Request_ResourceNotFound")
            #expect(try await graph.send("PATCH", path, ["tags": ["x"]]).status == 404)
        }
    }

    @Test("Owners can be added once, listed and taken away")
    func owners() async throws {
        try await Publisher.run { publisher in
            let owner = try await publisher.graph(as: .owner)
            let admin = try await publisher.graph(as: .admin)
            let (id, _) = try await publisher.registered(admin)
            let principal = try await admin.get("/servicePrincipals(appId='\(Publisher.App.owner.rawValue)')")
            let objectID = try #require(principal.json["id"] as? String)
            let link = ["@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/\(objectID)"]
            #expect(try await owner.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 403)
            #expect(try await admin.send("POST", "/applications/\(id)/owners/$ref", link).status == 204)
            let twice = try await admin.send("POST", "/applications/\(id)/owners/$ref", link)
            #expect(twice.status == 400)
            #expect(twice.graphMessage.hasPrefix("One or more added object references already exist"))
            let list = try await admin.get("/applications/\(id)/owners").values
            #expect(list.count == 2)
            #expect(list.last?["@odata.type"] as? String == "#microsoft.graph.servicePrincipal")
            #expect(try await owner.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 204)
            #expect(try await admin.send("DELETE", "/applications/\(id)/owners/\(objectID)/$ref").status == 204)
            #expect(try await owner.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 403)
            let unknown = ["@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/\(Publisher.tenant)"]
            #expect(try await admin.send("POST", "/applications/\(id)/owners/$ref", unknown).status == 404)
            #expect(try await admin.send("POST", "/applications/\(id)/owners/$ref", ["x": "y"]).status == 400)
        }
    }

    @Test("A scenario can say who owns an application")
    func scenarioOwner() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let path = "/applications(appId='\(Publisher.ownedID)')"
            let owners = try await graph.get("\(path)/owners").values
            #expect(owners.map { $0["appId"] as? String } == [Publisher.App.owner.rawValue])
            #expect(try await graph.send("POST", "\(path)/addPassword", [:]).status == 200)
            let id = try #require(owners.first?["id"] as? String)
            let link = ["@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/\(id)"]
            #expect(try await graph.send("POST", "\(path)/owners/$ref", link).status == 400)
            #expect(try await graph.send("DELETE", "\(path)/owners/\(id)/$ref").status == 204)
            #expect(try await graph.send("POST", "\(path)/addPassword", [:]).status == 403)
        }
    }

    @Test("What Graph was told is what consent shows and grants")
    func consent() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (_, appID) = try await publisher.registered(graph, full)
            let link = publisher.cloud.consentLink(tenant: "customer.example", ["client_id": appID])
                .replacing("5000%2Fconsent%2Fcallback", with: "5000%2Fback")
            let page = try await publisher.cloud.wire.get(link)
            #expect(page.text.contains("User.Read.All"))
            let outcome = try await publisher.cloud.consent(decision: "approve", link: link)
            #expect(outcome["outcome"] as? String == "approved")
        }
    }

    @Test("An address of no application, or a method it does not know, is refused")
    func addresses() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .admin)
            #expect(try await graph.get("/applications/nonsense").status == 404)
            #expect(try await graph.get("/applications(colour='red')").status == 400)
            #expect(try await graph.get("/applications(appId=").status == 400)
            #expect(try await graph.send("PUT", "/applications", [:]).status == 405)
            #expect(try await graph.send("POST", "/applications/\(Publisher.tenant)/explode", [:]).status == 400)
            #expect(try await graph.send("POST", "/applications/\(Publisher.tenant)/addPassword", [:]).status == 404)
        }
    }
}
