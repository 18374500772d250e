import FoundationEssentials
import Synchronization
import Testing

/// Up until somebody lowers it.
private final class Flag: Sendable {
    private let state = Mutex(true)
    var isUp: Bool { state.withLock { $0 } }
    func lower() { state.withLock { $0 = false } }
}

@Suite("Credentials of the app", .timeLimit(.minutes(10)))
struct CredentialTests {
    @Test("A rotation under load fails no token request, and retires the old one in Entra and here")
    func underLoad() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, client) = try await journey.register(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let before = try await journey.credentials()
            let isRotating = Flag()
            let codes = try await withThrowingTaskGroup(of: [Int].self) { group in
                group.addTask {
                    var codes: [Int] = []
                    while isRotating.isUp {
                        let reply = try await service.ask(
                            "POST", "/tokens", ["tenant": "contoso.example", "claims": .object([:])])
                        codes.append(reply.status)
                    }
                    return codes
                }
                try await journey.tenantry("credential", "rotate", "fleet", "--overlap", "2s")
                try await untilTrue { try await journey.credentials().count == 1 }
                isRotating.lower()
                return try await group.next() ?? []
            }
            #expect(codes.count > 20 && codes.allSatisfy { $0 == 200 }, "\(codes.filter { $0 != 200 })")
            let after = try await journey.credentials()
            #expect(after.map(\.state) == ["preferred"] && after.map(\.id) != before.map(\.id))
            let app = try await journey.world.control("GET", "/state")["apps"].items.first {
                $0["client_id"].text == client
            }
            #expect(app?["certificates"].items.count == 1)
        }
    }

    @Test(
        "A rotation that is killed at any moment goes on by itself and ends right",
        arguments: ["certificate", "secret"])
    func killed(kind: String) async throws {
        try await Journey.begin(Scenario()) { journey in
            var (service, client) = try await journey.register()
            let old = try await journey.credentials().map(\.id)
            let started = try await service.ask(
                "POST", "/apps/fleet/rotation", ["purpose": "replace", "make": .string(kind), "overlap_s": 1])
            #expect(started.status == 202, "\(started.body)")
            // Each life is a little longer than the last, so that every step is cut somewhere.
            for milliseconds in [5, 40, 150, 400, 900, 1_600] {
                try await Task.sleep(for: .milliseconds(milliseconds))
                try await service.killNow()
                service = try await journey.serve()
            }
            try await untilTrue {
                let rotation = try await service.ask("GET", "/apps/fleet/rotation").json
                #expect(rotation["step"] != "failed", "\(rotation)")
                let credentials = try await journey.credentials()
                return rotation["step"] == "done" && credentials.count == 1
            }
            let left = try await journey.credentials()
            #expect(left.map(\.state) == ["preferred"] && !old.contains(left[0].id))
            let app = try #require(
                try await journey.world.control("GET", "/state")["apps"].items.first { $0["client_id"].text == client })
            #expect(app["certificates"].items.count + app["secrets"].items.count == 1, "\(app)")
        }
    }

    @Test("A rotation that was cut off goes on when its command is run again, without a service")
    func takenUp() async throws {
        try await Journey.begin(Scenario()) { journey in
            let (service, _) = try await journey.register()
            let started = try await service.ask(
                "POST", "/apps/fleet/rotation", ["purpose": "replace", "make": "certificate"])
            #expect(started.status == 202, "\(started.body)")
            try await service.killNow()
            try await journey.refused(
                1, ["credential", "add", "fleet", "--make", "secret"], saying: "is under way")
            let begun = try started.json["credential"].text
            try await journey.refused(1, ["credential", "retire", "fleet", begun], saying: "is under way")
            let done = try await journey.tenantry("credential", "rotate", "fleet")
            #expect(done.errors.contains("going on") && done.errors.contains("retired later"), "\(done.errors)")
            let credentials = try await journey.credentials()
            #expect(credentials.map(\.state).sorted() == ["preferred", "retiring"])
            #expect(credentials.contains { $0.id == begun && $0.state == "preferred" })
        }
    }

    @Test("A rejected credential hands over to the next one, and is one finding for all tenants")
    func rejected() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let (service, _) = try await journey.register(.contoso, .fabrikam)
            try await journey.tenantry("credential", "add", "fleet", "--make", "secret", "--life", "365d")
            for customer in [Customer.contoso, .fabrikam] {
                #expect(try await journey.consent(customer, through: service) == "granted")
            }
            // Microsoft's time goes on until the certificate, and not the secret, has expired there.
            try await journey.world.advance(seconds: 181 * 86_400)
            for customer in ["contoso.example", "fabrikam.example"] {
                try await journey.tenantry("token", "get", "--tenant", customer, "--claims", "{}")
            }
            let findings = try await journey.tenantry("finding", "list", "-o", "json", exit: 7).json.items
            #expect(findings.map { $0["code"] } == ["credential_rejected"])
            #expect(findings.first?["detail"].text.contains("AADSTS700027") == true)
            let list = try await journey.tenantry("credential", "list", "fleet", "-o", "json").json.items
            #expect(list.filter { $0["finding"] != .null }.count == 1)
        }
    }

    @Test("A certificate from a file is registered with the key that its owner keeps", arguments: [false, true])
    func brought(isPKCS12: Bool) async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, _) = try await journey.register(.contoso)
            let file = journey.directory + (isPKCS12 ? "/own.p12" : "/own.pem")
            let passphrase = try journey.file("pass.txt", "open sesame\n")
            try await journey.tenantry(
                ["credential", "make-certificate", "Own Key", "--out", file]
                    + (isPKCS12 ? ["--pkcs12", "--passphrase-file", passphrase] : []))
            #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
            try await journey.refused(
                2, ["credential", "make-certificate", "Own Key", "--out", file], saying: "cannot be made")
            try await journey.tenantry(
                ["credential", "add", "fleet", "--register", "--prefer"]
                    + (isPKCS12
                        ? ["--pkcs12-file", file, "--passphrase-file", passphrase] : ["--certificate-file", file]))
            #expect(try await journey.credentials().map(\.state) == ["active", "preferred"])
            #expect(try await journey.consent(.contoso, through: service) == "granted")
        }
    }

    @Test("A federated assertion is registered, used, and taken anew when its file changes")
    func federated() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let (service, _) = try await journey.register(.contoso)
            func mint(_ subject: String, _ lifetime: Int = 3_600) async throws {
                let token = try await journey.world.control(
                    "POST", "/workload-tokens",
                    ["subject": .string(subject), "lifetime_seconds": .number(Double(lifetime))])
                try await journey.put(token["token"].text, at: journey.directory + "/assertion")
            }
            try await mint("job:fleet")
            try await journey.tenantry(
                "credential", "add", "fleet", "--assertion-file", journey.directory + "/assertion", "--register",
                "--prefer")
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let ask = ["token", "get", "--tenant", "contoso.example", "--claims", "{}"]
            try await journey.tenantry(ask)
            try await mint("job:other")
            // The certificate is still there: it takes over, and the finding says why.
            try await journey.tenantry(ask)
            let findings = try await journey.tenantry("finding", "list", "-o", "json", exit: 7).json.items
            #expect(findings.first?["detail"].text.contains("AADSTS700213") == true)
            #expect(try await journey.find("eyJ").isEmpty)
        }
    }

    @Test("Certificates that Entra would refuse are refused before anything is sent")
    func badCertificates() async throws {
        try await Journey.begin(Scenario()) { journey in
            _ = try await journey.register()
            let directory = journey.directory
            try await journey.openssl(
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ec.key",
                "-out", "ec.crt", "-subj", "/CN=ec")
            try await journey.openssl(
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "a.key", "-out", "a.crt", "-subj", "/CN=a")
            try await journey.openssl("genrsa", "-out", "b.key", "2048")
            try await journey.openssl(
                "pkcs12", "-export", "-inkey", "a.key", "-in", "a.crt", "-out", "a.p12", "-passout", "pass:right")
            func pem(_ key: String, _ certificate: String) throws -> String {
                try journey.file(
                    "both.pem", try journey.read("\(directory)/\(key)") + journey.read("\(directory)/\(certificate)"))
            }
            let add = ["credential", "add", "fleet", "--register"]
            let before = try await journey.credentials().map(\.id)
            try await journey.refused(2, add + ["--certificate-file", try pem("ec.key", "ec.crt")], saying: "EC")
            try await journey.refused(
                2, add + ["--certificate-file", try pem("b.key", "a.crt")], saying: "does not belong")
            try await journey.refused(
                2, add + ["--pkcs12-file", "\(directory)/a.p12", "--passphrase-file", try journey.file("p", "wrong")],
                saying: "passphrase does not open")
            try await journey.refused(2, add + ["--pkcs12-file", "\(directory)/a.p12"], saying: "encrypted")
            let large = try journey.file("large.pem", String(repeating: "x", count: 1_048_577))
            try await journey.refused(2, add + ["--certificate-file", large], saying: "larger than 128 KiB")
            #expect(try await journey.credentials().map(\.id) == before)
        }
    }

    @Test("What is made is in no log and no file in the clear, and what is retired is gone")
    func sealed() async throws {
        try await Journey.begin(Scenario()) { journey in
            _ = try await journey.register()
            try await journey.tenantry("credential", "rotate", "fleet", "--make", "secret", "--overlap", "1s")
            for text in ["PRIVATE KEY", "eyJ", Scenario.registrarSecret] {
                #expect(try await journey.find(text).isEmpty, "\(text)")
            }
            for finished in journey.commands {
                #expect(!(finished.output + finished.errors).contains("~"), "\(finished.line)")
            }
        }
    }

    @Test("Doctor finds what would keep customers from consenting")
    func doctor() async throws {
        try await Journey.begin(Scenario()) { journey in
            _ = try await journey.register()
            let healthy = try await journey.tenantry("doctor", "--app", "fleet", "-o", "json").json.items
            #expect(healthy.allSatisfy { $0["verdict"] == "ok" }, "\(healthy)")
            try await journey.tenantry(
                "app", "apply", "-f",
                try journey.spec(replacing: ("http://localhost/", "https://connect.example.com/")), "--as", "registrar",
                "--yes")
            let sick = try await journey.tenantry("doctor", "--app", "fleet", "-o", "json", exit: 7).json.items
            #expect(
                Set(sick.filter { $0["verdict"] == "finding" }.map { $0["check"].text }) == [
                    "redirect_uri", "redirect_reachable",
                ])
        }
    }

    /// Asks again and again, without a pause of its own: each question takes its time.
    private func untilTrue(_ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(120)
        while try await !condition() {
            try #require(ContinuousClock.now < deadline, "it did not come true in two minutes")
        }
    }
}
