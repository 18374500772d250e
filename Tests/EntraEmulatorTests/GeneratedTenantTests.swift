import Foundation
import Testing

@Suite("Generated tenants")
struct GeneratedTenantTests {
    private static let scenario = TestCloud.scenario.replacing(
        #"{"resources""#,
        with: """
            {"generated_tenants": {"count": 200, "prefix": "c", "suffix": "crowd.example", "users": 3, "behaviours": [
              {"share": 0.02, "name": "says no", "administrator": "declines"},
              {"share": 0.1, "administrator": "ignores"},
              {"share": 0.05, "callback": "consent_conflict"},
              {"share": 0.05, "callback": "consent_conflict_recorded"},
              {"share": 0.01, "callback": {"shape": ["state_junk"]}},
              {"share": 0.02, "blocked": true}]}, "resources"
            """)

    private func list(_ query: String, _ cloud: TestCloud) async throws -> [String: Any] {
        try await cloud.wire.control("GET", "/tenants\(query)").json
    }

    @Test(
        "Each behaviour has exactly its share",
        arguments: [
            ("declined", 4), ("no_answer", 20), ("granted_after_retry", 10), ("granted_despite_error", 10),
            ("unmatched", 2), ("refused", 4), ("granted", 150),
        ])
    func shares(expected: String, count: Int) async throws {
        try await TestCloud.run(Self.scenario) { cloud in
            let page = try await list("?limit=1000&expected=\(expected)", cloud)
            let tenants = try #require(page["tenants"] as? [[String: Any]])
            #expect(tenants.count { ($0["domain"] as? String)?.hasSuffix(".crowd.example") == true } == count)
        }
    }

    @Test("The same description makes the same tenants, spread among each other")
    func deterministic() async throws {
        var found: [[String]] = []
        for _ in 1...2 {
            let (stream, names) = AsyncStream<[String]>.makeStream()
            try await TestCloud.run(Self.scenario) { cloud in
                let page = try await list("?expected=no_answer&limit=100", cloud)
                names.yield(
                    (page["tenants"] as? [[String: Any]] ?? []).map {
                        "\($0["domain"] ?? "") \($0["id"] ?? "") \($0["users"] ?? "")"
                    })
            }
            for await list in stream.prefix(1) { found.append(list.filter { $0.contains("crowd") }) }
        }
        #expect(found[0] == found[1])
        #expect(found[0].first?.hasSuffix(" 3") == true)
        #expect(found[0].contains { $0.hasPrefix("c0") } && found[0].contains { $0.hasPrefix("c1") })
    }

    @Test("The listing comes in pages, and says what to expect of each tenant")
    func pages() async throws {
        try await TestCloud.run(Self.scenario) { cloud in
            var domains: [String] = []
            var next: String? = "/control/tenants?limit=60"
            while let path = next {
                let page = try await cloud.wire.control("GET", String(path.dropFirst("/control".count))).json
                #expect(page["total"] as? Int == 209)
                domains += (page["tenants"] as? [[String: Any]] ?? []).compactMap { $0["domain"] as? String }
                next = page["next"] as? String
            }
            #expect(domains.count == 209)
            #expect(Set(domains).count == 209)
            #expect(domains.contains("c001.crowd.example") && domains.contains("c200.crowd.example"))
            let declined = try await list("?expected=declined", cloud)
            let named = (declined["tenants"] as? [[String: Any]] ?? []).filter {
                $0["behaviour"] as? String == "says no"
            }
            #expect(named.count == 4)
        }
    }

    @Test("A generated tenant behaves as it is listed", arguments: ["granted", "declined", "no_answer", "refused"])
    func behaviour(expected: String) async throws {
        try await TestCloud.run(Self.scenario) { cloud in
            let page = try await list("?expected=\(expected)&limit=1000", cloud)
            let tenants = page["tenants"] as? [[String: Any]] ?? []
            let domain = try #require(
                tenants.compactMap { $0["domain"] as? String }.first { $0.hasSuffix("crowd.example") })
            let outcome = try await cloud.consent(tenant: domain)["outcome"] as? String
            let token = try await cloud.token(tenant: domain)
            switch expected {
            case "granted":
                #expect(outcome == "approved")
                #expect(token.claims["roles"] != nil)
            case "declined": #expect(outcome == "declined")
            case "no_answer": #expect(outcome == "ignored")
            default:
                #expect(outcome == "approved")
                #expect(token.code == 53003)
            }
        }
    }

    @Test("What cannot be listed is said", arguments: ["?offset=-1", "?limit=0", "?limit=x", "?expected=luck"])
    func badQuery(query: String) async throws {
        try await TestCloud.run { cloud in
            let reply = try await cloud.wire.control("GET", "/tenants\(query)")
            #expect(reply.status == 400)
        }
    }
}
