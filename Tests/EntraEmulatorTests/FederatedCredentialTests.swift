import Foundation
import Testing

@Suite("Federated credentials of Graph")
struct FederatedCredentialTests {
    private static var good: [String: Any] {
        [
            "name": "ci-main", "issuer": "https://workload.emulator.example",
            "subject": "repo:a/b:ref:refs/heads/main", "audiences": ["api://AzureADTokenExchange"],
        ]
    }

    @Test("A federated credential is made, found by name or identifier, changed and removed")
    func life() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, _) = try await publisher.registered(graph)
            let path = "/applications/\(id)/federatedIdentityCredentials"
            let made = try await graph.send("POST", path, Self.good)
            #expect(made.status == 201)
            let credential = try #require(made.json["id"] as? String)
            for address in ["\(path)/ci-main", "\(path)/\(credential)", "\(path)(name='ci-main')"] {
                #expect(try await graph.get(address).json["audiences"] as? [String] == ["api://AzureADTokenExchange"])
            }
            #expect(try await graph.get(path).values.count == 1)
            #expect(try await graph.send("PATCH", "\(path)/ci-main", ["subject": "other"]).status == 204)
            #expect(try await graph.get("\(path)/ci-main").json["subject"] as? String == "other")
            #expect(try await graph.send("PATCH", "\(path)/ci-main", ["name": "renamed"]).status == 400)
            #expect(try await graph.send("DELETE", "\(path)/ci-main").status == 204)
            #expect(try await graph.send("DELETE", "\(path)/ci-main").status == 404)
            #expect(try await graph.get(path).values.isEmpty)
        }
    }

    @Test("An upsert by name makes it once, also on an application named by its unique name")
    func upsert() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let prefer = [("Prefer", "create-if-missing")]
            let app = "/applications(uniqueName='fleet')"
            _ = try await graph.send("PATCH", app, ["displayName": "Fleet"], headers: prefer)
            let path = "\(app)/federatedIdentityCredentials(name='ci-main')"
            var body = Self.good
            body["name"] = nil
            #expect(try await graph.send("PATCH", path, body).status == 404)
            let statuses = [
                try await graph.send("PATCH", path, body, headers: prefer).status,
                try await graph.send("PATCH", path, body, headers: prefer).status,
            ]
            #expect(statuses == [201, 204])
            #expect(try await graph.get("\(app)/federatedIdentityCredentials").values.count == 1)
        }
    }

    @Test(
        "One that breaks a rule is refused",
        arguments: [
            ("name", "ab"), ("name", "with space"), ("name", "-start"), ("audiences", nil), ("issuer", nil),
            ("subject", nil), ("name", nil), ("subject", String(repeating: "x", count: 601)), ("colour", "red"),
        ] as [(String, String?)])
    func rules(member: String, value: String?) async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, _) = try await publisher.registered(graph)
            var body = Self.good
            body[member] = value
            let reply = try await graph.send("POST", "/applications/\(id)/federatedIdentityCredentials", body)
            #expect(reply.status == 400)
            #expect(reply.graphCode == "Request_BadRequest")
        }
    }

    @Test("Exactly one audience, one credential per issuer and subject, one per name, and twenty in all")
    func limits() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let (id, _) = try await publisher.registered(graph)
            let path = "/applications/\(id)/federatedIdentityCredentials"
            for audiences in [[], ["a", "b"]] {
                let body = Self.good.merging(["audiences": audiences]) { $1 }
                #expect(try await graph.send("POST", path, body).status == 400)
            }
            #expect(try await graph.send("POST", path, Self.good).status == 201)
            let sameSubject = Self.good.merging(["name": "other"]) { $1 }
            #expect(try await graph.send("POST", path, sameSubject).status == 409)
            let sameName = Self.good.merging(["subject": "other"]) { $1 }
            #expect(try await graph.send("POST", path, sameName).status == 409)
            for number in 2...20 {
                let body = Self.good.merging(["name": "number-\(number)", "subject": "\(number)"]) { $1 }
                #expect(try await graph.send("POST", path, body).status == 201)
            }
            let last = Self.good.merging(["name": "number-21", "subject": "21"]) { $1 }
            #expect(try await graph.send("POST", path, last).status == 400)
        }
    }
}
