import Testing

@Suite("What comes back from Microsoft's consent page", .timeLimit(.minutes(10)))
struct ConsentAnswerTests {
    private static func callback(_ query: String) -> String { "http://localhost/consent/callback?\(query)" }

    private static func yes(_ customer: Customer, _ state: String) -> String {
        callback("admin_consent=True&tenant=\(customer.id)&state=\(state)")
    }

    @Test("A decline is a decline, and no later answer on that link changes it")
    func declined() async throws {
        try await Journey.begin(Scenario(.contoso.with("administrator", "declines"))) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let callback = try await journey.world.answer(link.url)
            #expect(callback.contains("error=access_denied") && callback.contains("admin_consent=True"))
            #expect(try await service.follow(callback).title == "You declined")
            #expect(try await journey.state(.contoso) == "denied")
            #expect(try await service.visit(link.page).title == "You declined")

            #expect(try await service.follow(Self.yes(.contoso, link.state)).title == "You declined")
            #expect(try await journey.state(.contoso) == "denied")
            try await journey.refused(
                4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id, "denied")
            #expect(try await journey.world.requests("token").isEmpty, "nobody asked for a token on a decline")

            // A new link, and the customer's better mood, cure it.
            try await journey.world.change(.contoso, ["administrator": "approves"])
            #expect(try await journey.consent(.contoso, through: service) == "granted")
        }
    }

    @Test("A callback with a wrong, missing, lengthened or repeated state changes nothing")
    func unusable() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let answer = "admin_consent=True&tenant=\(Customer.contoso.id)"
            let before = try await journey.everything()
            let stranger = String(link.state.reversed())
            for query in [
                "", answer, answer + "&state=", answer + "&state=\(stranger)", answer + "&state=\(link.state)x",
                answer + "&state=\(link.state)%20Bearer", answer + "&state=\(link.state.dropLast())",
                answer + "&state=\(link.state)&state=\(link.state)", answer + "&state=\(link.state)&state=x",
                answer + "&state=%ff", answer + "&state=\(String(repeating: "a", count: 9_000))",
                "tenant=\(Customer.contoso.id)&state=\(link.state)", "state=\(link.state)",
                "error=access_denied", "error=access_denied&state=\(stranger)",
            ] {
                let reply = try await service.visit(Self.callback(query))
                #expect(reply.status == 400 && reply.title == "This answer cannot be used", "\(query)")
                #expect(!reply.body.contains(link.state))
            }
            #expect(try await journey.everything() == before)
            #expect(try await service.visit(link.page).title == "Tallyport Fleet Sync asks for your consent")
            let callback = try await journey.world.answer(link.url)
            #expect(try await service.visit(callback).status == 303, "the link was not used up")
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")

            let after = try await journey.everything()
            let again = try await service.visit(callback)
            #expect(again.status == 303 && again.headers["location"]?.contains(link.state) == false)
            #expect(try await service.follow(callback).title == "Done. Thank you")
            let refusal = Self.callback("error=access_denied&state=\(link.state)")
            #expect(try await service.follow(refusal).title == "Done. Thank you")
            #expect(try await journey.everything() == after, "a used state does nothing")
        }
    }

    @Test("A link that has expired takes no answer")
    func expired() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso, "--expires", "1m")
            let callback = try await journey.world.answer(link.url)
            // The minute passes while nobody looks.
            #expect(try await service.stop() == 0)
            try await journey.alterDatabase(
                "UPDATE consent_attempt SET created_at = created_at - 60000, expires_at = expires_at - 60000")
            service = try await journey.serve()

            let page = try await service.visit(link.page)
            #expect(page.title == "This link has expired" && !page.body.contains("adminconsent"))
            let reply = try await service.visit(callback)
            #expect(reply.status == 410 && reply.title == "This link has expired")
            #expect(try await journey.state(.contoso) == "invited")
            #expect(try await journey.world.requests("token").isEmpty)
        }
    }

    @Test("An error wins over admin_consent=True")
    func contradiction() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            for (error, title) in [
                ("error=access_denied&error_description=AADSTS65004%3a+The+user+declined.", "You declined"),
                ("error=access_denied", "You declined"),
                ("error=invalid_client&error_description=AADSTS650052%3a+x", "Microsoft could not record your consent"),
                ("error=", "Microsoft could not record your consent"),
            ] {
                let link = try await journey.link(.contoso)
                // Consent is really there, so that only the answer itself speaks against it.
                _ = try await journey.world.answer(link.url)
                let reply = try await service.follow(Self.yes(.contoso, link.state) + "&" + error)
                #expect(reply.title == title)
                #expect(try await journey.state(.contoso) == "denied")
                try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "denied")
            }
        }
    }

    @Test("The answer of another tenant is a conflict")
    func otherTenant() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            #expect(try await journey.consent(.fabrikam, through: service) == "granted")
            for tenant in [Customer.fabrikam.id, "common", "fabrikam.example"] {
                let link = try await journey.link(.contoso)
                let reply = try await service.follow(
                    Self.callback("admin_consent=True&tenant=\(tenant)&state=\(link.state)"))
                #expect(reply.title == "Another organisation answered")
                #expect(!reply.body.contains(Customer.fabrikam.id), "one customer learns nothing of another")
                #expect(try await journey.state(.contoso) == "conflict")
            }
            #expect(try await journey.state(.fabrikam) == "granted")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "conflict")
            #expect(try await journey.world.requests("token", of: .contoso).isEmpty)
        }
    }

    @Test("Looking ahead with HEAD, or at the page again and again, uses nothing up")
    func previews() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let callback = try await journey.world.answer(link.url)
            let before = try await journey.everything()
            for _ in 1...3 {
                _ = try await service.visit(link.page, method: "HEAD")
                _ = try await service.visit(callback, method: "HEAD")
                #expect(try await service.visit(link.page).status == 200)
            }
            #expect(try await journey.everything() == before)
            #expect(try await service.visit(callback).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
        }
    }
}
