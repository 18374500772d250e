import FoundationEssentials
import Testing

@Suite("Tokens", .timeLimit(.minutes(10)))
struct TokenTests {
    /// A tenant with consent.
    private func begin(_ body: (Journey, Service) async throws -> Void) async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            try await body(journey, service)
        }
    }

    private static let wish = ["token", "get", "--tenant", "contoso.example"]

    @Test("A token that an API refused is replaced once, however often it is named and however it is given")
    func rejected() async throws {
        try await begin { journey, service in
            let first = try await journey.tenantry(Self.wish + ["-o", "json"]).json
            let token = first["access_token"].text
            let asked = try await journey.world.requests("token").count
            let sum = try await Command.run("sha256sum", [], input: Array(token.utf8)).output.prefix(64)
            #expect(first["digest"].text == "sha256:\(sum)")

            let second = try await journey.tenantry(Self.wish + ["--not", first["digest"].text]).output
            #expect(second != token + "\n")
            let third = try await journey.tenantry(Self.wish + ["--not", "-"], input: Array("\(token)\n".utf8)).output
            #expect(third == second)
            let tenants = Array(repeating: Customer.contoso.id, count: 20)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for tenant in tenants {
                    let body: JSON = ["tenant": .string(tenant), "not": first["digest"]]
                    group.addTask { try await service.ask("POST", "/tokens", body).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.allSatisfy { $0 == 200 } && statuses.count == 20)
            #expect(try await journey.world.requests("token").count == asked + 1)
            #expect(try await journey.tenantry(Self.wish).output == second)
        }
    }

    @Test("What an API demands beyond reaches the authority letter by letter, as JSON and as the header's Base64")
    func demanded() async throws {
        try await begin { journey, service in
            let nbf = #"{ "access_token": {"nbf":{"essential":true, "value":"1700000000"}} }"#
            let capability = #"{"access_token":{"xms_cc":{"values":["cp1"]},"é":{"value":"\/ +&="}}}"#
            let header = Data(capability.utf8).base64EncodedString()
            for (given, expected) in [(nbf, nbf), (capability, capability), (header, capability)] {
                let token = try await journey.tenantry(Self.wish + ["--claims", given]).output
                let seen = try #require(try await journey.world.requests("token", of: .contoso).last)
                #expect(seen["claims"].text == expected)
                #expect(try JWT(token).claims["xms_cc"].items.map(\.text) == (expected == nbf ? [] : ["cp1"]))
            }
            let asked = try await journey.world.requests("token", of: .contoso).count
            try await journey.tenantry(Self.wish)
            #expect(try await journey.world.requests("token", of: .contoso).count == asked, "the newest one is kept")
        }
    }

    @Test("The claims are printed without the token, as a table and as JSON")
    func decoded() async throws {
        try await begin { journey, service in
            let token = try await journey.tenantry(Self.wish).lines[0]
            let claims = try await journey.tenantry(Self.wish + ["--decode", "-o", "json"])
            #expect(try claims.json == (try JWT(String(token)).claims))
            let table = try await journey.tenantry(Self.wish + ["--decode"])
            #expect(table.lines[0].hasPrefix("CLAIM"))
            #expect(table.lines.contains { $0.hasPrefix("tid ") && $0.hasSuffix(Customer.contoso.id) })
            #expect(table.lines.contains { $0.hasPrefix("exp ") && $0.hasSuffix("Z") })
            for part in token.split(separator: ".") {
                #expect(!claims.output.contains(part) && !table.output.contains(part))
            }
        }
    }

    @Test("An old token lives as long as is asked, or there is a new one; a day is the most")
    func minimumLife() async throws {
        try await begin { journey, service in
            let token = try await journey.tenantry(Self.wish).output
            #expect(
                try await journey.tenantry(Self.wish + ["--min-valid", "24h"]).output == token, "it is as new as can be"
            )
            try await journey.refused(2, Self.wish + ["--min-valid", "25h"], saying: "min_valid_s", "86400")
        }
    }

    @Test(
        "What is no digest and no claim is refused in a sentence that does not repeat it",
        arguments: [
            ("--not", "eyJ0canary.eyJ.sig"), ("--not", "sha256:canary"), ("--not", ""), ("--claims", "canary"),
            ("--claims", "[\"canary\"]"), ("--claims", ""),
        ])
    func badInput(_ flag: String, _ value: String) async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let refused = try await journey.refused(2, Self.wish + [flag, value], saying: flag)
            #expect(!refused.errors.contains("canary"))
        }
    }

    @Test("Every caller's first sight of a token is in the record, across a kill, and repetitions are not")
    func recorded() async throws {
        try await begin { journey, service in
            for _ in 0..<3 { try await journey.tenantry(Self.wish) }
            let key = try await journey.tenantry("key", "create", "worker", "--role", "admin").lines[0]
            for _ in 0..<3 {
                try await journey.tenantry(
                    Self.wish + ["--server", service.api], environment: ["TENANTRY_API_KEY": String(key)])
            }
            func lines() async throws -> [JSON] {
                try await journey.tenantry("audit", "list", "-o", "json").json.items
                    .filter { $0["action"] == "token.get" }
            }
            try await service.killNow()
            let before = try await lines()
            #expect(before.count == 2 && before[1]["actor"].text.hasPrefix("key:"))
            #expect(before[0]["detail"] == before[1]["detail"], "the digest names one token")
            _ = try await journey.serve()
            try await journey.tenantry(Self.wish + ["--claims", "{}"])
            #expect(try await lines().count == 3)
        }
    }

    @Test("While the authority is out, warm tenants get their token, also after a restart")
    func outage() async throws {
        try await begin { journey, service in
            let token = try await journey.tenantry(Self.wish).output
            try await journey.world.fault("token", "server_error", count: 1_000)
            #expect(try await journey.tenantry(Self.wish).output == token)
            #expect(try await service.stop() == 0)
            let second = try await journey.serve()
            #expect(try await journey.tenantry(Self.wish).output == token)
            let metrics = try await journey.tenantry("metrics").output
            #expect(metrics.contains("tenantry_token_served_total{source=\"store\"} 1\n"))
            #expect(metrics.contains("tenantry_token_served_total{source=\"authority\"} 0\n"))
            #expect(try await second.stop() == 0)
        }
    }

    @Test("The metrics take a running service and say so, and come as text, JSON and CSV")
    func metrics() async throws {
        try await begin { journey, service in
            for _ in 0..<4 { try await journey.tenantry(Self.wish) }
            let text = try await journey.tenantry("metrics")
            let line = try #require(text.lines.first { $0.hasPrefix("tenantry_token_served_total{source=\"memory\"}") })
            let served = try #require(Int(line.split(separator: " ")[1]))
            #expect(served >= 4)
            let json = try await journey.tenantry("metrics", "-o", "json").json["items"].items
            let family = json.first { $0["name"] == "tenantry_token_served_total" }
            #expect(family?["samples"][0]["value"].int == served && family?["type"] == "counter")
            let csv = try await journey.tenantry("metrics", "-o", "csv")
            #expect(csv.lines[0] == "name,labels,value")
            #expect(csv.lines.contains { $0.hasPrefix("tenantry_token_served_total,source=memory,") })
            for output in [text, csv] { #expect(!output.output.contains(Customer.contoso.id)) }
            #expect(try await service.stop() == 0)
            try await journey.refused(2, ["metrics"], saying: "tenantry serve")
        }
    }
}
