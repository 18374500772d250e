import Testing

@Suite("Secrets", .timeLimit(.minutes(10)))
struct SecretTests {
    @Test("After a whole journey no secret lies in a file, a log, an output or a command line")
    func nowhere() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam.with("administrator", "declines"))) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            let key = try await journey.tenantry("key", "create", "ci", "--role", "admin").output
            let keySecret = String(key.split(separator: "_").last?.prefix(32) ?? "")
            var secrets = [Scenario.secret, keySecret]
            for customer in [Customer.contoso, .fabrikam] {
                let made = try await journey.tenantry("consent", "link", customer.id, "-o", "json").json
                let url = made["admin_consent_url"].text
                secrets.append(String(url.split(separator: "&").first { $0.hasPrefix("state=") }?.dropFirst(6) ?? ""))
                let callback = try await journey.world.answer(url)
                #expect(try await service.visit(callback).status == 303)
                _ = try await journey.settled(customer, in: service)
                // Refusals come near secrets too.
                _ = try await service.visit(callback + "&state=again")
            }
            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            secrets.append(String(token.split(separator: ".").last?.prefix(40) ?? ""))
            try await journey.world.fault("token", "server_error", of: .contoso, count: 9)
            _ = try await journey.tenantry("token", "get", "--tenant", "contoso.example", "--claims", "{}", exit: 1)
            try await journey.world.control("DELETE", "/faults")
            try await journey.tenantry("job", "run", "graph-get", "--path", "/users", exit: 5)
            for words in [
                ["app", "show", "fleet"], ["consent", "status"], ["report", "consent"], ["audit", "list"],
                ["key", "list"], ["run", "list"],
            ] {
                for format in ["table", "json", "csv"] { try await journey.tenantry(words + ["-o", format]) }
            }
            try await journey.refused(
                2, ["app", "add", "x", "--client-id", Scenario.clientID, "--secret", Scenario.secret],
                saying: "does not belong on the command line")

            #expect(secrets.count == 5 && secrets.allSatisfy { $0.utf8.count >= 30 }, "\(secrets.map(\.count))")
            let commandLine = try service.process.commandLine()
            let toldOnPurpose = ["key create", "consent link", "token get"]
            for secret in secrets {
                #expect(try await journey.find(secret).isEmpty)
                #expect(!commandLine.contains(secret))
                for command in journey.commands {
                    #expect(!command.errors.contains(secret), "\(command.line)")
                    let isTold = toldOnPurpose.contains { command.line.contains($0) }
                    #expect(isTold || !command.output.contains(secret), "\(command.line)")
                }
            }
            #expect(try await service.stop() == 0)
            for secret in secrets { #expect(try await journey.find(secret).isEmpty, "nor after a clean end") }
        }
    }

    @Test("A certificate's private key is sealed")
    func privateKey() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            try await journey.openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "app.key", "-out", "app.crt", "-subj",
                "/CN=tallyport", "-days", "30")
            let key = try journey.read(journey.directory + "/app.key")
            let pem = try journey.file("app.pem", key + journey.read(journey.directory + "/app.crt"))
            try await journey.tenantry(
                "app", "add", "fleet", "--client-id", Scenario.clientID, "--certificate-file", pem, "--permission",
                "User.Read.All")
            // The key's own numbers, as DER holds them: 200 bytes from its middle, searched for byte by byte.
            let script = """
                import base64, pathlib, sys
                lines = open(sys.argv[1]).read().split("-----")[2].split()
                needle = base64.b64decode("".join(lines))[400:600]
                files = [path for path in pathlib.Path(sys.argv[2]).rglob("*") if path.is_file()]
                assert len(files) >= 3 and len(needle) == 200
                print(sum(needle in path.read_bytes() for path in files))
                """
            let search = try await Command.run(
                "python3", ["-c", script, journey.directory + "/app.key", journey.data])
            #expect(search.output == "0\n", "\(search.errors)")
        }
    }
}
