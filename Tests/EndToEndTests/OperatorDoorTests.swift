import Testing

@Suite("The operators' door", .timeLimit(.minutes(10)))
struct OperatorDoorTests {
    @Test("A command says the same without a server, beside one, and from afar")
    func threeWays() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            try await journey.initialise()
            try await journey.addApp()
            try await journey.tenantry("tenant", "add", "contoso.example", "--tag", "ring=canary")
            let commands = [
                ["tenant", "list"], ["tenant", "show", "contoso.example"], ["app", "show", "fleet"],
                ["consent", "status"], ["report", "consent"], ["audit", "list"], ["run", "list"],
            ].map { $0 + ["-o", "json"] }
            var alone: [String] = []
            let key = try await journey.tenantry("key", "create", "afar", "--role", "admin").lines
            try #require(key.count == 1)
            for words in commands { alone.append(try await journey.tenantry(words).output) }

            let service = try await journey.serve()
            for (words, expected) in zip(commands, alone) {
                #expect(try await journey.tenantry(words).output == expected)
                let afar = try await journey.tenantry(
                    words + ["--server", service.api], environment: ["TENANTRY_API_KEY": String(key[0])])
                #expect(afar.output == expected)
            }
            try await journey.refused(
                3, ["tenant", "show", "fabrikam.example", "--server", service.api], saying: "fabrikam.example",
                environment: ["TENANTRY_API_KEY": String(key[0])])
            #expect(try await service.stop() == 0)
            #expect(try await journey.tenantry(commands[0]).output == alone[0])
            try await journey.refused(
                1, ["tenant", "list", "--server", service.api], saying: "did not answer",
                environment: ["TENANTRY_API_KEY": String(key[0])])
        }
    }

    @Test("Each role may do what it may, and no more")
    func roles() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            var keys: [String: String] = [:]
            for role in ["viewer", "operator", "admin"] {
                keys[role] = try await journey.tenantry("key", "create", role, "--role", role, "-o", "json").json["key"]
                    .text
            }
            // What is done, and the least role that may do it.
            let app = [
                "app", "add", "second", "--client-id", "11111111-2222-4333-8444-555555555555", "--secret-file", "-",
                "--permission", "User.Read.All",
            ]
            let deeds: [(String, [String])] = [
                ("viewer", ["tenant", "list"]), ("viewer", ["report", "consent", "--app", "fleet"]),
                ("viewer", ["audit", "list"]), ("operator", ["consent", "link", "contoso.example", "--app", "fleet"]),
                ("operator", ["consent", "links", "contoso.example", "--app", "fleet"]),
                ("operator", ["job", "run", "graph-get", "--path", "/users", "--app", "fleet"]),
                ("operator", ["tenant", "add", "fabrikam.example"]),
                ("admin", ["token", "get", "--tenant", "contoso.example", "--app", "fleet"]),
                ("admin", ["key", "create", "another"]), ("admin", ["key", "list"]), ("admin", app),
            ]
            let ranks = ["viewer": 0, "operator": 1, "admin": 2]
            // The least first, so that nothing is there already when the first that may do it comes.
            for role in ["viewer", "operator", "admin"] {
                let before = try await journey.everything()
                for (least, words) in deeds where (ranks[role] ?? 0) < (ranks[least] ?? 0) {
                    try await journey.refused(
                        4, words + ["--server", service.api], saying: "may not", least,
                        input: Array(Scenario.secret.utf8), environment: ["TENANTRY_API_KEY": keys[role] ?? ""])
                }
                #expect(try await journey.everything() == before, "\(role) changed nothing that it may not")
                for (least, words) in deeds where least == role {
                    try await journey.tenantry(
                        words + ["--server", service.api], input: Array(Scenario.secret.utf8),
                        environment: ["TENANTRY_API_KEY": keys[role] ?? ""])
                }
            }
        }
    }

    @Test("A key that is wrong, revoked or missing opens nothing, and its secret is nowhere on disk")
    func badKeys() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let service = try await journey.serve()
            let made = try await journey.tenantry("key", "create", "ci", "--role", "admin", "-o", "json").json
            let (id, key) = (made["id"].text, made["key"].text)
            let parts = key.split(separator: "_").map(String.init)
            try #require(parts.count == 4 && parts[0] == "tn" && parts[1] == "admin" && parts[2] == id)
            let secret = String(parts[3].prefix(32))

            let good = try await HTTPReply.of(
                "GET", service.api + "/v1/tenants", headers: ["Authorization: Bearer \(key)"])
            #expect(good.status == 200 && good.headers["cache-control"] == "no-store")
            let swapped = String(key.dropLast()) + (key.hasSuffix("a") ? "b" : "a")
            var bad = ["", "Bearer", "Bearer \(swapped)", "Bearer \(key)x", "Basic \(key)", "Bearer \(parts[3])"]
            bad.append("Bearer " + key.replacing("admin", with: "viewer"))
            bad.append("Bearer tn_admin_\(String(repeating: "0", count: 12))_\(parts[3])")
            for header in bad {
                let reply = try await HTTPReply.of(
                    "GET", service.api + "/v1/tenants", headers: header.isEmpty ? [] : ["Authorization: \(header)"])
                #expect(reply.status == 401 && reply.headers["www-authenticate"] == "Bearer")
                #expect(reply.headers["content-type"] == "application/problem+json")
                #expect(try reply.json["code"] == "unauthenticated" && !reply.body.contains(secret))
            }
            try await journey.refused(
                4, ["tenant", "list", "--server", service.api], saying: "API key",
                environment: ["TENANTRY_API_KEY": swapped])
            try await journey.refused(2, ["tenant", "list", "--server", service.api], saying: "TENANTRY_API_KEY")
            #expect(try await journey.find(secret).isEmpty)

            try await journey.tenantry("key", "revoke", id)
            try await journey.refused(
                4, ["tenant", "list", "--server", service.api], saying: "API key",
                environment: ["TENANTRY_API_KEY": key])
            let listed = try await journey.tenantry("key", "list", "-o", "json")
            #expect(try listed.json[0]["revoked_at"] != .null && !listed.output.contains(secret))
            try await journey.refused(3, ["key", "revoke", "nobody"], saying: "nobody")
            try await journey.refused(2, ["key", "create", "x", "--role", "god"], saying: "role")
        }
    }

    @Test("The door gives health without a key, and nothing else")
    func withoutKey() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let service = try await journey.serve()
            for path in ["/livez", "/readyz", "/openapi.yaml"] {
                #expect(try await HTTPReply.of("GET", service.api + path).status == 200)
            }
            for path in ["/v1/tenants", "/v1/apps", "/v1/consent", "/v1/runs", "/v1/keys", "/v1/audit"] {
                #expect(try await HTTPReply.of("GET", service.api + path).status == 401)
            }
            #expect(try await HTTPReply.of("POST", service.api + "/v1/tokens", body: ["tenant": "x"]).status == 401)
            #expect(try await HTTPReply.of("GET", service.api + "/consent/callback").status != 200)
        }
    }
}
