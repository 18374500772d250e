import Testing

@Suite("The service as a process", .timeLimit(.minutes(10)))
struct ServeTests {
    @Test("It says where it is, and ends on SIGTERM and SIGINT at once and with 0", arguments: [Int32(15), 2])
    func end(signal: Int32) async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let addresses = try JSON(parsing: service.process.announcement)
            #expect(addresses.names == ["api", "pages", "public", "socket"])
            #expect(addresses["socket"].text == journey.data + "/tenantry.sock")
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            // Neither a request that hangs nor a connection that idles holds it up.
            try await journey.world.fault("graph", "hang", of: .contoso)
            _ = try await service.ask("POST", "/runs", ["job": ["kind": "graph-get", "path": "/users"]])
            _ = try await eventually("the run has begun") {
                try await journey.world.reads().isEmpty ? nil : true
            }
            let start = ContinuousClock.now
            service.process.signal(signal)
            #expect(try await service.process.wait() == 0)
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await Command.run("test", ["-e", service.socket]).code == 1, "its socket is gone")

            let again = try await journey.serve()
            let run = try await journey.tenantry("run", "list", "-o", "json").json[0]
            let finished = try await eventually("the run goes on") {
                let now = try await again.ask("GET", "/runs/\(run["id"].text)").json
                return now["state"] == "running" ? nil : now
            }
            #expect(finished["state"] == "succeeded")
        }
    }

    @Test("A second owner of the directory, and an address in use, are refused")
    func collisions() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let service = try await journey.serve()
            let free = ["--public", "127.0.0.1:0", "--api", "127.0.0.1:0"]
            try await journey.refused(
                1, ["serve"] + free, saying: journey.data, "in use", "\(service.process.processID)")
            #expect(try await HTTPReply.of("GET", service.pages + "/livez").status == 200)
            try await journey.tenantry("tenant", "list")

            let other = journey.directory + "/other"
            try await journey.tenantry("init", "--data", other)
            let taken = String(service.pages.dropFirst(7))
            for words in [["--public", taken, "--api", "127.0.0.1:0"], ["--public", "127.0.0.1:0", "--api", taken]] {
                try await journey.refused(
                    1, ["serve", "--data", other] + words, saying: taken, "another program uses it")
            }
            try await journey.refused(
                1, ["serve", "--data", other, "--public", "203.0.113.9:0", "--api", "127.0.0.1:0"],
                saying: "203.0.113.9")
            try await journey.refused(2, ["serve", "--data", other, "--api", "0.0.0.0:0"], saying: "loopback")
            _ = try await journey.tenantry("serve", "--data", other, "--api", "nonsense", exit: 2)
            // None of that left anything locked behind.
            try await journey.tenantry("tenant", "list", "--data", other)
        }
    }

    @Test("Commands at the same time wait for each other where no service runs")
    func together() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            try await journey.initialise()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for domain in ["contoso.example", "fabrikam.example", "northwind.example"] {
                    group.addTask { try await journey.tenantry("tenant", "add", domain) }
                    group.addTask { try await journey.tenantry("tenant", "list") }
                }
                try await group.waitForAll()
            }
            #expect(try await journey.tenantry("tenant", "list", "-o", "json").json.items.count == 3)
        }
    }
}
