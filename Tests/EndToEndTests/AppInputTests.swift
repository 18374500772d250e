import Testing

@Suite("Bad input about the app", .timeLimit(.minutes(10)))
struct AppInputTests {
    private let words = [
        "app", "add", "fleet", "--client-id", Scenario.clientID, "--permission", "User.Read.All", "--redirect-uri",
        "http://localhost/consent/callback",
    ]

    @Test("A secret as an argument is refused and not repeated")
    func typedSecret() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let before = try await journey.everything()
            let secret = Scenario.secret
            for typed in [
                ["--secret", secret], ["--secret=\(secret)"], ["--client-secret", secret], ["--password=\(secret)"],
                ["--secret-file", secret], ["--secret-file=\(secret)"], [secret],
            ] {
                let finished = try await journey.tenantry(words + typed, exit: 2)
                #expect(!finished.errors.contains(secret) && !finished.output.contains(secret), "\(typed)")
                #expect(finished.errors.contains("secret"), "\(finished.errors)")
            }
            #expect(try await journey.everything() == before)
        }
    }

    @Test("A credential that cannot work is refused before it is stored, and says why")
    func badCredentials() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            let before = try await journey.everything()
            func request(_ name: String, _ more: String...) async throws {
                try await journey.openssl(
                    "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", name + ".key")
                try await journey.openssl("req", "-new", "-key", name + ".key", "-subj", "/CN=x", "-out", name + ".csr")
            }
            try await request("good")
            try await request("other")
            for (name, days) in [("good", "30"), ("other", "-1")] {
                try await journey.openssl(
                    "x509", "-req", "-in", name + ".csr", "-signkey", name + ".key", "-days", days, "-out",
                    name + ".crt")
            }
            try await journey.openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                "ec.key", "-out", "ec.crt", "-subj", "/CN=x", "-days", "30")
            try await journey.openssl(
                "pkcs12", "-export", "-inkey", "good.key", "-in", "good.crt", "-out", "good.p12", "-passout",
                "pass:right")
            func text(_ names: String...) throws -> String {
                try names.map { try journey.read("\(journey.directory)/\($0)") }.joined()
            }
            let wrong = try journey.file("wrong.txt", "wrong\n")
            let p12 = journey.directory + "/good.p12"
            for (name, content, saying) in [
                ("expired", try text("other.key", "other.crt"), "expired"),
                ("mismatch", try text("other.key", "good.crt"), "not belong"),
                ("elliptic", try text("ec.key", "ec.crt"), "RSA"),
                ("keyless", try text("good.crt"), "private key"),
                ("certless", try text("good.key"), "certificate"),
                ("garbage", "not a certificate", "certificate"),
            ] {
                let pem = try journey.file(name + ".pem", content)
                try await journey.refused(2, words + ["--certificate-file", pem], saying: saying)
            }
            try await journey.refused(
                2, words + ["--pkcs12-file", p12, "--passphrase-file", wrong], saying: "passphrase")
            try await journey.refused(2, words + ["--pkcs12-file", p12], saying: "passphrase")
            for (secret, saying) in [
                ("", "no secret"), ("\n\n", "no secret"), ("with spaces in it", "no client secret"),
                (Scenario.clientID, "not its value"),
            ] {
                try await journey.refused(2, words + ["--secret-file", "-"], saying: saying, input: Array(secret.utf8))
            }
            try await journey.refused(2, words, saying: "exactly one credential")
            #expect(try await journey.everything() == before)
        }
    }

    @Test("A registration that cannot be one is refused")
    func badRegistrations() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            try await journey.addApp()
            let before = try await journey.everything()
            func add(
                _ name: String = "second", client: String = "11111111-2222-4333-8444-555555555555",
                with more: [String] = ["--permission", "User.Read.All"]
            ) -> [String] {
                ["app", "add", name, "--client-id", client, "--secret-file", "-"] + more
            }
            let secret = Array(Scenario.secret.utf8)
            for (words, code, saying) in [
                (add("fleet"), 1, "fleet"), (add(client: Scenario.clientID), 1, Scenario.clientID),
                (add("Fleet"), 2, "a-z"), (add("../x"), 2, "a-z"), (add(client: "fleet"), 2, "client id"),
                (add(client: "00000000-0000-0000-0000-000000000000"), 2, "client id"),
                (add(with: []), 2, "permission"), (add(with: ["--permission", "A", "--permission", "A"]), 2, "twice"),
                (add(with: ["--permission", "User.Read.All", "--redirect-uri", "http://evil.example/cb"]), 2, "https"),
                (
                    add(with: ["--permission", "User.Read.All", "--redirect-uri", "javascript:alert(1)"]), 2,
                    "redirect URI"
                ),
                (add(with: ["--permission", "User.Read.All", "--resource", "no resource"]), 2, "resource"),
                (add(with: ["--permission", "User.Read.All", "--cloud", "moon"]), 2, "cloud"),
            ] as [([String], Int32, String)] {
                try await journey.refused(code, words, saying: saying, input: secret)
            }
            #expect(try await journey.everything() == before)
        }
    }
}
