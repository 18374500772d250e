import Foundation
import Testing

@Suite("Replication of Graph")
struct ReplicationTests {
    private let slow = #""replication_delay_seconds": 10, "secret_propagation_scale": 0"#

    @Test("A new application is not there for everybody at first, and nothing can be done to it")
    func application() async throws {
        try await Publisher.run(slow) { publisher in
            let graph = try await publisher.graph(as: .owner)
            let made = try await graph.send("POST", "/applications", ["displayName": "Fleet"])
            let id = try #require(made.json["id"] as? String)
            let appID = try #require(made.json["appId"] as? String)
            var reads: [Int] = []
            for _ in 1...4 { reads.append(try await graph.get("/applications/\(id)").status) }
            #expect(reads == [404, 200, 404, 200])
            #expect(try await graph.get("/applications?$filter=appId eq '\(appID)'").values.isEmpty)
            for path in ["/applications/\(id)/addPassword", "/applications/\(id)/owners/$ref"] {
                let body = ["@odata.id": "x/\(Publisher.tenant)"]
                let reply = try await graph.send("POST", path, path.hasSuffix("$ref") ? body : [:])
                #expect(reply.graphCode == "Request_ResourceNotFound")
            }
            #expect(try await graph.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 404)
            let principal = try await graph.send("POST", "/servicePrincipals", ["appId": appID])
            #expect(principal.status == 400)
            #expect(principal.graphCode == "Request_BadRequest")
            #expect(principal.graphDetails == ["NoBackingApplicationObject"])
            publisher.cloud.clock.advance(seconds: 10)
            #expect(try await graph.get("/applications/\(id)").status == 200)
            #expect(try await graph.get("/applications?$filter=appId eq '\(appID)'").values.count == 1)
            #expect(try await graph.send("POST", "/servicePrincipals", ["appId": appID]).status == 201)
        }
    }

    @Test("A new principal is a stranger to grants at first")
    func principal() async throws {
        try await Publisher.run(slow) { publisher in
            let admin = try await publisher.graph(as: .admin)
            let made = try await admin.send("POST", "/applications", ["displayName": "Fleet"])
            let appID = try #require(made.json["appId"] as? String)
            publisher.cloud.clock.advance(seconds: 10)
            let principal = try await admin.send("POST", "/servicePrincipals", ["appId": appID])
            let client = try #require(principal.json["id"] as? String)
            let graphID = try await admin.get("/servicePrincipals(appId='\(Publisher.graphAppID)')").json["id"]
            let resource = try #require(graphID as? String)
            let grant = ["principalId": client, "resourceId": resource, "appRoleId": Publisher.userReadAll]
            let early = try await admin.send("POST", "/servicePrincipals/\(resource)/appRoleAssignedTo", grant)
            #expect(early.status == 403)
            #expect(early.graphMessage.contains("must be in the local tenant"))
            let other = try await admin.send("POST", "/servicePrincipals/\(client)/appRoleAssignments", grant)
            #expect(other.status == 404)
            #expect(try await admin.get("/servicePrincipals?$filter=appId eq '\(appID)'").values.isEmpty)
            publisher.cloud.clock.advance(seconds: 10)
            let late = try await admin.send("POST", "/servicePrincipals/\(resource)/appRoleAssignedTo", grant)
            #expect(late.status == 201)
        }
    }

    @Test("The delay is on unless turned off, in the scenario or while running")
    func knob() async throws {
        try await Publisher.run(#""resources": []"#) { publisher in
            let graph = try await publisher.graph(as: .owner)
            let first = try await graph.send("POST", "/applications", ["displayName": "One"])
            let id = try #require(first.json["id"] as? String)
            #expect(try await graph.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 404)
            publisher.cloud.clock.advance(seconds: 1)
            #expect(try await graph.send("PATCH", "/applications/\(id)", ["tags": ["x"]]).status == 204)
            let knob = try await publisher.cloud.wire.control("POST", "/replication", ["delay_seconds": 0])
            #expect(knob.json["delay_seconds"] as? Double == 0)
            #expect(knob.json["secret_scale"] as? Double == 0.1)
            let second = try await graph.send("POST", "/applications", ["displayName": "Two"])
            let other = try #require(second.json["id"] as? String)
            #expect(try await graph.send("PATCH", "/applications/\(other)", ["tags": ["x"]]).status == 204)
            let bad = try await publisher.cloud.wire.control("POST", "/replication", ["delay": 0])
            #expect(bad.status == 400)
        }
    }

    @Test("A new secret works at some replicas before it works at all, and is gone from some before it is gone")
    func flapping() async throws {
        try await Publisher.run(#""replication_delay_seconds": 0, "secret_propagation_scale": 1"#) { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, appID) = try await publisher.registered(graph)
            let made = try await graph.send("POST", "/applications/\(id)/addPassword", [:])
            let text = try #require(made.json["secretText"] as? String)
            #expect(try await outcomes(appID, text, publisher) == [7_000_215: 3])
            publisher.cloud.clock.advance(seconds: 4)
            #expect(try await outcomes(appID, text, publisher) == [0: 1, 7_000_215: 2])
            publisher.cloud.clock.advance(seconds: 7)
            #expect(try await outcomes(appID, text, publisher) == [0: 2, 7_000_215: 1])
            publisher.cloud.clock.advance(seconds: 7)
            #expect(try await outcomes(appID, text, publisher) == [0: 3])
            let keyID = try #require(made.json["keyId"] as? String)
            _ = try await graph.send("POST", "/applications/\(id)/removePassword", ["keyId": keyID])
            let shown = try await graph.get("/applications/\(id)").json["passwordCredentials"] as? [Any]
            #expect(shown?.isEmpty == true)
            #expect(try await outcomes(appID, text, publisher) == [0: 3])
            publisher.cloud.clock.advance(seconds: 12)
            #expect(try await outcomes(appID, text, publisher) == [0: 1, 7_000_215: 2])
            publisher.cloud.clock.advance(seconds: 6)
            #expect(try await outcomes(appID, text, publisher) == [7_000_215: 3])
        }
    }

    /// How often each code came when every replica was asked once; 0 for a token.
    private func outcomes(_ appID: String, _ secret: String, _ publisher: Publisher) async throws -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for _ in 1...3 {
            counts[try await publisher.token(appID, secret: secret).code ?? 0, default: 0] += 1
        }
        return counts
    }
}
