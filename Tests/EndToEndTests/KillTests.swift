import Testing

@Suite("A service killed between two steps", .timeLimit(.minutes(10)))
struct KillTests {
    @Test("A link that was handed out works after the kill")
    func afterLink() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            try await service.killNow()
            service = try await journey.serve()
            #expect(try await service.visit(link.page).title == "Tallyport Fleet Sync asks for your consent")
            let callback = try await journey.world.answer(link.url)
            #expect(try await service.visit(callback).status == 303)
            #expect(try await journey.settled(.contoso, in: service)["state"] == "granted")
        }
    }

    @Test("An answer that was acknowledged is followed up after the kill, by itself")
    func afterCallback() async throws {
        let customer = Customer.contoso.with("roles_delay_seconds", 3_600)
        try await Journey.begin(Scenario(customer)) { journey in
            var service = try await journey.open(customer)
            let callback = try await journey.world.answer(try await journey.link(customer).url)
            #expect(try await service.visit(callback).status == 303)
            try await service.killNow()
            try await journey.world.advance(seconds: 3_600)

            service = try await journey.serve()
            #expect(try await journey.settled(customer, in: service)["state"] == "granted")
            let asked = try await journey.world.requests("token").count
            #expect(try await service.visit(callback).status == 303, "the same answer again changes nothing")
            #expect(try await journey.state(customer) == "granted")
            #expect(try await journey.world.requests("token").count == asked)
            let answers = try await journey.tenantry("audit", "list", "-o", "json").json.items
                .filter { $0["action"] == "consent.answer" }
            #expect(answers.count == 1)
        }
    }

    @Test("A token that was fetched is served after the kill without asking anew")
    func afterToken() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            var service = try await journey.open(.contoso, .fabrikam)
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            let asked = try await journey.world.requests("token")
            #expect(asked.count == 2, "one for each tenant: the proof's own")
            for _ in 1...2 {
                try await service.killNow()
                service = try await journey.serve()
                #expect(try await journey.tenantry("token", "get", "--tenant", "contoso.example").output == token)
                try await journey.tenantry("token", "get", "--tenant", "fabrikam.example")
                try await journey.tenantry("job", "run", "graph-get", "--path", "/users")
            }
            try await service.killNow()
            // The command line hosts the service itself then, and has the same memory.
            #expect(try await journey.tenantry("token", "get", "--tenant", "contoso.example").output == token)
            #expect(try await journey.world.requests("token") == asked, "no needless token request")
        }
    }

    @Test("A run is finished after the kill, by itself, and nothing is done twice")
    func withinRun() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam.with(users: 5), .northwind)) { journey in
            var service = try await journey.open(.contoso, .fabrikam, .northwind)
            for customer in [Customer.contoso, .fabrikam, .northwind] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            let asked = try await journey.world.requests("token").count
            try await journey.world.fault("graph", "hang", of: .fabrikam)
            let started = try await service.ask(
                "POST", "/runs", ["job": ["kind": "graph-get", "path": "/users?$top=2&$select=id"]])
            #expect(started.status == 202)
            let run = "/runs/\(try started.json["id"].text)"
            _ = try await eventually("two tenants are done and one hangs") {
                let counts = try await service.ask("GET", run).json["counts"]
                let hangs = try await !journey.world.reads(of: .fabrikam).isEmpty
                return counts == ["succeeded": 2, "running": 1] && hangs ? counts : nil
            }
            try await service.killNow()

            service = try await journey.serve()
            let finished = try await eventually("the run ends") {
                let run = try await service.ask("GET", run).json
                return run["state"] == "running" ? nil : run
            }
            #expect(finished["state"] == "succeeded" && finished["counts"] == ["succeeded": 3])
            let items = try await service.ask("GET", run + "/items").json["items"].items
            for item in items {
                let isFabrikam = item["tenant"].text == Customer.fabrikam.id
                #expect(item["attempts"].int == (isFabrikam ? 2 : 1))
                #expect(item["rows"].int == (isFabrikam ? 5 : 3))
                let lines = try journey.read(item["output"].text).split(separator: "\n")
                #expect(Set(lines).count == (isFabrikam ? 5 : 3) && lines.count == item["rows"].int)
            }
            // Three users in pages of two: two, the empty page, one.
            #expect(try await journey.world.reads(of: .contoso).count == 3, "not read again")
            #expect(try await journey.world.requests("token").count == asked, "no needless token request")
        }
    }

    @Test("A command that waits for a run says so when the service dies under it")
    func underCommand() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            try await journey.world.fault("graph", "hang", of: .contoso)
            async let waiting = journey.tenantry("job", "run", "graph-get", "--path", "/users", exit: 1)
            _ = try await eventually("the run has begun") {
                try await journey.world.reads().isEmpty ? nil : true
            }
            try await service.killNow()
            let finished = try await waiting
            #expect(finished.errors.contains("did not answer") && finished.output.isEmpty)
            let run = try await journey.tenantry("run", "list", "-o", "json").json[0]
            #expect(finished.errors.contains(run["id"].text), "the run can be found again")
        }
    }
}
