import Testing

@Suite("The pages a customer's administrator sees", .timeLimit(.minutes(10)))
struct ConsentPageTests {
    @Test("Every page is closed to scripts, frames and caches")
    func headers() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let callback = try await journey.world.answer(link.url)
            var replies: [HTTPReply] = []
            for address in [link.page, service.pages + "/connect/nobody", service.pages + "/consent/callback"] {
                replies.append(try await service.visit(address))
            }
            replies.append(try await service.visit(service.pages + "/nothing/here"))
            replies.append(try await service.visit(callback))
            replies.append(try await service.visit(link.page))
            #expect(replies.map(\.status) == [200, 404, 400, 404, 303, 200])
            for reply in replies {
                let policy = reply.headers["content-security-policy"] ?? ""
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
                #expect(!policy.contains("unsafe"))
                #expect(reply.headers["cache-control"] == "no-store")
                #expect(reply.headers["x-content-type-options"] == "nosniff")
                #expect(reply.headers["referrer-policy"] == "no-referrer")
                #expect(!reply.body.contains("<script"))
            }
            // What is read stays readable without scripts or a second host.
            #expect(replies[0].body.contains("href=\"\(journey.world.login)/\(Customer.contoso.id)/v2.0/adminconsent?"))
            #expect(
                try await service.visit(service.pages + "/assets/page.css").headers["content-type"]?
                    .hasPrefix("text/css") == true)
        }
    }

    @Test("Names from outside are text, whatever they contain")
    func hostileNames() async throws {
        let hostile = "<script>alert(1)</script>\"'&{{url}}"
        try await Journey.begin(Scenario(.contoso.with("administrator", "declines"))) { journey in
            try await journey.initialise()
            let service = try await journey.serve()
            try await journey.tenantry(
                "app", "add", "fleet", "--client-id", Scenario.clientID, "--secret-file", "-", "--display-name",
                hostile,
                "--permission", "User.Read.All=\(hostile)", "--redirect-uri", "http://localhost/consent/callback",
                input: Scenario.secret)
            try await journey.tenantry("tenant", "add", "contoso.example", "--name", hostile)
            let link = try await journey.link(.contoso)
            let invitation = try await service.visit(link.page)
            let declined = try await service.follow(try await journey.world.answer(link.url))
            for page in [invitation, declined] {
                #expect(page.status == 200)
                #expect(!page.body.contains("<script"))
                #expect(page.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
                #expect(page.body.contains("{{url}}"))
            }
        }
    }

    @Test("A link works once and says what became of it")
    func unknownLinks() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            let link = try await journey.link(.contoso)
            let id = link.page.split(separator: "/").last ?? ""
            for stranger in [
                "\(id)x", String(id.reversed()), "", "%2e%2e%2fconsent", String(repeating: "a", count: 32),
            ] {
                let reply = try await service.visit(service.pages + "/connect/" + stranger)
                #expect(reply.status == 404 && reply.title == "This link is not valid", "\(stranger)")
            }
            #expect(try await service.visit(service.pages + "/v1/tenants").status == 404, "the API is at another door")
            #expect(try await service.visit(service.pages + "/livez").body == "ok\n")
        }
    }
}
