import Testing

@Suite("What comes back from Microsoft's consent page", .timeLimit(.minutes(10)))
struct ConsentAnswerTests {
    private static func callback(_ query: String) -> String { "http://localhost/consent/callback?\(query)" }

    private static func yes(_ customer: Customer, _ state: String) -> String {
        callback("admin_consent=True&tenant=\(customer.id)&state=\(state)")
    }

    @Test("A decline is a decline, and whoever may consent can still answer the link")
    func declined() async throws {
        try await Journey.begin(Scenario(.contoso.with("administrator", "declines"))) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let callback = try await journey.world.answer(link.url)
            #expect(callback.contains("error=access_denied") && callback.contains("admin_consent=True"))
            #expect(try await service.follow(callback).body.contains("The last answer was no"))
            #expect(try await journey.state(.contoso) == "denied")
            #expect(try await service.visit(link.page).body.contains("Continue to Microsoft"))
            try await journey.refused(
                4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id, "denied")
            #expect(try await journey.world.requests("token").isEmpty, "nobody asked for a token on a decline")

            // The customer's better mood cures it.
            try await journey.world.change(.contoso, ["administrator": "approves"])
            #expect(try await service.visit(try await journey.world.answer(link.url)).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
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
            for (error, notice) in [
                ("error=access_denied&error_description=AADSTS65004%3a+The+user+declined.", "The last answer was no"),
                ("error=access_denied", "The last answer was no"),
                ("error=invalid_client&error_description=AADSTS650052%3a+x", "could not record the last answer"),
                ("error=", "could not record the last answer"),
            ] {
                let link = try await journey.link(.contoso)
                // Consent is really there, so that only the answer itself speaks against it.
                _ = try await journey.world.answer(link.url)
                let reply = try await service.follow(Self.yes(.contoso, link.state) + "&" + error)
                #expect(reply.body.contains(notice))
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
                #expect(reply.body.contains("came for a different organisation"))
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

    @Test("Twenty kinds of forged answers grant nothing, and the one honest answer still does")
    func forged() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            let service = try await journey.open(.contoso, .fabrikam, .northwind)
            // Fabrikam has consented; nothing of it may rub off on others.
            #expect(try await journey.consent(.fabrikam, through: service) == "granted")
            let (mine, other) = (try await journey.link(.contoso), try await journey.link(.northwind))
            let (me, victim) = (Customer.contoso.id, Customer.fabrikam.id)
            let stranger = "99999999-9999-4999-8999-999999999999"
            let state = mine.state
            let forgeries = [
                "admin_consent=True&tenant=\(victim)&state=\(state)",
                "admin_consent=True&tenant=\(stranger)&state=\(state)",
                "admin_consent=True&tenant=common&state=\(state)", "admin_consent=True&tenant=&state=\(state)",
                "admin_consent=True&tenant=\(me)&state=\(String(other.state.reversed()))",
                "admin_consent=True&tenant=\(me)",
                "admin_consent=True&tenant=\(me)&state=\(other.state)",
                "admin_consent=true&tenant=\(victim)&state=\(other.state)",
                "admin_consent=True&tenant=\(me)&state=\(state)x", "admin_consent=True&tenant=\(me)&state=\(state)%00",
                "admin_consent=True&tenant=\(me)&tenant=\(victim)&state=\(state)",
                "admin_consent=False&tenant=\(me)&state=\(state)", "tenant=\(me)&state=\(state)",
                "admin_consent=True&tenant=\(me)&state=\(state)&error=access_denied",
                "admin_consent=True&error=consent_required&error_description=AADSTS65004&state=\(state)",
                "error=invalid_client&error_description=AADSTS650051%3a+x&state=\(other.state.dropLast())",
                "error=access_denied&error_subcode=cancel&state=\(state)", "code=stolen&state=\(state)",
                "code=stolen&state=\(mine.page.split(separator: "/").last ?? "").guess",
                "admin_consent=True&tenant=\(me)%2f..%2f\(victim)&state=\(state)",
            ]
            #expect(forgeries.count == 20)
            for forgery in forgeries {
                _ = try await service.visit(Self.callback(forgery))
                for customer in [Customer.contoso, .northwind] {
                    let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
                    #expect(status["state"] != "granted" && status["granted"].items.isEmpty, "\(forgery)")
                }
            }
            #expect(try await service.ask("GET", "/tenants/\(victim)/consent").json["state"] == "granted")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "no proven consent")
            // The honest answer, once; a copy of it that is typed again adds nothing.
            let honest = try await journey.world.answer(mine.url)
            #expect(try await service.visit(honest).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            // A yes for a tenant that never consented is a claim that the authority does not confirm.
            _ = try await service.visit(Self.yes(.northwind, other.state))
            let claimed = try await eventually("the authority was asked") {
                try await journey.world.requests("token", of: .northwind).isEmpty
                    ? nil : try await journey.state(.northwind)
            }
            #expect(["claimed", "verifying"].contains(claimed))
        }
    }

    @Test("A request to the administrators is an outcome of its own, and their approval is found without a callback")
    func requested() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let page = try await service.follow(
                Self.callback(
                    "error=access_denied&error_subcode=cancel&error_description=AADSTS65004%3a+x&state=\(link.state)"))
            #expect(page.body.contains("Your request was sent to the administrators"))
            let status = try await journey.tenantry("consent", "status", "contoso.example", "-o", "json").json
            #expect(status["state"] == "invited" && status["note"]["code"] == "request_sent")
            #expect(status["who_must_act"] == "customer_admin")
            let links = try await journey.tenantry("consent", "links", "contoso.example", "-o", "json").json.items
            #expect(links.map { $0["state"].text } == ["open"] && links[0]["outcome"] == "requested")
            // They approve it in the admin center; the routine look finds it.
            _ = try await journey.world.answer(link.url)
            #expect(try await service.stop() == 0)
            try await journey.alterDatabase("UPDATE connection SET recheck_due = recheck_due - 30000000")
            _ = try await journey.serve()
            let state = try await eventually("the look is taken") {
                let state = try await journey.state(.contoso)
                return state == "invited" ? nil : state
            }
            #expect(state == "granted")
        }
    }

    @Test("An operator ends a conflict, cancels a link, and is told what is no such thing")
    func settled() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            let link = try await journey.link(.contoso)
            try await journey.refused(1, ["consent", "dismiss-conflict", "contoso.example"], saying: "no conflict")
            _ = try await service.visit(Self.yes(.fabrikam, link.state))
            #expect(try await journey.state(.contoso) == "conflict")
            let named = try await journey.tenantry("consent", "links", "contoso.example", "-o", "json").json[0]["named"]
            #expect(named.text == Customer.fabrikam.id)
            let ended = try await journey.tenantry("consent", "dismiss-conflict", "contoso.example", "-o", "json").json
            #expect(ended["state"] == "invited")
            let id = try await journey.tenantry("consent", "links", "contoso.example", "-o", "json").json[0]["id"].text
            try await journey.tenantry("consent", "cancel", id)
            try await journey.refused(1, ["consent", "cancel", link.page], saying: "not open")
            try await journey.refused(3, ["consent", "cancel", "nonsense"], saying: "not known")
            #expect(try await service.visit(link.page).title == "This link was taken back")
            #expect(try await journey.state(.contoso) == "none")
            let mail = try await journey.tenantry("consent", "link", "contoso.example", "--mail").output
            #expect(mail.hasPrefix("Subject: Tallyport Fleet Sync") && mail.contains("/connect/"))
        }
    }
}
