import Testing

@Suite("Registering the app", .timeLimit(.minutes(10)))
struct RegistrationTests {
    @Test("A spec becomes a registration, and the app works in a customer's tenant with a certificate made here")
    func whole() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, client) = try await journey.register(.contoso)
            let again = try await journey.tenantry(
                "app", "apply", "-f", try journey.spec(), "--as", "registrar", "--yes")
            #expect(again.errors.contains("there is nothing to do"))
            try await journey.tenantry("app", "drift", "fleet")
            #expect(try await journey.applications().count == 1)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let claims = try JWT(try await journey.tenantry("token", "get", "--tenant", "contoso.example").output)
                .claims
            #expect(claims["appid"].text == client && claims["appidacr"] == "2")
            #expect(try await journey.tenantry("credential", "list", "fleet").lines.count == 2)
        }
    }

    @Test("An interrupted apply is taken up again, wherever a reply was lost, and nothing is made twice")
    func interrupted() async throws {
        for skip in 0..<6 {
            try await Journey.begin(Scenario()) { journey in
                try await journey.initialise()
                try await journey.addRegistrar()
                try await journey.world.control(
                    "POST", "/faults",
                    [
                        "endpoint": "graph", "kind": "lost_reply", "skip": .number(Double(skip)), "count": 4,
                        "path_prefix": "/v1.0/",
                    ])
                let words = ["app", "apply", "-f", try journey.spec(), "--as", "registrar", "--yes"]
                let first = try await Command.run(Binaries.tenantry, words, environment: journey.environment)
                try await journey.world.control("DELETE", "/faults")
                if first.code != 0 { #expect(first.errors.contains("goes on where it stopped"), "\(first.errors)") }
                try await journey.tenantry(words)
                #expect(try await journey.applications().count == 1, "after \(skip) requests")
                try await journey.tenantry("app", "drift", "fleet")
            }
        }
    }

    @Test("Nothing is changed when nobody is there to agree, and a plan that was seen is carried out by its id")
    func unattended() async throws {
        try await Journey.begin(Scenario()) { journey in
            try await journey.initialise()
            try await journey.addRegistrar()
            let words = ["-f", try journey.spec(), "--as", "registrar"]
            try await journey.refused(2, ["app", "apply"] + words, saying: "Nothing was changed", "--yes")
            #expect(try await journey.applications().isEmpty)
            let plan = try await journey.tenantry(["app", "plan", "-o", "json"] + words).json["plan_id"].text
            try await journey.refused(1, ["app", "apply", "--plan", "other"] + words, saying: "no longer the one")
            try await journey.tenantry(["app", "apply", "--plan", plan] + words)
            #expect(try await journey.applications().count == 1)
        }
    }

    @Test("A change made by hand is drift, and apply takes it back")
    func drift() async throws {
        try await Journey.begin(Scenario()) { journey in
            let (_, client) = try await journey.register()
            try await journey.world.control(
                "POST", "/apps", ["client_id": .string(client), "display_name": "Renamed by hand"])
            let drift = try await journey.tenantry("app", "drift", "fleet", "-o", "json", exit: 7)
            #expect(try drift.json["steps"].items.map { $0["change"] } == ["set_display_name"])
            try await journey.tenantry("app", "apply", "-f", try journey.spec(), "--as", "registrar", "--yes")
            try await journey.tenantry("app", "drift", "fleet")
        }
    }

    @Test("An administrator signs in with a code, registers, grants, and leaves no token behind")
    func signIn() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            try await journey.initialise()
            let service = try await journey.serve()
            let done = try await journey.signingIn("app", "apply", "-f", try journey.spec(), "--grant", "--yes")
            #expect(done.errors.contains("enter the code") && done.errors.contains("signed in"))
            let added = try await journey.signingIn("credential", "add", "fleet", "--make", "secret")
            #expect(added.output.contains("preferred"))
            try await journey.tenantry("tenant", "add", "contoso.example")
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            // The beginning of every token, which nothing here has been given the right to keep.
            #expect(try await journey.find("eyJ").isEmpty)
            try await journey.tenantry("app", "drift", "fleet", exit: 2)
        }
    }

    @Test("A sign-in that is declined, or finished by an administrator of another tenant, changes nothing")
    func declined() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            try await journey.initialise()
            let declined = try await journey.signingIn(
                "app", "apply", "-f", try journey.spec(), deciding: "decline", exit: 4)
            #expect(declined.errors.contains("declined"))
            #expect(try await journey.applications().isEmpty)
            #expect(try await journey.tenantry("app", "list", "-o", "json").json.items.isEmpty)
        }
    }

    @Test("A release that asks for more leaves earlier customers behind, and their work goes on")
    func release() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, _) = try await journey.register(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let more = try journey.spec(
                "more.yaml",
                replacing: ("permissions:\n", "permissions:\n  - role: Group.Read.All\n    reason: Knows teams\n"))
            try await journey.refused(
                3, ["release", "publish", "fleet", "1"], saying: "no draft with number 1")
            try await journey.tenantry("release", "create", "-f", more)
            try await journey.refused(1, ["release", "publish", "fleet"], saying: "could grant it", "app apply")
            try await journey.tenantry("app", "apply", "-f", more, "--as", "registrar", "--yes")
            let diff = try await journey.tenantry("release", "diff", "fleet", "-o", "json").json
            #expect(diff["added"].items.map { $0["reason"] } == ["Knows teams"])
            try await journey.tenantry("release", "publish", "fleet", "2")
            #expect(try await journey.state(.contoso) == "behind")
            try await journey.tenantry("token", "get", "--tenant", "contoso.example")
            try await journey.tenantry("consent", "verify", "contoso.example")
            #expect(try await journey.state(.contoso) == "behind")
            #expect(try await journey.consent(.contoso, through: service) == "granted")
        }
    }

    @Test("An export is a script that a shell can read, and holds every permission")
    func export() async throws {
        try await Journey.begin(Scenario()) { journey in
            try await journey.initialise()
            let spec = try journey.spec(replacing: ("Tallyport Fleet Sync", "Ada's \"Fleet\""))
            let script = try await journey.tenantry("app", "export", "-f", spec, "--to", "az").output
            let checked = try await Command.run("sh", ["-n", try journey.file("az.sh", script)])
            #expect(checked.code == 0, "\(checked.errors)")
            for target in ["az", "powershell", "terraform"] {
                let text = try await journey.tenantry("app", "export", "-f", spec, "--to", target).output
                #expect(text.contains("User.Read.All") && text.contains("AzureADMultipleOrgs"), "\(target)")
            }
            try await journey.refused(
                2, ["app", "export", "-f", spec, "--to", "bicep"], saying: "az, powershell or terraform")
        }
    }

    @Test("Delete says which tenants stop working, and wants the name or --yes")
    func delete() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, _) = try await journey.register(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let preview = try await journey.tenantry("app", "delete", "fleet", "--dry-run", "-o", "json")
            #expect(try preview.json["tenants"].items.map { $0["id"].text } == [Customer.contoso.id])
            try await journey.refused(2, ["app", "delete", "fleet"], saying: "Nothing was deleted")
            #expect(try await journey.applications().count == 1)
            try await journey.tenantry("app", "delete", "fleet", "--yes")
            #expect(try await journey.applications().isEmpty)
            try await journey.refused(3, ["app", "show", "fleet"], saying: "No app is called 'fleet'")
        }
    }

    @Test(
        "What is wrong with a spec is said with its line and column",
        arguments: [
            ("  - role: User.Read.All\n", "  - scope: User.Read\n", ":8:5: This asks for a delegated permission"),
            ("  - role: User.Read.All\n", "  - role: User.Read\n", ":8:5: 'User.Read' is a delegated permission"),
            (
                "AzureADMultipleOrgs", "AzureADandPersonalMicrosoftAccount",
                ":4:1: A daemon app cannot serve personal accounts"
            ),
            ("redirect_uris:\n", "redirect_urls:\n", ":5:1: 'redirect_urls' means nothing in the spec"),
            ("http://localhost/", "http://isv.example/", ":6:5: The redirect URI"),
            ("audience: ", "audience ", ":5:1: this is no YAML"),
            ("name: fleet\n", "name: fleet\nname: twice\n", "has a key twice: name"),
            ("name: fleet", "name: 'fleet", ": this is no YAML"),
            ("  - role: User.Read.All\n", "  - role: Directory.ReadWrite.All\n", "acknowledge_risk: true"),
            ("name: fleet", "cloud: mars\nname: fleet", ":1:1: There is no cloud 'mars'"),
        ])
    func badSpec(find: String, put: String, said: String) async throws {
        try await Journey.begin(Scenario()) { journey in
            try await journey.initialise()
            let spec = try journey.spec(replacing: (find, put))
            try await journey.refused(2, ["app", "plan", "-f", spec, "--offline"], saying: said)
            #expect(try await journey.world.requests("graph").isEmpty)
        }
    }

    @Test("A role that the directory does not know is answered with what was probably meant")
    func unknownRole() async throws {
        try await Journey.begin(Scenario()) { journey in
            try await journey.initialise()
            try await journey.addRegistrar()
            let spec = try journey.spec(replacing: ("User.Read.All", "User.Raed.All"))
            try await journey.refused(
                2, ["app", "plan", "-f", spec, "--as", "registrar"], saying: ":8:5:", "Did you mean User.Read.All")
        }
    }

    @Test("Files that are no spec, too large or not there are refused in one sentence")
    func noSpec() async throws {
        try await Journey.begin(Scenario()) { journey in
            try await journey.initialise()
            let plan = { (path: String) in ["app", "plan", "-f", path, "--offline"] }
            try await journey.refused(2, plan(try journey.file("empty.yaml", "# nothing\n")), saying: "is empty")
            try await journey.refused(
                2, plan(try journey.file("list.yaml", "- a\n- b\n")), saying: ":1:1: This is no mapping")
            try await journey.refused(
                2, plan(try journey.file("big.yaml", String(repeating: "# x\n", count: 300_000))),
                saying: "larger than 1 MiB")
            try await journey.refused(2, plan("/nowhere/app.yaml"), saying: "cannot be read")
            let bomb = (0..<8).map {
                "a\($0): &a\($0) [\($0 == 0 ? "x" : String(repeating: "*a\($0 - 1),", count: 9) + "x")]"
            }
            try await journey.refused(
                2, plan(try journey.file("bomb.yaml", bomb.joined(separator: "\n"))), saying: "bomb.yaml")
            // The same in a key, which is compared with other keys before anything else is.
            let keys = (0..<30).map { "k\($0): &k\($0) [*k\(max($0, 1) - 1),*k\(max($0, 1) - 1)]" } + ["? *k29\n: x"]
            try await journey.refused(
                2, plan(try journey.file("keys.yaml", "k: &k0 x\n" + keys.dropFirst().joined(separator: "\n"))),
                saying: "aliases")
        }
    }

    @Test("A spec of another cloud than the signed-in app's is refused")
    func otherCloud() async throws {
        try await Journey.begin(Scenario()) { journey in
            try await journey.initialise()
            try await journey.addRegistrar()
            let spec = try journey.spec(replacing: ("name: fleet", "cloud: usgov\nname: fleet"))
            try await journey.refused(2, ["app", "plan", "-f", spec, "--as", "registrar"], saying: "cloud")
        }
    }
}
