import Testing

@Suite("The proof of consent", .timeLimit(.minutes(10)))
struct ConsentProofTests {
    @Test("A callback that nobody's consent stands behind proves nothing, however long one looks")
    func forged() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            #expect(try await journey.consent(.fabrikam, through: service) == "granted")
            let link = try await journey.link(.contoso)
            let forged =
                "http://localhost/consent/callback?admin_consent=True&tenant=\(Customer.contoso.id)"
                + "&state=\(link.state)"
            #expect(try await service.follow(forged).title == "Almost there")

            let looks = try await eventually("the authority was asked three times") {
                let looks = try await journey.world.requests("token", of: .contoso)
                return looks.count >= 3 ? looks : nil
            }
            #expect(looks.allSatisfy { $0["code"].int == 7_000_229 && $0["status"].int != 200 })
            let status = try await journey.tenantry("consent", "verify", "contoso.example", "-o", "json", exit: 5).json
            #expect(["claimed", "verifying"].contains(status["state"].text))
            #expect(status["granted"].items.isEmpty && status["note"]["aadsts"].int == 7_000_229)
            #expect(status["evidence"].items.contains { $0["check"] == "token" && $0["passed"] == false })

            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "no proven consent")
            let run = try await journey.tenantry(
                "job", "run", "graph-get", "--path", "/users", "-o", "json", exit: 5
            ).json
            #expect(run["counts"] == ["succeeded": 1, "skipped": 1])
            #expect(try await journey.world.reads(of: .contoso).isEmpty)
        }
    }

    @Test("Roles that arrive late are waited for: claimed, verifying, granted by itself")
    func delayed() async throws {
        let customer = Customer.contoso.with("roles_delay_seconds", 3_600)
        try await Journey.begin(Scenario(customer)) { journey in
            let service = try await journey.open(customer)
            let link = try await journey.link(customer)
            #expect(try await service.follow(try await journey.world.answer(link.url)).title == "Almost there")
            let waiting = try await eventually("the first look found no roles") {
                let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
                return status["state"] == "verifying" ? status : nil
            }
            #expect(waiting["who_must_act"] == "nobody_wait" && waiting["next_check_at"] != .null)
            let page = try await service.visit(link.page)
            #expect(page.title == "Almost there" && page.body.contains("http-equiv=\"refresh\""))
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "verifying")

            try await journey.world.advance(seconds: 3_600)
            #expect(try await journey.settled(customer, in: service)["state"] == "granted")
            #expect(try await service.visit(link.page).title == "Done. Thank you")
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
        }
    }

    @Test("A consent that lacks a role is called narrowed, and says which")
    func narrowed() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            try await journey.world.control(
                "POST", "/tenants/\(Customer.contoso.id)/revoke",
                ["client_id": .string(Scenario.clientID), "roles": ["Organization.Read.All"]])
            let status = try await journey.tenantry(
                "consent", "verify", "contoso.example", "--wait", "30s", "-o", "json", exit: 5
            ).json
            #expect(status["state"] == "narrowed" && status["missing"] == ["Organization.Read.All"])
            #expect(status["granted"] == ["User.Read.All"] && status["who_must_act"] == "customer_admin")
        }
    }

    @Test("A consent taken back between two jobs stops that tenant alone")
    func revoked() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            let job = ["job", "run", "graph-get", "--path", "/users", "-o", "json"]
            #expect(try await journey.tenantry(job).json["state"] == "succeeded")

            // Graph no longer takes the token that is here, and the authority gives no other.
            try await journey.world.revoke(.contoso)
            try await journey.world.literal(
                "graph", of: .contoso, status: 401,
                body: ["error": ["code": "InvalidAuthenticationToken", "message": "Lifetime validation failed."]])
            let second = try await journey.tenantry(job, exit: 5).json
            let items = Dictionary(uniqueKeysWithValues: second["items"].items.map { ($0["tenant"].text, $0) })
            let item = items[Customer.contoso.id] ?? .null
            #expect(items[Customer.fabrikam.id]?["state"] == "succeeded")
            #expect(["failed", "skipped"].contains(item["state"].text))
            #expect(item["fault"]["who_must_act"] == "customer_admin" && item["fault"]["aadsts"].int == 7_000_229)
            #expect(item["output"] == .null && item["rows"].int == 0)

            let status = try await journey.tenantry(
                "consent", "verify", "contoso.example", "--wait", "30s", "-o", "json", exit: 5
            ).json
            #expect(status["state"] == "revoked" && status["who_must_act"] == "customer_admin")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "revoked")
            let third = try await journey.tenantry(job, exit: 5).json
            #expect(third["counts"] == ["succeeded": 1, "skipped": 1])

            // Consent can come back.
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            #expect(try await journey.tenantry(job).json["state"] == "succeeded")
        }
    }

    @Test("A token that is still good is not served once the consent is known to be gone")
    func revokedWithGoodToken() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
            try await journey.world.revoke(.contoso)
            let status = try await journey.tenantry(
                "consent", "verify", "contoso.example", "--wait", "40s", "-o", "json", exit: 5
            ).json
            #expect(status["state"] == "revoked")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "revoked")
            try await service.killNow()
            _ = try await journey.serve()
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "revoked")
        }
    }
}
