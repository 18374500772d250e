import Testing

@Suite("The whole journey", .timeLimit(.minutes(10)))
struct WholeJourneyTests {
    @Test("From an empty directory to users in a file, with a client secret")
    func bySecret() async throws {
        let (approving, declining) = (Customer.contoso, Customer.fabrikam.with("administrator", "declines"))
        try await Journey.begin(Scenario(approving, declining, .northwind)) { journey in
            let service = try await journey.open()
            let list = try journey.file(
                "customers.csv",
                """
                tenant,name,tags
                contoso.example,Contoso Logistics,ring=canary plan=gold
                \(declining.id),Fabrikam Robotics,
                northwind.example,Northwind Provisions,ring=broad

                """)
            try await journey.tenantry("tenant", "import", list)
            #expect(try await journey.tenantry("tenant", "list", "-o", "json").json.items.count == 3)

            let link = try await journey.link(approving)
            let page = try await service.visit(link.page)
            #expect(page.title == "Tallyport Fleet Sync asks for your consent")
            #expect(page.body.contains("Contoso Logistics") && page.body.contains("Lists the people"))
            let done = try await service.follow(try await journey.world.answer(link.url))
            #expect(["Almost there", "Done. Thank you"].contains(done.title))
            #expect(try await journey.settled(approving, in: service)["state"] == "granted")
            #expect(try await service.visit(link.page).title == "Done. Thank you")
            #expect(try await journey.consent(declining, through: service) == "denied")

            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").lines
            #expect(token.count == 1)
            let claims = try JWT(String(token[0])).claims
            #expect(claims["tid"].text == approving.id && claims["appid"].text == Scenario.clientID)
            #expect(Set(claims["roles"].items.map(\.text)) == ["User.Read.All", "Organization.Read.All"])

            let run = try await journey.tenantry(
                "job", "run", "graph-get", "--path", "/organization", "-o", "json", exit: 5
            ).json
            #expect(run["counts"] == ["succeeded": 1, "skipped": 2])
            let output = run["items"].items.first { $0["state"] == "succeeded" }?["output"].text ?? ""
            #expect(try JSON(parsing: try journey.read(output))["id"].text == approving.id)

            let report = try await journey.tenantry("report", "consent", "-o", "json").json
            let states = Dictionary(uniqueKeysWithValues: report.items.map { ($0["tenant"].text, $0["state"].text) })
            #expect(states == [approving.id: "granted", declining.id: "denied", Customer.northwind.id: "none"])
        }
    }

    enum Container: String, CaseIterable {
        case pem = "PEM", encryptedPEM = "PEM with a passphrase", pkcs12 = "PKCS#12"
    }

    @Test("From an empty directory to a token, with a certificate", arguments: Container.allCases)
    func byCertificate(container: Container) async throws {
        var scenario = Scenario(.contoso)
        scenario.secrets = []
        try await Journey.begin(scenario) { journey in
            try await journey.openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "app.key", "-out", "app.crt", "-subj",
                "/CN=tallyport", "-days", "30")
            let certificate = try journey.read(journey.directory + "/app.crt")
            try await journey.world.control(
                "POST", "/apps",
                ["client_id": .string(Scenario.clientID), "certificates": [.string(certificate)]])
            try await journey.initialise()
            let service = try await journey.serve()
            let words = [
                "app", "add", "fleet", "--client-id", Scenario.clientID, "--permission", "User.Read.All",
                "--redirect-uri", "http://localhost/consent/callback",
            ]
            let app = try await journey.tenantry(words + ["-o", "json"] + file(container, journey)).json
            #expect(
                app["credential"]["kind"] == "certificate" && app["credential"]["thumbprint_sha256"].text.count == 64)

            try await journey.tenantry("tenant", "add", "contoso.example")
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").lines
            #expect(try JWT(String(token.first ?? "")).claims["appidacr"] == "2", "proven by a certificate")
            let requests = try await journey.world.requests("token")
            #expect(requests.map(\.["auth"].text) == ["certificate"], "one request, kept for all that follows")
        }
    }

    /// Puts the certificate and key in such a container and gives the words that name it.
    private func file(_ container: Container, _ journey: Journey) async throws -> [String] {
        let (key, certificate) = (journey.directory + "/app.key", journey.directory + "/app.crt")
        let passphrase = try journey.file("pass.txt", "open sesame\n")
        switch container {
        case .pem:
            let pem = try journey.file("app.pem", try journey.read(key) + journey.read(certificate))
            return ["--certificate-file", pem]
        case .encryptedPEM:
            try await journey.openssl(
                "pkcs8", "-topk8", "-in", key, "-out", "sealed.key", "-passout", "file:\(passphrase)")
            let pem = try journey.file(
                "app.pem", try journey.read(certificate) + journey.read(journey.directory + "/sealed.key"))
            return ["--certificate-file", pem, "--passphrase-file", passphrase]
        case .pkcs12:
            try await journey.openssl(
                "pkcs12", "-export", "-inkey", key, "-in", certificate, "-out", "app.p12", "-passout",
                "file:\(passphrase)")
            return ["--pkcs12-file", journey.directory + "/app.p12", "--passphrase-file", passphrase]
        }
    }
}
