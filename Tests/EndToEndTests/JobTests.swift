import Testing

@Suite("A job over the tenants", .timeLimit(.minutes(10)))
struct JobTests {
    @Test("The file holds every user in the order Graph gave, the empty page notwithstanding", arguments: [2, 100])
    func everyUser(pageSize: Int) async throws {
        let users = (0..<205).map { number in
            let id = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - "\(number)".count) + "\(number)"
            return JSON.object([
                "id": .string(id), "display_name": .string("Zoë \"\(number)\" \\ \u{2028}"),
                "user_principal_name": .string("user\(number)@contoso.example"),
            ])
        }
        let customer = Customer.contoso.with(users: .array(pageSize == 2 ? Array(users.prefix(7)) : users))
        try await Journey.begin(Scenario(customer, .fabrikam.with(users: 0))) { journey in
            let service = try await journey.open(customer, .fabrikam)
            for customer in [customer, .fabrikam] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            let path = "/users?$select=id,displayName,userPrincipalName&$top=\(pageSize)"
            let run = try await journey.tenantry("job", "run", "graph-get", "--path", path, "-o", "json").json
            let files = Dictionary(
                uniqueKeysWithValues: run["items"].items.map { ($0["tenant"].text, $0["output"].text) })
            let text = try journey.read(files[customer.id] ?? "")
            let lines = try text.utf8.split(separator: UInt8(ascii: "\n")).map { try JSON(parsing: String($0) ?? "") }
            let expected = customer.users.items.map { user in
                JSON.object([
                    "id": user["id"], "displayName": user["display_name"],
                    "userPrincipalName": user["user_principal_name"],
                ])
            }
            #expect(lines == expected && text.hasSuffix("\n"))
            #expect(run["items"].items.first { $0["tenant"].text == customer.id }?["rows"].int == expected.count)
            #expect(
                try journey.read(files[Customer.fabrikam.id] ?? "").isEmpty, "a tenant without users: an empty file")
            let pages = try await journey.world.reads(of: customer)
            #expect(pages.count == (expected.count + pageSize - 1) / pageSize + 1, "with the empty one")
        }
    }

    @Test("Each tenant fails alone: 403 fails with the reason, 429 and 503 are tried again")
    func aloneInFailure() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            let service = try await journey.open(.contoso, .fabrikam, .northwind)
            for customer in [Customer.contoso, .fabrikam, .northwind] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            try await journey.world.literal(
                "graph", of: .contoso, status: 403, headers: ["Content-Type": "application/json"],
                body: ["error": ["code": "Authorization_RequestDenied", "message": "Insufficient privileges."]])
            try await journey.world.fault("graph", "throttle", of: .fabrikam, retryAfter: "1")
            try await journey.world.fault("graph", "server_error", of: .northwind)
            let finished = try await journey.tenantry(
                "job", "run", "graph-get", "--path", "/users", "-o", "json", exit: 5)
            let run = try finished.json
            #expect(run["state"] == "partial" && run["counts"] == ["failed": 1, "succeeded": 2])
            let items = Dictionary(uniqueKeysWithValues: run["items"].items.map { ($0["tenant"].text, $0) })
            let failed = items[Customer.contoso.id] ?? .null
            #expect(failed["state"] == "failed" && failed["attempts"].int == 1 && failed["output"] == .null)
            #expect(failed["fault"]["code"] == "graph_forbidden" && failed["fault"]["who_must_act"] == "customer_admin")
            #expect(failed["fault"]["detail"].text.contains("Authorization_RequestDenied"))
            for customer in [Customer.fabrikam, .northwind] {
                let item = items[customer.id] ?? .null
                #expect(item["state"] == "succeeded" && item["attempts"].int == 2 && item["rows"].int == 3)
            }
            #expect(try await journey.state(.contoso) == "granted", "Graph's no is not the end of consent")
            // Later, anybody can look.
            let shown = try await journey.tenantry("run", "show", run["id"].text, "-o", "json").json
            #expect(shown == run)
        }
    }

    @Test("Graph's other ways to fail are told in words")
    func refusals() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            for (status, code) in [
                (401, "graph_unauthorized"), (400, "graph_refused"), (404, "graph_refused"), (200, "graph_unreadable"),
            ] {
                // Twice, for a token that is refused is replaced once.
                for _ in 1...2 {
                    try await journey.world.literal("graph", of: .contoso, status: status, body: "<html>no JSON</html>")
                }
                let run = try await journey.tenantry(
                    "job", "run", "graph-get", "--path", "/users", "-o", "json", exit: 5
                ).json
                #expect(run["items"][0]["state"] == "failed" && run["items"][0]["fault"]["code"].text == code)
                try await journey.world.control("DELETE", "/faults")
            }
        }
    }

    @Test("The token is never carried to another host by a next link")
    func foreignLink() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let trap = try BackgroundListener.open()
            try await journey.world.literal(
                "graph", of: .contoso, status: 200, headers: ["Content-Type": "application/json"],
                body: ["value": [["id": "1"]], "@odata.nextLink": .string("https://127.0.0.1:\(trap.port)/v1.0/users")])
            let run = try await journey.tenantry(
                "job", "run", "graph-get", "--path", "/users", "-o", "json", exit: 5
            ).json
            #expect(run["items"][0]["fault"]["code"] == "graph_foreign_link")
            #expect(!trap.wasReached())
        }
    }

    @Test("A job that cannot be understood starts nothing")
    func misunderstood() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let before = try await journey.everything()
            for (words, code, saying) in [
                (["graph-delete", "--path", "/users"], 2, "graph-get"),
                (["graph-get", "--path", "users"], 2, "path"),
                (["graph-get", "--path", "//evil.example/users"], 2, "path"),
                (["graph-get", "--path", "/../common"], 2, "path"),
                (["graph-get", "--path", "/users\r\nHost: evil"], 2, "path"),
                (["graph-get", "--path", "/users", "--max-concurrent", "0"], 2, "Choose from 1 to 256"),
                (["graph-get", "--path", "/users", "--tenant", "fabrikam.example"], 3, "fabrikam.example"),
                (["graph-get", "--path", "/users", "--tenant", "../x"], 2, "neither a GUID nor a domain"),
                (["graph-get", "--path", "/users", "--app", "nobody"], 3, "nobody"),
            ] as [([String], Int32, String)] {
                try await journey.refused(code, ["job", "run"] + words, saying: saying)
            }
            try await journey.refused(3, ["run", "show", String(repeating: "0", count: 26)], saying: "not known")
            try await journey.refused(3, ["run", "show", "../../etc"], saying: "not known")
            #expect(try await journey.everything() == before)
        }
    }
}
