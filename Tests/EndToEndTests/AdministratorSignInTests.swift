import Testing

@Suite("The administrator's sign-in after a yes", .timeLimit(.minutes(10)))
struct AdministratorSignInTests {
    private static let question = "One more step: confirm who you are"

    private static func person(_ name: String, _ role: String) -> JSON {
        ["user_principal_name": .string(name), "role": .string(role)]
    }

    private static let guest: JSON = ["user_principal_name": "gil@elsewhere.example", "user_type": "guest"]

    private static func staffed(_ customer: Customer) -> Customer {
        let members = [
            ("gwen", "global_administrator"), ("priya", "privileged_role_administrator"),
            ("ada", "application_administrator"), ("uma", "none"),
        ].map { person("\($0)@\(customer.domain)", $1) }
        return customer.with(users: .array(members + [guest]))
    }

    private static func scenario(_ customers: Customer...) -> Scenario {
        var scenario = Scenario(customers.map(staffed))
        scenario.tellsDirectoryRoles = true
        return scenario
    }

    /// From nothing to a service whose app wants the sign-in.
    private func open(_ journey: Journey, _ customers: Customer...) async throws -> Service {
        let service = try await journey.open(customers)
        let app = try await journey.tenantry(
            "app", "set", "fleet", "--administrator-sign-in", "required", "-o", "json"
        ).json
        #expect(app["administrator_sign_in"] == "required")
        return service
    }

    /// The link is accepted.
    ///
    /// - Returns: the link, and where the page then leads.
    private func accept(
        _ customer: Customer, _ journey: Journey, _ service: Service, in browser: Browser
    ) async throws -> (link: ConsentLink, signIn: String) {
        let link = try await journey.link(customer)
        let page = try await browser.follow(try await journey.world.answer(link.url), at: service)
        #expect(page.title == Self.question && page.headers["set-cookie"]?.contains("HttpOnly") == true)
        return (link, try #require(page.button))
    }

    private func evidence(_ customer: Customer, _ service: Service) async throws -> JSON {
        let status = try await service.ask("GET", "/tenants/\(customer.id)/consent").json
        return status["evidence"].items.first { $0["check"] == "administrator" } ?? .null
    }

    @Test("Consent counts once an administrator of that very tenant has signed in", arguments: ["gwen", "priya"])
    func required(_ name: String) async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let (link, signIn) = try await accept(.contoso, journey, service, in: browser)
            #expect(signIn.hasPrefix("\(journey.world.login)/\(Customer.contoso.id)/oauth2/v2.0/authorize?"))
            #expect(signIn.parameter("code_challenge_method") == "S256" && signIn.parameter("response_type") == "code")
            #expect(signIn.parameter("nonce").count >= 22 && signIn.parameter("state").count >= 22)
            #expect(!signIn.contains(link.state), "the state of the consent is used up")

            let waiting = try await eventually("the roles are there, and the administrator is missing") {
                let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
                return status["note"]["code"] == "administrator_missing" ? status : nil
            }
            #expect(waiting["state"] == "verifying")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "verifying")

            let callback = try await journey.world.signIn(signIn, as: "\(name)@contoso.example")
            #expect(try await browser.visit(callback, at: service).status == 303)
            let status = try await journey.settled(.contoso, in: service)
            #expect(status["state"] == "granted" && status["who_must_act"] == .null)
            let seen = try await evidence(.contoso, service)
            #expect(seen["passed"] == true && seen["saw"].text.contains("holds a role that may consent"))
            #expect(try await browser.visit(link.page, at: service).title == "Done. Thank you")
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")

            // The same answer again, and the consent's own, do nothing.
            let before = try await journey.everything()
            let asked = try await journey.world.requests("token").count
            for again in [callback, callback.replacing("code=", with: "code=x"), callback + "&error=access_denied"] {
                #expect(try await browser.follow(again, at: service).title == "Done. Thank you")
            }
            #expect(try await journey.everything() == before)
            #expect(try await journey.world.requests("token").count == asked)
            #expect(try await evidence(.contoso, service) == seen)
        }
    }

    @Test("An account without such a role counts for nothing, and an administrator can follow it")
    func plainUser() async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let (link, first) = try await accept(.contoso, journey, service, in: browser)
            var signIn = first
            for name in ["uma@contoso.example", "ada@contoso.example", "gil@elsewhere.example"] {
                let callback = try await journey.world.signIn(signIn, as: name)
                let page = try await browser.follow(callback, at: service)
                #expect(page.title == Self.question && page.body.contains("The last sign-in did not count"), "\(name)")
                let seen = try await evidence(.contoso, service)
                #expect(seen["passed"] == false && seen["saw"].text.contains("holds no role"), "\(seen)")
                signIn = try #require(page.button)
                // Its code is used up, so bringing it again is refused by the authority.
                let again = try await browser.follow(callback, at: service)
                #expect(again.title == Self.question)
                #expect(try await evidence(.contoso, service)["passed"] == false)
            }
            // Who closes Microsoft's page is asked again.
            let cancelled = try await journey.world.signIn(signIn, "cancel")
            let page = try await browser.follow(cancelled, at: service)
            #expect(page.title == Self.question)
            #expect(try await evidence(.contoso, service)["saw"].text.contains("'access_denied'"))
            #expect(try await journey.state(.contoso) != "granted")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id)

            let callback = try await journey.world.signIn(try #require(page.button), as: "gwen@contoso.example")
            #expect(try await browser.visit(callback, at: service).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            #expect(try await evidence(.contoso, service)["passed"] == true)
            #expect(try await browser.visit(link.page, at: service).title == "Done. Thank you")
        }
    }

    @Test("A token about the user that is wrong in any way grants nothing, and the evidence says in which")
    func forged() async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let (_, signIn) = try await accept(.contoso, journey, service, in: browser)
            for (flaw, sentence) in [
                ("signature", "signature is wrong"), ("aud", "made for another app"),
                ("iss", "issued by another authority"), ("tid", "of another tenant"),
                ("nonce", "belongs to another sign-in"), ("expired", "has expired"),
                ("alg_none", "not signed by RS256"), ("unknown_kid", "does not publish the key"),
            ] {
                try await journey.world.forge(flaw, of: .contoso)
                let callback = try await journey.world.signIn(signIn, as: "gwen@contoso.example")
                let page = try await browser.follow(callback, at: service)
                #expect(page.title == Self.question && page.body.contains("did not count"), "\(flaw)")
                let seen = try await evidence(.contoso, service)
                #expect(seen["passed"] == false && seen["saw"].text.contains(sentence), "\(flaw): \(seen)")
                let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
                #expect(status["state"] != "granted", "\(flaw)")
            }
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id)
            let events = try await journey.events(of: .contoso).map { $0["type"].text }
            #expect(!events.contains("consent.granted"))

            let callback = try await journey.world.signIn(signIn, as: "gwen@contoso.example")
            #expect(try await browser.visit(callback, at: service).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
        }
    }

    @Test("Where the token does not tell the roles, an account of the tenant counts, and the evidence says so")
    func rolesNotTold() async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let (_, signIn) = try await accept(.contoso, journey, service, in: browser)
            try await journey.world.forge("no_wids", of: .contoso)
            let callback = try await journey.world.signIn(signIn, as: "uma@contoso.example")
            #expect(try await browser.visit(callback, at: service).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            let seen = try await evidence(.contoso, service)
            #expect(seen["passed"] == true && seen["saw"].text.contains("does not tell the directory roles"))
        }
    }

    @Test("A yes that Microsoft could not record leads to the sign-in, and can be repeated from there")
    func delayed() async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let link = try await journey.link(.contoso)
            let delayed = try await journey.world.answer(link.url, callback: "consent_conflict_recorded")
            let first = try await browser.follow(delayed, at: service)
            #expect(first.title == Self.question && first.body.contains("Accept once more"))
            #expect(first.body.replacing("&amp;", with: "&").contains("href=\"\(link.url)\""))
            _ = try await eventually("the consent is there, and not enough") {
                let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
                return status["note"]["code"] == "administrator_missing" ? true : nil
            }
            let page = try await browser.follow(try await journey.world.answer(link.url), at: service)
            #expect(page.title == Self.question)
            let callback = try await journey.world.signIn(try #require(page.button), as: "gwen@contoso.example")
            #expect(try await browser.visit(callback, at: service).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            #expect(try await browser.visit(link.page, at: service).title == "Done. Thank you")
        }
    }

    @Test("An authority in trouble says nothing of the person, who signs in again")
    func trouble() async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let (_, signIn) = try await accept(.contoso, journey, service, in: browser)
            // Looks at the consent use up some of them.
            try await journey.world.fault("token", "server_error", of: .contoso, count: 1_000)
            let callback = try await journey.world.signIn(signIn, as: "gwen@contoso.example")
            let page = try await browser.follow(callback, at: service)
            #expect(page.title == Self.question)
            let seen = try await evidence(.contoso, service)
            #expect(seen["passed"] == false && seen["saw"].text.contains("could not be asked"), "\(seen)")
            #expect(!seen["saw"].text.contains(callback.parameter("code")))
            try await journey.world.control("DELETE", "/faults")

            let again = try await journey.world.signIn(try #require(page.button), as: "gwen@contoso.example")
            #expect(try await browser.visit(again, at: service).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            #expect(try await evidence(.contoso, service)["passed"] == true)
        }
    }

    @Test("A sign-in that comes through another browser than the one that said yes is refused")
    func otherBrowser() async throws {
        try await Journey.begin(Self.scenario(.contoso, .fabrikam)) { journey in
            let service = try await open(journey, .contoso, .fabrikam)
            let (browser, stranger) = (Browser(of: journey), Browser(of: journey, "stranger"))
            let (link, signIn) = try await accept(.contoso, journey, service, in: browser)
            _ = try await accept(.fabrikam, journey, service, in: stranger)
            let callback = try await journey.world.signIn(signIn, as: "gwen@contoso.example")
            // The first has no cookie at all, the second one of another link.
            for reply in [try await service.visit(callback), try await stranger.visit(callback, at: service)] {
                #expect(reply.status == 403 && reply.headers["location"] == nil)
                #expect(reply.title == "Please sign in from the browser where you accepted")
                #expect(!reply.body.contains(callback.parameter("code")))
            }
            #expect(try await evidence(.contoso, service) == .null, "a stranger leaves no trace")
            let sent = try await journey.world.requests("token").filter { $0["auth"] == "none" }
            #expect(sent.isEmpty)
            // The code is still good, for the right one.
            #expect(try await browser.visit(callback, at: service).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            #expect(try await browser.visit(link.page, at: service).title == "Done. Thank you")
            #expect(try await journey.state(.fabrikam) != "granted")
        }
    }

    @Test("Switched off again, consents pass as before, those that wait for a sign-in too")
    func off() async throws {
        try await Journey.begin(Self.scenario(.contoso, .fabrikam, .northwind)) { journey in
            let service = try await journey.open(.contoso, .fabrikam, .northwind)
            #expect(try await journey.consent(.northwind, through: service) == "granted")
            try await journey.tenantry("app", "set", "fleet", "--administrator-sign-in", "required")
            let (link, _) = try await accept(.contoso, journey, service, in: Browser(of: journey))
            #expect(try await journey.state(.northwind) == "granted", "who was granted stays so")
            try await journey.tenantry("token", "get", "--tenant", "northwind.example")

            try await journey.tenantry("app", "set", "fleet", "--administrator-sign-in", "off")
            #expect(try await journey.consent(.fabrikam, through: service) == "granted")
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            #expect(try await service.visit(link.page).title == "Done. Thank you")
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await evidence(customer, service) == .null)
            }
            try await journey.refused(
                2, ["app", "set", "fleet", "--administrator-sign-in", "perhaps"], saying: "administrator_sign_in")
        }
    }

    @Test("Nothing of a sign-in is written down: no code, nonce, state, cookie or token")
    func secrets() async throws {
        try await Journey.begin(Self.scenario(.contoso)) { journey in
            let service = try await open(journey, .contoso)
            let browser = Browser(of: journey)
            let link = try await journey.link(.contoso)
            let page = try await browser.follow(try await journey.world.answer(link.url), at: service)
            let signIn = try #require(page.button)
            let cookie = try #require(page.headers["set-cookie"]).split(separator: ";")[0].split(separator: "=")[1]
            var secrets = [
                link.state, String(cookie), signIn.parameter("nonce"), signIn.parameter("state"),
                String(signIn.parameter("state").split(separator: ".").last ?? ""),
            ]
            // One that is refused by the cookie, one by its role, one by its signature, and one that passes.
            let stolen = try await journey.world.signIn(signIn, as: "gwen@contoso.example")
            #expect(try await service.visit(stolen).status == 403)
            secrets.append(stolen.parameter("code"))
            try await journey.world.forge("signature", of: .contoso)
            for name in ["gwen", "uma", "gwen"] {
                let callback = try await journey.world.signIn(signIn, as: "\(name)@contoso.example")
                #expect(try await browser.visit(callback, at: service).status == 303)
                secrets.append(callback.parameter("code"))
            }
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            for words in [
                ["app", "show", "fleet"], ["consent", "status", "contoso.example"], ["audit", "list"],
                ["event", "list"], ["tenant", "timeline", "contoso.example"],
            ] {
                for format in ["table", "json"] { try await journey.tenantry(words + ["-o", format]) }
            }
            #expect(secrets.count == 9 && Set(secrets).count == 9)
            #expect(secrets.allSatisfy { $0.utf8.count >= 20 }, "\(secrets.map(\.utf8.count))")
            // How every token begins, whatever the order of its header's members.
            let tokens = ["eyJ0eXAi", "eyJhbGci", "eyJraWQi"]
            let commandLine = try service.process.commandLine()
            for secret in secrets + tokens + ["code_verifier", signIn.parameter("code_challenge")] {
                #expect(try await journey.find(secret).isEmpty, "\(secret.prefix(13))")
                #expect(!commandLine.contains(secret))
                for command in journey.commands {
                    let isTold = secret == link.state && command.line.contains("consent link")
                    #expect(isTold || !(command.output + command.errors).contains(secret), "\(command.line)")
                }
            }
            #expect(try await service.stop() == 0)
            for secret in secrets + tokens { #expect(try await journey.find(secret).isEmpty, "nor after a clean end") }
        }
    }
}
