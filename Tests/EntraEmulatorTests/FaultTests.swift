import EntraEmulator
import Foundation
import NIOCore
import Testing

@Suite("Faults")
struct FaultTests {
    private func arm(_ fault: [String: Any], _ cloud: TestCloud) async throws {
        let reply = try await cloud.wire.control("POST", "/faults", fault)
        try #require(reply.status == 201, "\(reply.text)")
    }

    @Test("Throttling is plain text with Retry-After word for word", arguments: ["60", "2.128", "-1", "soon", nil])
    func throttle(retryAfter: String?) async throws {
        try await TestCloud.run { cloud in
            var fault: [String: Any] = ["endpoint": "token", "kind": "throttle"]
            fault["retry_after"] = retryAfter
            try await arm(fault, cloud)
            let reply = try await cloud.token()
            #expect(reply.status == 429)
            #expect(reply.text == "Too Many Requests")
            #expect(reply.header("content-type")?.hasPrefix("text/plain") == true)
            #expect(reply.header("retry-after") == retryAfter)
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("Graph throttles and fails in JSON")
    func graph() async throws {
        try await TestCloud.run { cloud in
            let token = try await cloud.grantedToken()
            let headers = [("Authorization", "Bearer \(token)")]
            try await arm(["endpoint": "graph", "kind": "throttle", "retry_after": "3"], cloud)
            try await arm(["endpoint": "graph", "kind": "server_error", "tenant": "contoso.example"], cloud)
            let throttled = try await cloud.wire.get("\(cloud.graph)/v1.0/users", headers: headers)
            #expect(throttled.status == 429)
            #expect(throttled.graphCode == "TooManyRequests")
            #expect(throttled.header("retry-after") == "3")
            let failed = try await cloud.wire.get("\(cloud.graph)/v1.0/users", headers: headers)
            #expect(failed.status == 503)
            #expect(failed.graphCode == "serviceNotAvailable")
            #expect(try await cloud.wire.get("\(cloud.graph)/v1.0/users", headers: headers).status == 200)
        }
    }

    @Test("A fault for one tenant leaves the others alone, and counts down")
    func oneTenant() async throws {
        try await TestCloud.run { cloud in
            try await arm(
                ["endpoint": "token", "tenant": "contoso.example", "count": 2, "kind": "server_error"], cloud)
            #expect(try await cloud.token(tenant: "fabrikam.example").code == 7_000_229)
            for _ in 1...2 {
                let reply = try await cloud.token()
                #expect(reply.status == 503)
                #expect(reply.code == 90033)
                #expect(reply.json["error"] as? String == "temporarily_unavailable")
            }
            #expect(try await cloud.token().code == 7_000_229)
        }
    }

    @Test("HTML, garbage and a literal answer")
    func bodies() async throws {
        try await TestCloud.run { cloud in
            try await arm(["endpoint": "token", "kind": "html_500"], cloud)
            let html = try await cloud.token()
            #expect(html.status == 500)
            #expect(html.header("content-type")?.hasPrefix("text/html") == true)
            try await arm(["endpoint": "discovery", "kind": "garbage"], cloud)
            let garbage = try await cloud.wire.get(
                "\(cloud.login)/contoso.example/v2.0/.well-known/openid-configuration")
            #expect(garbage.status == 200)
            #expect(garbage.json.isEmpty)
            try await arm(
                ["endpoint": "consent", "status": 418, "headers": ["X-Odd": "yes"], "body": "short and stout"], cloud)
            let literal = try await cloud.wire.get(cloud.consentLink())
            #expect(literal.status == 418)
            #expect(literal.header("x-odd") == "yes")
            #expect(literal.text == "short and stout")
        }
    }

    @Test("A closed connection brings no answer")
    func close() async throws {
        try await TestCloud.run { cloud in
            try await arm(["endpoint": "token", "kind": "close"], cloud)
            #expect(try await cloud.wire.send("POST", "\(cloud.login)/contoso.example/oauth2/v2.0/token") == nil)
            #expect(try await cloud.token().status == 401)
        }
    }

    @Test("A hanging request gets no answer, is in the history, and does not keep the emulator from stopping")
    func hang() async throws {
        let (stream, waiting) = AsyncStream<EventLoopFuture<Data>>.makeStream()
        try await TestCloud.run { cloud in
            try await arm(["endpoint": "token", "kind": "hang"], cloud)
            let url = "\(cloud.login)/contoso.example/oauth2/v2.0/token"
            waiting.yield(try await cloud.wire.exchange("POST", url))
            var entries: [[String: Any]] = []
            while entries.isEmpty {
                entries = try await cloud.wire.control("GET", "/requests").json["requests"] as? [[String: Any]] ?? []
            }
            #expect(entries.first?["status"] is NSNull)
            #expect(try await cloud.token().status == 401)
        }
        for await future in stream.prefix(1) { #expect(try await future.get().isEmpty) }
    }

    @Test("A token of the wrong tenant is well signed and says so")
    func wrongTenant() async throws {
        try await TestCloud.run { cloud in
            _ = try await cloud.consent(decision: "approve")
            try await arm(["endpoint": "token", "kind": "wrong_tenant_token"], cloud)
            #expect(try await cloud.token().claims["tid"] as? String == TestCloud.fabrikam)
            #expect(try await cloud.token().claims["tid"] as? String == TestCloud.contoso)
        }
    }

    @Test("A lost reply was carried out all the same")
    func lostReply() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            let cloud = publisher.cloud
            try await arm(["endpoint": "graph", "kind": "lost_reply"], cloud)
            await #expect(throws: WireClient.NoAnswer.self) {
                try await graph.send("POST", "/applications", ["displayName": "Lost"])
            }
            #expect(try await graph.get("/applications?$filter=displayName eq 'Lost'").values.count == 1)
            try await arm(["endpoint": "token", "kind": "lost_reply"], cloud)
            await #expect(throws: WireClient.NoAnswer.self) { try await publisher.graph(as: .owner) }
            let history = try await cloud.wire.control("GET", "/requests?endpoint=token")
            let last = (history.json["requests"] as? [[String: Any]])?.last
            #expect(last?["status"] is NSNull)
            #expect(last?["key_id"] is String)
        }
    }

    @Test("A fault can let requests through first, and be for one method and path only")
    func narrow() async throws {
        try await Publisher.run { publisher in
            let graph = try await publisher.graph(as: .owner)
            try await arm(
                [
                    "endpoint": "graph", "kind": "throttle", "method": "POST", "path_prefix": "/v1.0/applications",
                    "skip": 1,
                ], publisher.cloud)
            try await arm(["endpoint": "graph", "status": 418, "method": "delete"], publisher.cloud)
            let state = try await publisher.cloud.wire.control("GET", "/state").json["faults"] as? [[String: Any]]
            #expect(state?.first?["skip"] as? Int == 1)
            #expect(try await graph.get("/applications").status == 200)
            #expect(try await graph.send("POST", "/servicePrincipals", [:]).status == 400)
            #expect(try await graph.send("POST", "/applications", ["displayName": "One"]).status == 201)
            #expect(try await graph.send("POST", "/applications", ["displayName": "Two"]).status == 429)
            #expect(try await graph.send("POST", "/applications", ["displayName": "Two"]).status == 201)
            #expect(try await graph.send("DELETE", "/applications/x").status == 418)
        }
    }

    @Test("Disarming takes back what was not used")
    func disarm() async throws {
        try await TestCloud.run { cloud in
            try await arm(["endpoint": "token", "kind": "html_500", "count": 9], cloud)
            _ = try await cloud.wire.control("DELETE", "/faults")
            #expect(try await cloud.token().status == 401)
        }
    }

    @Test(
        "A fault that makes no sense is refused",
        arguments: [
            #"{"kind":"close"}"#, #"{"endpoint":"moon","kind":"close"}"#, #"{"endpoint":"token"}"#,
            #"{"endpoint":"token","kind":"quake"}"#, #"{"endpoint":"token","kind":"close","count":0}"#,
            #"{"endpoint":"graph","kind":"wrong_tenant_token"}"#,
            #"{"endpoint":"token","kind":"throttle","retry_after":"1\r\nX: y"}"#,
            #"{"endpoint":"token","kind":"close","cuont":2}"#, #"{"endpoint":"token","kind":"close","skip":-1}"#,
            #"{"endpoint":"token","kind":"close","method":7}"#, "[]", "nonsense",
        ])
    func refused(body: String) async throws {
        try await TestCloud.run { cloud in
            let reply = try #require(
                try await cloud.wire.send(
                    "POST", "\(cloud.wire.addresses.control)/control/faults", body: Data(body.utf8)))
            #expect(reply.status == 400)
            #expect(reply.json["error"] is String)
            #expect(try await cloud.token().status == 401)
        }
    }
}
