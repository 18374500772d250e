import Testing

@Suite("Callbacks as Microsoft's page was seen to send them", .timeLimit(.minutes(10)))
struct OddCallbackTests {
    private static let invitation = "Tallyport Fleet Sync asks for your consent"

    /// What a page answers, the state it leads to, the code of the note, and words of the page.
    private static let answers: [(answer: String, state: String, code: String, page: String)] = [
        ("permission_denied", "denied", "declined", "The last answer was no"),
        ("consent_required", "denied", "declined", "The last answer was no"),
        ("declined", "denied", "declined", "The last answer was no"),
        ("access_denied", "denied", "declined", "The last answer was no"),
        ("wrong_directory", "denied", "consent_failed", "could not record the last answer"),
        ("request_sent", "invited", "request_sent", "Your request was sent to the administrators"),
    ]

    @Test("Every no leads to its own state, page and note, and the link can still be accepted")
    func refusals() async throws {
        let customers = Self.answers.indices.map { Customer.number($0) }
        try await Journey.begin(Scenario(customers)) { journey in
            let service = try await journey.open(customers)
            for (customer, expected) in zip(customers, Self.answers) {
                let link = try await journey.link(customer)
                // The same answer in the order and spelling of old pages is the same answer.
                for shape in [
                    [], ["reversed", "upper_hex", "hash_tail"], ["v1_order", "extra_parameters", "no_hash"],
                ] {
                    let callback = try await journey.world.answer(
                        link.url,
                        callback: ["answer": .string(expected.answer), "shape": .array(shape.map { .string($0) })])
                    let page = try await service.follow(callback)
                    #expect(page.title == Self.invitation && page.body.contains(expected.page), "\(expected.answer)")
                    #expect(page.button == link.url)
                }
                let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
                #expect(status["state"].text == expected.state && status["who_must_act"] == "customer_admin")
                #expect(status["note"]["code"].text == expected.code, "\(expected.answer)")
                let events = try await journey.events(of: customer).map { $0["type"].text }
                #expect(events == ["consent.invited"] + (expected.state == "denied" ? ["consent.denied"] : []))
            }
            #expect(try await journey.world.requests("token").isEmpty, "nobody asks for a token on a no")
            for customer in customers {
                let links = try await service.ask("GET", "/tenants/\(customer.id)/consent-links").json["items"].items
                let address = try #require(links.first?["link"].text)
                let url = try #require(try await service.visit(address).button)
                #expect(try await service.visit(try await journey.world.answer(url)).status == 303)
            }
            for customer in customers {
                #expect(try await journey.settled(customer, in: service)["state"] == "granted", "\(customer.domain)")
            }
        }
    }

    @Test("What was proven stays so, whatever comes back on another link")
    func overwritesNothing() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            for answer in ["consent_conflict"] + Self.answers.map(\.answer) {
                let link = try await journey.link(.contoso)
                let callback = try await journey.world.answer(link.url, callback: .string(answer))
                #expect(try await service.visit(callback).status == 303, "\(answer)")
                let status = try await journey.settled(.contoso, in: service)
                #expect(status["state"] == "granted" && status["note"] == .null, "\(answer)")
            }
            let stranger = try await journey.link(.contoso)
            let forged = "tenant=\(Customer.fabrikam.id)&admin_consent=True&state=\(stranger.state)"
            #expect(try await service.visit("http://localhost/consent/callback?" + forged).status == 303)
            #expect(try await journey.state(.contoso) == "granted")
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
            let told = try await journey.events(of: .contoso).map { $0["type"].text }
            #expect(
                told == ["consent.invited", "consent.claimed", "consent.granted", "consent.misdirected"], "\(told)")
        }
    }

    @Test("A request for approval sends no callback, and leaves the link as it was")
    func staysAtMicrosoft() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let before = try await journey.everything()
            let nothing = try await journey.world.answer(link.url, callback: "approval_requested")
            #expect(nothing.isEmpty)
            let page = try await service.visit(link.page)
            #expect(page.title == Self.invitation && !page.body.contains("class=\"notice\""))
            #expect(try await journey.everything() == before)
            #expect(try await journey.state(.contoso) == "invited")
            #expect(try await service.visit(try await journey.world.answer(link.url)).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
        }
    }

    @Test("An earlier service principal in the way is waited for, whether the consent was recorded or not")
    func conflicts() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            let recorded = try await journey.link(.fabrikam)
            let page = try await service.follow(
                try await journey.world.answer(recorded.url, callback: "consent_conflict_recorded"))
            #expect(["Almost there", "Done. Thank you"].contains(page.title))
            #expect(try await journey.settled(.fabrikam, in: service)["state"] == "granted", "by itself")
            #expect(try await service.visit(recorded.page).title == "Done. Thank you")

            let lost = try await journey.link(.contoso)
            let answer = try await journey.world.answer(lost.url, callback: "consent_conflict")
            #expect(answer.contains("650051"))
            let again = try await service.follow(answer)
            #expect(again.title == "Almost there" && again.button == lost.url, "it can be accepted once more")
            let waiting = try await eventually("the authority was asked") {
                let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
                return status["state"] == "verifying" ? status : nil
            }
            #expect(waiting["who_must_act"] == "nobody_wait" && waiting["granted"].items.isEmpty)
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "verifying")
            // The administrator tries again on Microsoft's page; the second attempt succeeds.
            #expect(try await service.visit(try await journey.world.answer(lost.url)).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            #expect(try await service.visit(lost.page).title == "Done. Thank you")
        }
    }

    @Test("A yes in any spelling that keeps its meaning is a yes")
    func spellings() async throws {
        let shapes: [[String]] = [
            ["upper_hex"], ["no_hash"], ["hash_tail"], ["extra_parameters"], ["reversed"], ["v1_order"],
            ["lower_case_true"], ["upper_hex", "hash_tail", "extra_parameters", "reversed", "lower_case_true"],
        ]
        let customers = shapes.indices.map { Customer.number($0) }
        try await Journey.begin(Scenario(customers)) { journey in
            let service = try await journey.open(customers)
            for (customer, shape) in zip(customers, shapes) {
                let callback = try await journey.world.answer(
                    try await journey.link(customer).url, callback: ["shape": .array(shape.map { .string($0) })])
                #expect(try await service.visit(callback).status == 303, "\(shape)")
            }
            for (customer, shape) in zip(customers, shapes) {
                let status = try await journey.settled(customer, in: service)
                #expect(status["state"] == "granted", "\(shape)")
            }
        }
    }

    @Test("A yes whose state was lost or lengthened changes nothing, and the same link can be answered once more")
    func lostState() async throws {
        let shapes = ["state_junk", "without_state"]
        let customers = shapes.indices.map { Customer.number($0) }
        try await Journey.begin(Scenario(customers)) { journey in
            let service = try await journey.open(customers)
            for (customer, shape) in zip(customers, shapes) {
                let link = try await journey.link(customer)
                let before = try await journey.everything()
                let callback = try await journey.world.answer(link.url, callback: ["shape": [.string(shape)]])
                let page = try await service.visit(callback)
                #expect(page.status == 400 && page.title == "This answer cannot be used", "\(shape)")
                #expect(!page.body.contains(link.state) && page.headers["location"] == nil)
                #expect(try await journey.everything() == before)
                #expect(try await journey.state(customer) == "invited")
                #expect(try await service.visit(link.page).button == link.url)
                #expect(try await service.visit(try await journey.world.answer(link.url)).status == 303)
                #expect(try await journey.settled(customer, in: service)["state"] == "granted")
            }
        }
    }
}
