import Testing

@Suite("Links that operators send", .timeLimit(.minutes(10)))
struct ConsentLinkTests {
    private func links(_ journey: Journey, _ customer: Customer) async throws -> [JSON] {
        try await journey.tenantry("consent", "links", customer.domain, "-o", "json").json.items
    }

    @Test("The page can be forwarded: by its address, as a text, and as a code to point a camera at")
    func forwarded() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let page = try await service.visit(link.page)
            #expect(page.body.contains("<svg") && page.body.contains("</svg>"))
            let forward = try #require(page.body.firstRange(of: "Forward it to an administrator"))
            let text = String(page.body[forward.upperBound...])
            #expect(text.contains(link.page), "the address of this very page")
            #expect(!text.contains(link.state), "whoever reads it over a shoulder cannot answer it")
            #expect(text.contains("Contoso") || text.contains("contoso.example"))
            // Once it is used up, there is nothing to forward.
            #expect(try await service.visit(try await journey.world.answer(link.url)).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            let done = try await service.visit(link.page)
            #expect(done.title == "Done. Thank you" && !done.body.contains("<svg") && done.button == nil)
        }
    }

    @Test("A link that is lost is sent again, as long as it can be answered, across restarts")
    func sentAgain() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await journey.open(.contoso)
            let (first, second) = (try await journey.link(.contoso), try await journey.link(.contoso))
            #expect(try await service.visit(try await journey.world.answer(second.url, "decline")).status == 303)
            // Which of two pages on one port is meant, their paths say; the port is another after a restart.
            func paths() async throws -> Set<String> {
                Set(try await links(journey, .contoso).map { String($0["link"].text.split(separator: "/").last ?? "") })
            }
            let sent = Set([first, second].map { String($0.page.split(separator: "/").last ?? "") })
            #expect(try await paths() == sent)
            try await service.killNow()
            service = try await journey.serve()
            #expect(try await paths() == sent)
            let states = try await links(journey, .contoso)
            #expect(states.allSatisfy { $0["state"] == "open" && $0["release"].int == 1 })
            #expect(Set(states.map { $0["outcome"].text }) == ["", "declined"])

            let address = try #require(try await links(journey, .contoso).first { $0["outcome"] == "declined" })
            let page = try await service.visit(address["link"].text)
            #expect(page.button == second.url, "the same question, word for word")
            #expect(try await service.visit(try await journey.world.answer(second.url)).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            let after = try await links(journey, .contoso)
            #expect(Set(after.map { $0["state"].text }) == ["approved", "open"])
            #expect(after.first { $0["state"] == "approved" }?["link"] == .null)
            let table = try await journey.tenantry("consent", "links", "contoso.example").output
            #expect(!table.contains(first.state) && !table.contains(second.state))
        }
    }

    @Test("A link that would take granted roles away is refused by their names, unless that is wanted")
    func narrowing() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let spec = try journey.spec(
                replacing: ("  - role: Organization.Read.All\n    reason: Reads the company's name\n", ""))
            let draft = try await journey.tenantry("release", "create", "-f", spec, "-o", "json").json
            #expect(draft["number"].int == 2 && draft["state"] == "draft")
            #expect(try await !journey.link(.contoso).url.isEmpty, "a draft asks nobody")
            let difference = try await journey.tenantry("release", "diff", "fleet", "-o", "json").json
            #expect(difference["removed"].items.map { $0["role"].text } == ["Organization.Read.All"])
            try await journey.tenantry("release", "publish", "fleet", "2")
            // The registration follows, by the ISV's own hand.
            try await journey.world.control(
                "POST", "/apps",
                [
                    "client_id": .string(Scenario.clientID),
                    "permissions": [["resource": "https://graph.microsoft.com", "roles": ["User.Read.All"]]],
                ])

            let before = try await journey.everything()
            try await journey.refused(
                1, ["consent", "link", "contoso.example"], saying: "Organization.Read.All", "--allow-narrowing")
            #expect(try await journey.everything() == before)
            let refusal = try await service.ask("POST", "/tenants/\(Customer.contoso.id)/consent-links", [:])
            #expect(refusal.status == 409)
            #expect(try refusal.json["code"] == "would_narrow", "\(refusal.body)")
            let bulk = try await journey.tenantry(
                "consent", "link", "-l", "text~example", "--yes", "-o", "json", exit: 5
            ).output
            #expect(bulk.contains("Organization.Read.All") && bulk.contains("/connect/"), "the other one gets its link")

            let made = try await journey.tenantry(
                "consent", "link", "contoso.example", "--allow-narrowing", "-o", "json"
            ).json
            #expect(made["would_remove"] == ["Organization.Read.All"] && made["release"].int == 2)
            #expect(try await journey.state(.contoso) == "granted", "a link alone takes nothing")
            let url = made["admin_consent_url"].text
            #expect(try await service.visit(try await journey.world.answer(url)).status == 303)
            let status = try await eventually("the new release is proven") {
                let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
                return status["release"].int == 2 ? status : nil
            }
            #expect(status["state"] == "granted" && status["granted"] == ["User.Read.All"])
            #expect(status["missing"].items.isEmpty)
            _ = try await journey.link(.contoso)
            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            #expect(try JWT(token).claims["roles"] == ["User.Read.All"], "the old token is not served any more")
        }
    }
}
