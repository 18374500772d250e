import Testing

@Suite("What becomes of a consent later, seen by routine looks alone", .timeLimit(.minutes(10)))
struct LaterLifeTests {
    /// From nothing to tenants that are granted, each with a token that is kept.
    private func open(_ journey: Journey, _ customers: Customer...) async throws -> Service {
        let service = try await journey.open(customers)
        for customer in customers {
            #expect(try await journey.consent(customer, through: service) == "granted")
            try await journey.tenantry("token", "get", "--tenant", customer.domain)
        }
        return service
    }

    private func roles(_ journey: Journey, _ customer: Customer) async throws -> [JSON] {
        let token = try await journey.tenantry("token", "get", "--tenant", customer.domain).output
        return try JWT(token).claims["roles"].items
    }

    /// The newest event of the tenant's consent, of which there must be so many since it was granted first.
    private func change(_ count: Int, _ journey: Journey, of customer: Customer) async throws -> JSON {
        let events = try await journey.events(of: customer)
        let granted = try #require(events.firstIndex { $0["type"] == "consent.granted" })
        let later = events[(granted + 1)...]
        #expect(later.count == count, "\(later.map { ($0["type"].text, $0["data"]) })")
        return later.last ?? .null
    }

    @Test("A role that was taken back makes the consent narrowed, once, and no token with it is served any more")
    func narrowed() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await open(journey, .contoso)
            try await journey.world.revoke("Organization.Read.All", of: .contoso)
            #expect(try await roles(journey, .contoso).count == 2, "nobody has looked yet")
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
            #expect(status["state"] == "narrowed" && status["missing"] == ["Organization.Read.All"])
            let event = try await change(1, journey, of: .contoso)
            #expect(event["type"] == "consent.narrowed" && event["data"]["from"] == "granted")
            #expect(event["data"]["code"] == "roles_missing" && event["data"]["who_must_act"] == "customer_admin")
            #expect(try await roles(journey, .contoso) == ["User.Read.All"])

            // The next look sees the same, the one after it a role less.
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            _ = try await change(1, journey, of: .contoso)
            try await journey.world.revoke("User.Read.All", of: .contoso)
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "revoked")
            let last = try await change(2, journey, of: .contoso)
            #expect(last["type"] == "consent.revoked" && last["data"]["code"] == "roles_missing")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "revoked")
        }
    }

    @Test("An app that was deleted is revoked after a second look, and restoring it is noticed too")
    func revoked() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            var service = try await open(journey, .contoso, .fabrikam)
            try await journey.world.change(.fabrikam, ["missing_service_principal_code": 700_016])
            for customer in [Customer.contoso, .fabrikam] { try await journey.world.principal("delete", of: customer) }
            service = try await journey.eightDaysPass(service, untilSeen: .contoso, .fabrikam)
            let first = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
            #expect(first["state"] == "granted" && first["next_check_at"] != .null, "one look is a doubt")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id)

            for (customer, code) in [(Customer.contoso, 7_000_229), (.fabrikam, 700_016)] {
                let status = try await journey.settled(customer, in: service)
                #expect(status["state"] == "revoked" && status["granted"].items.isEmpty)
                #expect(status["note"]["aadsts"].int == code && status["who_must_act"] == "customer_admin")
                let event = try await change(1, journey, of: customer)
                #expect(event["type"] == "consent.revoked" && event["data"]["from"] == "granted")
                #expect(event["data"]["who_must_act"] == "customer_admin" && event["data"]["aadsts"].int == code)
                #expect(!event["data"]["code"].text.isEmpty)
                try await journey.refused(4, ["token", "get", "--tenant", customer.domain], saying: "revoked")
            }

            for customer in [Customer.contoso, .fabrikam] { try await journey.world.principal("restore", of: customer) }
            service = try await journey.eightDaysPass(service, untilSeen: .contoso, .fabrikam)
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await journey.settled(customer, in: service)["state"] == "granted")
                let event = try await change(2, journey, of: customer)
                #expect(event["type"] == "consent.granted" && event["data"]["from"] == "revoked")
                #expect(try await roles(journey, customer).count == 2)
            }
        }
    }

    @Test("A doubt that a second look dispels is no change, and nobody is told")
    func doubt() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await open(journey, .contoso)
            try await journey.world.principal("delete", of: .contoso)
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            // Each refusal in daily work doubts too.
            for _ in 1...2 {
                try await journey.refused(
                    4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id)
            }
            try await journey.world.principal("restore", of: .contoso)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            let events = try await journey.events(of: .contoso).map { $0["type"].text }
            #expect(events == ["consent.invited", "consent.claimed", "consent.granted"])
            #expect(try await roles(journey, .contoso).count == 2)
        }
    }

    @Test("A consent that was deleted and given again is another one: old tokens are dropped")
    func givenAgain() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await open(journey, .contoso)
            let before = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            let link = try await journey.link(.contoso)
            try await journey.world.principal("delete", of: .contoso)
            // In the admin center, by the link of old: no callback comes.
            _ = try await journey.world.answer(link.url)
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            let after = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            let (old, new) = (try JWT(before).claims, try JWT(after).claims)
            #expect(new["oid"] != old["oid"] && new["tid"] == old["tid"])
            let event = try await change(1, journey, of: .contoso)
            #expect(event["type"] == "consent.granted" && event["data"]["from"] == "granted")
            #expect(event["data"]["service_principal"] == new["oid"])
        }
    }

    @Test("Whatever keeps a tenant out of reach is told once, with its code, and ends by itself")
    func outOfReach() async throws {
        let customers = (0...4).map { Customer.number($0) }
        let troubles: [(code: Int, who: String, begin: JSON?, end: JSON?)] = [
            (7_000_112, "customer_admin", nil, nil),
            (53_003, "customer_admin", ["blocked": true], ["blocked": false]),
            (
                500_014, "customer_admin",
                ["resources": [["resource": "https://graph.microsoft.com", "state": "disabled"]]], ["resources": []]
            ),
            (90_038, "you", ["cloud": "china"], ["cloud": "public"]),
            (90_002, "you", nil, nil),
        ]
        try await Journey.begin(Scenario(customers)) { journey in
            var service = try await journey.open(customers)
            for customer in customers {
                #expect(try await journey.consent(customer, through: service) == "granted")
                try await journey.tenantry("token", "get", "--tenant", customer.domain)
            }
            try await journey.world.principal("disable", of: customers[0])
            try await journey.world.control("DELETE", "/tenants/\(customers[4].id)")
            for (customer, trouble) in zip(customers, troubles) {
                if let change = trouble.begin { try await journey.world.change(customer, change) }
            }
            for look in 1...2 {
                service = try await journey.eightDaysPass(
                    service, untilSeen: customers[0], customers[1], customers[2], customers[3], customers[4])
                for (customer, trouble) in zip(customers, troubles) {
                    let status = try await journey.settled(customer, in: service)
                    #expect(status["state"] == "unreachable", "\(trouble.code)")
                    #expect(status["note"]["aadsts"].int == trouble.code, "\(status["note"])")
                    let event = try await change(1, journey, of: customer)
                    #expect(event["type"] == "consent.unreachable" && event["data"]["from"] == "granted")
                    #expect(event["data"]["aadsts"].int == trouble.code)
                    #expect(event["data"]["who_must_act"].text == trouble.who, "\(event["data"])")
                    #expect(!event["data"]["code"].text.isEmpty && !event["data"]["detail"].text.isEmpty)
                    try await journey.refused(4, ["token", "get", "--tenant", customer.domain], saying: "unreachable")
                    #expect(status["tenant_state"] == "active", "after \(look)")
                }
            }
            try await journey.world.principal("enable", of: customers[0])
            for (customer, trouble) in zip(customers, troubles) {
                if let change = trouble.end { try await journey.world.change(customer, change) }
            }
            service = try await journey.eightDaysPass(
                service, untilSeen: customers[0], customers[1], customers[2], customers[3])
            for customer in customers.dropLast() {
                #expect(try await journey.settled(customer, in: service)["state"] == "granted", "\(customer.domain)")
                let event = try await change(2, journey, of: customer)
                #expect(event["type"] == "consent.granted" && event["data"]["from"] == "unreachable")
                try await journey.tenantry("token", "get", "--tenant", customer.domain)
            }
            // Who is gone stays away, and is put aside by now.
            let gone = try await eventually("the third look is taken") {
                let shown = try await journey.tenantry("tenant", "show", customers[4].id, "-o", "json").json
                return shown["state"] == "quarantined" ? shown : nil
            }
            #expect(!gone["state_reason"].text.isEmpty)
        }
    }

    @Test("An authority in trouble says nothing of the tenant: what was proven works on, and nobody is told")
    func trouble() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await open(journey, .contoso)
            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            let asked = try await journey.world.requests("token").count
            try await journey.world.fault("token", "server_error", of: .contoso, count: 1_000)
            service = try await journey.eightDaysPass(service)
            _ = try await eventually("the authority was asked") {
                try await journey.world.requests("token").count > asked ? true : nil
            }
            let log = try await eventually("the look is over") {
                let log = try journey.read(journey.directory + "/serve.log")
                return log.contains("consent checked") ? log : nil
            }
            #expect(!log.contains("eyJ"))
            let status = try await service.ask("GET", "/tenants/\(Customer.contoso.id)/consent").json
            #expect(status["state"] == "granted" && status["note"] == .null && status["tenant_state"] == "active")
            #expect(try await journey.tenantry("token", "get", "--tenant", "contoso.example").output == token)
            _ = try await change(0, journey, of: .contoso)
        }
    }

    @Test("A tenant that is blocked from the beginning is told so on the page, and granted once it is not")
    func blockedFromTheBeginning() async throws {
        try await Journey.begin(Scenario(.contoso.with("blocked", true))) { journey in
            var service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            #expect(try await service.visit(try await journey.world.answer(link.url)).status == 303)
            let status = try await journey.settled(.contoso, in: service)
            #expect(status["state"] == "unreachable" && status["note"]["aadsts"].int == 53_003)
            #expect(try await service.visit(link.page).title == "Your organisation blocks the app")
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: "unreachable")
            try await journey.world.change(.contoso, ["blocked": false])
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            let told = try await journey.events(of: .contoso).map { $0["type"].text }
            #expect(told == ["consent.invited", "consent.claimed", "consent.unreachable", "consent.granted"])
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
        }
    }

    @Test("Three looks in vain put a tenant aside; one that reaches it brings it back, unless an operator put it there")
    func quarantined() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            var service = try await open(journey, .contoso, .fabrikam)
            func state(_ customer: Customer) async throws -> JSON {
                try await journey.tenantry("tenant", "show", customer.id, "-o", "json").json["state"]
            }
            try await journey.tenantry("tenant", "quarantine", "fabrikam.example", "--reason", "complains about us")
            for customer in [Customer.contoso, .fabrikam] {
                try await journey.world.change(customer, ["blocked": true])
            }
            for look in 1...3 {
                #expect(try await state(.contoso) == "active", "before look \(look)")
                service = try await journey.eightDaysPass(service, untilSeen: .contoso, .fabrikam)
            }
            #expect(try await state(.contoso) == "quarantined")
            let event = try await journey.events(of: .contoso, "tenant.quarantined")
            #expect(event.count == 1 && event[0]["data"]["reason"].text.isEmpty == false)
            _ = try await change(1, journey, of: .contoso)
            let run = try await journey.tenantry(
                "job", "run", "graph-get", "--path", "/users", "-o", "json", exit: 5
            ).json
            #expect(run["counts"] == ["skipped": 2])

            for customer in [Customer.contoso, .fabrikam] {
                try await journey.world.change(customer, ["blocked": false])
            }
            service = try await journey.eightDaysPass(service, untilSeen: .contoso, .fabrikam)
            #expect(try await state(.contoso) == "active")
            #expect(try await state(.fabrikam) == "quarantined")
            #expect(try await journey.events(of: .contoso, "tenant.resumed").count == 1)
            #expect(
                try await journey.events(of: .fabrikam, "tenant.*").map { $0["type"].text }.last == "tenant.quarantined"
            )
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await journey.settled(customer, in: service)["state"] == "granted")
            }

            // What the service did once gives it no right over what an operator does later.
            try await journey.tenantry("tenant", "quarantine", "contoso.example", "--reason", "is being sold")
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            #expect(try await state(.contoso) == "quarantined")
        }
    }

    @Test("Nobody's token is fetched by routine looks more often than once, and no look is taken before its time")
    func quiet() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await open(journey, .contoso)
            let asked = try await journey.world.requests("token").count
            #expect(try await service.stop() == 0)
            service = try await journey.serve()
            #expect(try await journey.world.requests("token").count == asked)
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            #expect(try await journey.world.requests("token").count == asked + 1)
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
            #expect(try await journey.world.requests("token").count == asked + 1, "the look's token is kept")
            let events = try await journey.events(of: .contoso).map { $0["type"].text }
            #expect(events == ["consent.invited", "consent.claimed", "consent.granted"])
        }
    }
}
