import EntraEmulator
import Foundation
import Testing

@Suite("Trouble")
struct TroubleTests {
    private static let always = ChaosConfiguration(seed: 3, trouble: Trouble(share: 1))

    /// How a request for a token ends: a status, or 0 for a connection that ended.
    private func end(_ cloud: TestCloud) async throws -> Reply? {
        try await cloud.wire.send("POST", "\(cloud.login)/contoso.example/oauth2/v2.0/token")
    }

    @Test("Requests fail in every way a service in trouble fails, and Retry-After comes with throttling")
    func kinds() async throws {
        try await TestCloud.run(chaos: Self.always) { cloud in
            var statuses: Set<Int> = []
            for _ in 1...60 {
                let reply = try await end(cloud)
                statuses.insert(reply?.status ?? 0)
                if let reply, reply.status == 429 {
                    #expect(reply.header("retry-after") == "1")
                    #expect(reply.text == "Too Many Requests")
                }
            }
            #expect(statuses == [0, 429, 500, 503, 504])
        }
    }

    @Test("Graph fails too, and what administrators see does not")
    func endpoints() async throws {
        try await TestCloud.run { cloud in
            let headers = [("Authorization", "Bearer \(try await cloud.grantedToken())")]
            _ = try await cloud.wire.control("PATCH", "/trouble", ["trouble": 1])
            var statuses: Set<Int> = []
            for _ in 1...40 {
                let reply = try await cloud.wire.send("GET", "\(cloud.graph)/v1.0/organization", headers: headers)
                statuses.insert(reply?.status ?? 0)
            }
            #expect(statuses == [0, 429, 500, 503, 504])
            #expect(try await cloud.wire.get(cloud.consentLink()).status == 200)
            #expect(try await cloud.wire.get(SignIn(cloud: cloud).link()).status == 200)
        }
    }

    @Test("What administrators see has a share of its own")
    func consent() async throws {
        try await TestCloud.run { cloud in
            let set = try await cloud.wire.control("PATCH", "/trouble", ["consent_trouble": 1])
            #expect(set.json["trouble"] as? Double == 0)
            #expect(set.json["consent_trouble"] as? Double == 1)
            let result = try await cloud.consent(decision: "approve")
            #expect(result["outcome"] as? String == "error")
            #expect(try await cloud.token().code == 7_000_229)
            _ = try await cloud.wire.control("PATCH", "/trouble", ["consent_trouble": 0])
            #expect(try await cloud.consent(decision: "approve")["outcome"] as? String == "approved")
        }
    }

    @Test("A share is about that share, and the same seed fails the same requests")
    func share() async throws {
        var runs: [[Int]] = []
        for _ in 1...2 {
            let (stream, statuses) = AsyncStream<[Int]>.makeStream()
            let chaos = ChaosConfiguration(seed: 11, trouble: Trouble(share: 0.2))
            try await TestCloud.run(chaos: chaos) { cloud in
                var ends: [Int] = []
                for _ in 1...100 { ends.append(try await end(cloud)?.status ?? 0) }
                statuses.yield(ends)
            }
            for await ends in stream.prefix(1) { runs.append(ends) }
        }
        #expect(runs[0] == runs[1])
        // An empty request is a bad one, so that is what gets through.
        let failed = runs[0].count { $0 != 400 }
        #expect((10...32).contains(failed))
    }

    @Test("The history tells what was injected")
    func history() async throws {
        try await TestCloud.run(chaos: Self.always) { cloud in
            _ = try await end(cloud)
            _ = try await cloud.wire.control("PATCH", "/trouble", ["trouble": 0])
            _ = try await end(cloud)
            let requests = try await cloud.wire.control("GET", "/requests").json["requests"]
            let entries = try #require(requests as? [[String: Any]])
            #expect(entries.count == 2)
            let kinds = ["throttle", "html_500", "server_error", "gateway_timeout", "close"]
            #expect(kinds.contains(entries[0]["injected"] as? String ?? ""))
            #expect(entries[1]["injected"] is NSNull)
        }
    }

    @Test("A scenario can ask for trouble, and nothing fails unless somebody does")
    func scenario() async throws {
        let text = TestCloud.scenario.replacing(#"{"resources""#, with: #"{"trouble": 1, "resources""#)
        try await TestCloud.run(text) { cloud in
            let trouble = try await cloud.wire.control("GET", "/trouble").json
            #expect(trouble["trouble"] as? Double == 1)
            #expect(try await end(cloud)?.status != 400)
        }
        try await TestCloud.run { cloud in
            for _ in 1...20 {
                let reply = try await cloud.token()
                #expect(reply.code == 7_000_229)
            }
        }
    }

    @Test("A share is a number from 0 to 1", arguments: [-0.1, 1.1])
    func bounds(share: Double) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.control("PATCH", "/trouble", ["trouble": share])
            #expect(reply.status == 400)
        }
        let launch = EmulatorLaunch(
            scenarioFile: nil, login: "127.0.0.1:0", graph: "127.0.0.1:0", control: "127.0.0.1:0", caFile: nil,
            readyFile: nil, trouble: share, isQuiet: true)
        #expect(await launch.run() == 1)
    }
}
