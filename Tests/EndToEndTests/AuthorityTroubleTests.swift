import Testing

@Suite("An authority in trouble", .timeLimit(.minutes(10)))
struct AuthorityTroubleTests {
    /// Two tenants with consent.
    private func begin(_ body: (Journey, Service) async throws -> Void) async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            try await body(journey, service)
        }
    }

    /// Whatever an API demands beyond is asked of the authority anew each time.
    private static let wish = ["token", "get", "--tenant", "contoso.example", "--claims", "{}"]
    private static let othersWish = ["token", "get", "--tenant", "fabrikam.example", "--claims", "{}"]
    private static let wishBody: JSON = ["tenant": "contoso.example", "claims": .object([:])]

    @Test(
        "Trouble at the token endpoint is told in words, touches no other tenant and no consent, and passes",
        arguments: ["server_error", "html_500", "close", "garbage"])
    func passingTrouble(kind: String) async throws {
        try await begin { journey, service in
            // Enough for the one retry, and for libcurl's own when a connection it kept turns out to be dead.
            try await journey.world.fault("token", kind, of: .contoso, count: 9)
            try await journey.refused(1, Self.wish, saying: Customer.contoso.id, "authority", "Try again")
            try await journey.tenantry(Self.othersWish)
            #expect(try await journey.state(.contoso) == "granted")
            // Nor is what is in use already touched.
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
            try await journey.world.control("DELETE", "/faults")
            _ = try await eventually("the tenant's rest is over") {
                let reply = try await service.ask("POST", "/tokens", Self.wishBody)
                return reply.status == 200 ? reply : nil
            }

            try await journey.world.fault("token", kind, of: .contoso, count: 1)
            try await journey.tenantry(Self.wish)
        }
    }

    @Test("A throttled tenant is left alone for as long as the authority says")
    func throttled() async throws {
        try await begin { journey, service in
            try await journey.world.fault("token", "throttle", of: .contoso, retryAfter: "3")
            try await journey.refused(1, Self.wish, saying: Customer.contoso.id, "throttles", "Try again in 3 s")
            let asked = try await journey.world.requests("token", of: .contoso).count
            try await journey.refused(1, Self.wish, saying: "throttles")
            #expect(try await journey.world.requests("token", of: .contoso).count == asked, "nobody asked meanwhile")
            try await journey.tenantry(Self.othersWish)

            let reply = try await service.ask("POST", "/tokens", Self.wishBody)
            #expect(reply.status == 429 && (1...3).contains(Int(reply.headers["retry-after"] ?? "") ?? 0))
            _ = try await eventually("the pause is over") {
                let reply = try await service.ask("POST", "/tokens", Self.wishBody)
                return reply.status == 200 ? reply : nil
            }
        }
    }

    @Test("An authority that hangs is given up, and asked once more")
    func hanging() async throws {
        try await begin { journey, service in
            try await journey.world.fault("token", "hang", of: .contoso, count: 1)
            async let slow = journey.tenantry(Self.wish)
            try await journey.tenantry(Self.othersWish)
            #expect(try await slow.lines.count == 1)
        }
    }

    @Test("A token of another tenant is never handed out, and proves nothing")
    func wrongTenant() async throws {
        try await begin { journey, service in
            try await journey.world.fault("token", "wrong_tenant_token", of: .contoso)
            try await journey.refused(1, Self.wish, saying: Customer.contoso.id, "'tid'", "destroyed")
            let finding = try #require(
                try await journey.tenantry("finding", "list", "-o", "json", exit: 7).json.items.first)
            #expect(finding["code"] == "token_mismatch" && finding["tenant"].text == Customer.contoso.id)
            #expect(finding["who_must_act"] == "you" && finding["detail"].text.contains("'tid'"))
            let doctor = try await journey.tenantry("doctor", "-o", "json", exit: 7).json.items
            #expect(doctor.contains { $0["check"] == "tokens" && $0["verdict"] == "finding" })
            let audit = try await journey.tenantry("audit", "list", "-o", "json").json.items
            let line = try #require(audit.first { $0["action"] == "token.mismatch" })
            #expect(line["subject"].text == Customer.contoso.id)
            let correlation = try #require(
                line["detail"].text.firstMatch(of: /it was destroyed\. Correlation id: ([0-9a-f-]{36})\.$/)?.1)
            #expect(correlation.split(separator: "-").count == 5)
            #expect(try await journey.tenantry("metrics").output.contains("tenantry_token_mismatches_total 1\n"))
            #expect(try JWT(try await journey.tenantry(Self.wish).output).claims["tid"].text == Customer.contoso.id)

            try await journey.tenantry("tenant", "add", "northwind.example")
            let callback = try await journey.world.answer(try await journey.link(.northwind).url)
            try await journey.world.fault("token", "wrong_tenant_token", of: .northwind)
            #expect(try await service.visit(callback).status == 303)
            let status = try await eventually("the look came upon the wrong token") {
                let status = try await service.ask("GET", "/tenants/\(Customer.northwind.id)/consent").json
                return status["note"]["code"] == "token_mismatch" ? status : nil
            }
            #expect(["claimed", "verifying"].contains(status["state"].text) && status["granted"].items.isEmpty)
            let second = try await journey.tenantry("consent", "verify", "northwind.example", "-o", "json").json
            #expect(second["state"] == "granted")
        }
    }

    @Test("Our own wrong secret is our fault, not the customers'")
    func wrongSecret() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            try await journey.initialise()
            let service = try await journey.serve()
            try await journey.tenantry(
                "app", "add", "fleet", "--client-id", Scenario.clientID, "--secret-file", "-", "--permission",
                "User.Read.All", "--redirect-uri", "http://localhost/consent/callback",
                input: "another~secret~of~the~same~looks")
            try await journey.tenantry("tenant", "add", "contoso.example")
            let callback = try await journey.world.answer(try await journey.link(.contoso).url)
            #expect(try await service.visit(callback).status == 303)
            let status = try await eventually("the authority refused the secret") {
                let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
                return status["note"] == .null ? nil : status
            }
            #expect(status["note"]["aadsts"].int == 7_000_215 && status["who_must_act"] == "you")
            #expect(status["state"] == "claimed" || status["state"] == "verifying")
            #expect(status["note"]["correlation_id"].text.count == 36 && status["note"]["trace_id"].text.count == 36)
        }
    }

    @Test("A tenant that cannot be looked up is not added")
    func discovery() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            try await journey.initialise()
            let before = try await journey.everything()
            for kind in ["throttle", "server_error", "html_500", "close", "garbage"] {
                try await journey.world.fault("discovery", kind, of: .contoso, count: 50)
                try await journey.refused(
                    1, ["tenant", "add", "contoso.example"], saying: "contoso.example", "looked up")
                try await journey.world.control("DELETE", "/faults")
            }
            #expect(try await journey.everything() == before)

            try await journey.world.fault("discovery", "server_error", of: .contoso, count: 50)
            let list = try journey.file("list.csv", "tenant\ncontoso.example\nfabrikam.example\n")
            let verdicts = try await journey.tenantry("tenant", "import", list, "-o", "json", exit: 5).json
            #expect(verdicts.items.map(\.["verdict"].text) == ["tenant_undecided", "added"])
            try await journey.world.control("DELETE", "/faults")
            try await journey.tenantry("tenant", "add", "contoso.example")
        }
    }
}
