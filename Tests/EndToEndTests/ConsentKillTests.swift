import Testing

@Suite("A service killed while consent is proven", .timeLimit(.minutes(10)))
struct ConsentKillTests {
    /// Connections whose state is not what their newest event says, and events that do not follow upon the one before.
    private func losses(_ journey: Journey) async throws -> [[JSON]] {
        try await journey.query(
            """
            WITH told AS (
                SELECT tenant, app, sequence, substr(type, 9) AS state, json_extract(data, '$.from') AS since,
                    lag(substr(type, 9), 1, 'none') OVER (PARTITION BY tenant, app ORDER BY sequence) AS before
                FROM event WHERE type LIKE 'consent.%' AND type <> 'consent.misdirected'
            )
            SELECT 'state', connection.tenant, connection.state, told.state FROM connection
                LEFT JOIN told ON told.tenant = connection.tenant AND told.app = connection.app AND told.sequence = (
                    SELECT max(sequence) FROM told AS other
                    WHERE other.tenant = connection.tenant AND other.app = connection.app)
                WHERE told.state IS NOT connection.state
            UNION ALL
            SELECT 'event', tenant, since, before FROM told WHERE since IS NOT before
            """)
    }

    @Test("A consent that was answered, or signed in for, is proven after the kill, by itself")
    func betweenSteps() async throws {
        var late = Scenario(
            Customer.contoso.with("roles_delay_seconds", 3_600), Customer.fabrikam.with("roles_delay_seconds", 3_600))
        late.tellsDirectoryRoles = true
        try await Journey.begin(late) { journey in
            var service = try await journey.open(.contoso, .fabrikam)
            let browser = Browser(of: journey)
            #expect(
                try await service.visit(try await journey.world.answer(try await journey.link(.contoso).url)).status
                    == 303)
            try await service.killNow()
            #expect(try await losses(journey).isEmpty)

            service = try await journey.serve()
            // From now on it takes a sign-in; the first one answered before.
            try await journey.tenantry("app", "set", "fleet", "--administrator-sign-in", "required")
            let link = try await journey.link(.fabrikam)
            _ = try await browser.visit(try await journey.world.answer(link.url), at: service)
            let address = "/connect/" + String(link.page.split(separator: "/").last ?? "")
            try await service.killNow()

            // The browser that said yes is still the one after a restart.
            service = try await journey.serve()
            let page = try await browser.visit(service.pages + address, at: service)
            #expect(page.title == "One more step: confirm who you are")
            let callback = try await journey.world.signIn(try #require(page.button))
            #expect(try await browser.visit(callback, at: service).status == 303)
            try await service.killNow()
            #expect(try await losses(journey).isEmpty)
            try await journey.world.advance(seconds: 3_600)

            service = try await journey.serve()
            #expect(try await journey.settled(.fabrikam, in: service)["state"] == "granted")
            let status = try await service.ask("GET", "/tenants/\(Customer.fabrikam.id)/consent").json
            let seen = status["evidence"].items.first { $0["check"] == "administrator" } ?? .null
            #expect(seen["passed"] == true)
            let asked = try await journey.world.requests("token", of: .fabrikam).count
            #expect(try await browser.follow(callback, at: service).title == "Done. Thank you", "again changes nothing")
            #expect(try await journey.world.requests("token", of: .fabrikam).count == asked)
            let confirmed = try await journey.tenantry("audit", "list", "-o", "json").json.items
                .filter { $0["action"] == "consent.confirm" }
            #expect(confirmed.count == 1)

            try await journey.tenantry("app", "set", "fleet", "--administrator-sign-in", "off")
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
            try await service.killNow()
            #expect(try await losses(journey).isEmpty)
        }
    }

    @Test("A doubt is remembered over the kill, and the second look decides")
    func betweenLooks() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            try await journey.world.principal("delete", of: .contoso)
            service = try await journey.eightDaysPass(service, untilSeen: .contoso)
            #expect(try await journey.state(.contoso) == "granted")
            try await service.killNow()
            #expect(try await losses(journey).isEmpty)
            service = try await journey.serve()
            try await journey.refused(4, ["token", "get", "--tenant", "contoso.example"], saying: Customer.contoso.id)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "revoked")
            try await service.killNow()
            #expect(try await losses(journey).isEmpty)
        }
    }

    @Test("Killed again and again under many answers, no acknowledged one is lost, and no event of a change")
    func underMany() async throws {
        let customers = (0..<12).map { number in
            let customer = Customer.number(number)
            return number % 4 == 3 ? customer.with("administrator", "declines") : customer
        }
        try await Journey.begin(Scenario(customers)) { journey in
            var service = try await journey.open(customers)
            var waiting: [(customer: Customer, callback: String)] = []
            for customer in customers {
                waiting.append((customer, try await journey.world.answer(try await journey.link(customer).url)))
            }
            // Each round kills it as soon as the first few answers of the rest were acknowledged; whoever got no reply
            // sends the answer again.
            for _ in 1...3 {
                let round = (waiting, service)
                let acknowledged = try await withThrowingTaskGroup(of: String?.self) { group in
                    for (customer, callback) in round.0 {
                        group.addTask {
                            let reply = try? await round.1.visit(callback)
                            return reply?.status == 303 ? customer.id : nil
                        }
                    }
                    var acknowledged: Set<String> = []
                    var isKilled = false
                    for try await customer in group {
                        if let customer { acknowledged.insert(customer) }
                        if acknowledged.count >= 3, !isKilled {
                            isKilled = true
                            round.1.process.signal(9)
                        }
                    }
                    return acknowledged
                }
                try await service.killNow()
                #expect(try await losses(journey).isEmpty)
                waiting.removeAll { acknowledged.contains($0.customer.id) }
                service = try await journey.serve()
            }
            for (_, callback) in waiting { #expect(try await service.visit(callback).status == 303) }
            for (number, customer) in customers.enumerated() {
                let status = try await journey.settled(customer, in: service)
                #expect(status["state"].text == (number % 4 == 3 ? "denied" : "granted"), "\(customer.domain)")
                let events = try await journey.events(of: customer).map { $0["type"].text }
                #expect(events.filter { $0 == "consent.granted" || $0 == "consent.denied" }.count == 1, "\(events)")
            }
            try await service.killNow()
            #expect(try await losses(journey).isEmpty)
            let count = try await journey.query("SELECT count(*) FROM connection WHERE state IN ('granted', 'denied')")
            #expect(count == [[12]])
            try await journey.alterDatabase("DELETE FROM event WHERE type IN ('consent.claimed', 'consent.denied')")
            #expect(try await losses(journey).count == 12, "a lost event would have been seen")
        }
    }
}
