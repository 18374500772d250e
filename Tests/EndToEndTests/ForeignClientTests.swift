import Testing

@Suite(
    "Foreign clients",
    .enabled(if: Binaries.python != nil, "TENANTRY_TEST_PYTHON names no Python with msal and prometheus_client"),
    .timeLimit(.minutes(10)))
struct ForeignClientTests {
    /// Asks Microsoft's own library for a token, and again, for which it must need no second request.
    private static let script = """
        import json, msal, sys
        login, tenant, client, ca = sys.argv[1:5]
        credential = json.load(sys.stdin)
        app = msal.ConfidentialClientApplication(
            client, authority=f"{login}/{tenant}", client_credential=credential, verify=ca,
            instance_discovery=False)
        scopes = ["https://graph.microsoft.com/.default"]
        first = app.acquire_token_for_client(scopes)
        second = app.acquire_token_for_client(scopes)
        print(json.dumps({
            "token": first.get("access_token"), "error": first.get("error"), "codes": first.get("error_codes"),
            "expires_in": first.get("expires_in"), "cached": second.get("token_source"),
        }))
        """

    private func token(
        _ journey: Journey, _ credential: JSON, client: String = Scenario.clientID
    ) async throws -> JSON {
        let finished = try await Command.run(
            Binaries.python ?? "",
            ["-c", Self.script, journey.world.login, Customer.contoso.id, client, journey.world.caFile],
            input: try credential.bytes)
        try #require(finished.code == 0, "\(finished.errors)")
        return try finished.json
    }

    @Test("msal gets a token by secret, and the same refusals as from Microsoft")
    func bySecret() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let early = try await token(journey, .string(Scenario.secret))
            #expect(early["token"] == .null && early["codes"] == [7_000_229] && early["error"] == "invalid_client")

            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let reply = try await token(journey, .string(Scenario.secret))
            let claims = try JWT(reply["token"].text).claims
            #expect(claims["tid"].text == Customer.contoso.id && claims["appidacr"] == "1")
            #expect(Set(claims["roles"].items.map(\.text)) == ["User.Read.All", "Organization.Read.All"])
            // msal hands on what the authority wrote, which may be a number or a text.
            let lifetime = reply["expires_in"].int ?? Int(reply["expires_in"].text) ?? 0
            #expect(reply["cached"] == "cache" && (3_500...3_600).contains(lifetime))

            let wrong = try await token(journey, "no~secret~of~this~app")
            #expect(wrong["token"] == .null && wrong["codes"] == [7_000_215])
        }
    }

    @Test("msal gets a token by certificate, and reads what it grants as the product does")
    func byCertificate() async throws {
        var scenario = Scenario(.contoso)
        scenario.secrets = []
        try await Journey.begin(scenario) { journey in
            try await journey.openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "app.key", "-out", "app.crt", "-subj",
                "/CN=tallyport", "-days", "30")
            let certificate = try journey.read(journey.directory + "/app.crt")
            let key = try journey.read(journey.directory + "/app.key")
            try await journey.world.control(
                "POST", "/apps",
                ["client_id": .string(Scenario.clientID), "certificates": [.string(certificate)]])
            try await journey.initialise()
            let service = try await journey.serve()
            let pem = try journey.file("app.pem", key + certificate)
            try await journey.tenantry(
                "app", "add", "fleet", "--client-id", Scenario.clientID, "--certificate-file", pem, "--permission",
                "User.Read.All", "--redirect-uri", "http://localhost/consent/callback")
            try await journey.tenantry("tenant", "add", "contoso.example")
            #expect(try await journey.consent(.contoso, through: service) == "granted")

            let reply = try await token(
                journey, ["private_key": .string(key), "public_certificate": .string(certificate)])
            let ours = try JWT(try await journey.tenantry("token", "get", "--tenant", "contoso.example").output).claims
            let theirs = try JWT(reply["token"].text).claims
            #expect(theirs["appidacr"] == "2")
            for claim in ["tid", "appid", "oid", "iss", "roles", "appidacr"] {
                #expect(ours[claim] == theirs[claim] && ours[claim] != .null, "\(claim)")
            }
            #expect(try await journey.world.requests("token").allSatisfy { $0["auth"] == "certificate" })
        }
    }

    @Test("msal signs in with the certificate that was made here and registered, by PEM and by PKCS#12")
    func madeHere() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, client) = try await journey.register(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let (pem, p12) = (journey.directory + "/own.pem", journey.directory + "/own.p12")
            let passphrase = try journey.file("pass.txt", "open sesame")
            try await journey.tenantry("credential", "make-certificate", "By PEM", "--out", pem)
            try await journey.tenantry(
                "credential", "make-certificate", "By PKCS#12", "--out", p12, "--pkcs12", "--passphrase-file",
                passphrase)
            try await journey.tenantry("credential", "add", "fleet", "--certificate-file", pem, "--register")
            try await journey.tenantry(
                "credential", "add", "fleet", "--pkcs12-file", p12, "--passphrase-file", passphrase, "--register")
            let text = try journey.read(pem)
            let cut = try #require(text.firstRange(of: "-----BEGIN PRIVATE KEY-----")?.lowerBound)
            let credentials: [JSON] = [
                ["private_key": .string(String(text[cut...])), "public_certificate": .string(String(text[..<cut]))],
                ["private_key_pfx_path": .string(p12), "passphrase": "open sesame"],
            ]
            for credential in credentials {
                let reply = try await token(journey, credential, client: client)
                let claims = try JWT(reply["token"].text).claims
                #expect(claims["appid"].text == client && claims["appidacr"] == "2", "\(reply)")
            }
        }
    }

    /// Reads standard input as Prometheus does: what it takes for which metric.
    private static let reader = """
        import json, sys
        from prometheus_client.parser import text_string_to_metric_families
        families = list(text_string_to_metric_families(sys.stdin.read()))
        print(json.dumps({f.name: {
            "type": f.type, "help": f.documentation,
            "samples": [[s.name, s.labels, s.value] for s in f.samples]} for f in families}))
        """

    @Test("Prometheus' own parser reads the metrics, with a viewer's key and not without")
    func prometheus() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            for _ in 0..<3 { try await journey.tenantry("token", "get", "--tenant", "contoso.example") }
            let key = try await journey.tenantry("key", "create", "prometheus", "--role", "viewer").lines[0]
            #expect(try await HTTPReply.of("GET", service.api + "/metrics").status == 401)
            let reply = try await HTTPReply.of(
                "GET", service.api + "/metrics",
                headers: ["Authorization: Bearer \(key)", "Accept: text/plain;version=0.0.4;q=0.5,*/*;q=0.1"])
            #expect(reply.status == 200 && reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")

            let finished = try await Command.run(
                Binaries.python ?? "", ["-c", Self.reader], input: Array(reply.body.utf8))
            try #require(finished.code == 0, "\(finished.errors)")
            let families = try finished.json
            #expect(families.names.count > 20)
            for name in families.names {
                #expect(["counter", "gauge", "histogram"].contains(families[name]["type"].text), "\(name)")
                #expect(!families[name]["help"].text.isEmpty && !families[name]["samples"].items.isEmpty, "\(name)")
            }
            let served = families["tenantry_token_served"]["samples"].items
            #expect(served.first { $0[1]["source"] == "memory" }?[2].int ?? 0 >= 3)
            let latency = families["tenantry_token_authority_seconds"]
            let buckets = latency["samples"].items.filter { $0[0] == "tenantry_token_authority_seconds_bucket" }
            let counts = buckets.map { $0[2].int ?? -1 }
            #expect(latency["type"] == "histogram" && counts == counts.sorted() && counts.last ?? 0 > 0)
            #expect(buckets.last?[1]["le"] == "+Inf")
            #expect(families["process_resident_memory_bytes"]["samples"][0][2].int ?? 0 > 1_000_000)
        }
    }
}
