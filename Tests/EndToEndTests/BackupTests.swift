import FoundationEssentials
import Testing

@Suite("Backups", .timeLimit(.minutes(10)))
struct BackupTests {
    /// A fresh directory with the settings and the key of the old one, as an operator makes it.
    private func place(_ name: String, _ journey: Journey, key: String? = nil) async throws -> String {
        let path = "\(journey.directory)/\(name)"
        _ = try await Command.run("install", ["-d", "-m", "700", path])
        _ = try await Command.run("cp", [journey.data + "/tenantry.yaml", path])
        if let key { _ = try await Command.run("install", ["-m", "600", key, path + "/key"]) }
        return path
    }

    @Test("A backup made while the service works holds no secret in the clear, and a directory made of it works")
    func journey() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let service = try await journey.open(.contoso, .fabrikam)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let link = try await journey.link(.fabrikam)
            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example").output
            let apiKey = try await journey.tenantry("key", "create", "ci", "--role", "admin").output
            let hook = try await journey.tenantry(
                "webhook", "add", "https://hooks.example/x", "--type", "no.such", "-o", "json"
            ).json["secret"].text
            let path = journey.directory + "/backup.db"
            // Others write all the while.
            async let written: Int = {
                var count = 0
                for number in 1...60 {
                    let body: JSON = ["name": .string("k\(number)"), "role": "viewer"]
                    if try await service.ask("POST", "/keys", body).status == 201 { count += 1 }
                }
                return count
            }()
            let made = try await journey.tenantry("backup", "create", path, "-o", "json").json
            #expect(made["path"].text == path && made["sha256"].text.utf8.count == 64)
            #expect(try await written == 60)
            let mode = try await Command.run("stat", ["-c", "%a", path, path + ".sha256"])
            #expect(mode.output == "600\n600\n")
            let sum = try await Command.run("env", ["-C", journey.directory, "sha256sum", "-c", "backup.db.sha256"])
            #expect(sum.code == 0)

            let keyText = try journey.read(journey.data + "/key").split(separator: "\n")
            let secrets =
                [
                    Scenario.secret, link.state, String(token.split(separator: ".").last?.prefix(40) ?? ""),
                    String(apiKey.split(separator: "_").last?.prefix(32) ?? ""), hook,
                ] + keyText.map(String.init)
            #expect(secrets.allSatisfy { $0.utf8.count >= 22 })
            for secret in secrets {
                let search = try await Command.run("grep", ["-caF", "-e", secret, path])
                #expect(search.code == 1, "\(search.output)")
            }
            #expect(try await Command.run("grep", ["-caF", "-e", "Tallyport Fleet Sync", path]).code == 0)

            let verified = try await journey.tenantry("backup", "verify", path, "-o", "json").json
            #expect(verified["hash_recorded"] == true && verified["sealed_rows_broken"] == 0)
            #expect(verified["sealed_rows_opened"] == 3 && verified["rows"]["tenant"] == 2)
            #expect(verified["sha256"] == made["sha256"])
            try await journey.refused(1, ["backup", "create", path], saying: path, "was kept")

            // The machine is lost; the backup and the key are not.
            let new = try await place("new", journey, key: journey.data + "/key")
            try await service.killNow()
            try await journey.tenantry("backup", "restore", path, "--data", new)
            let restored = ["TENANTRY_DATA": new]
            try await journey.tenantry("token", "get", "--tenant", "contoso.example", environment: restored)
            let links = try await journey.tenantry(
                "consent", "links", "fabrikam.example", "-o", "json", environment: restored)
            #expect(
                links.output.contains(link.page.split(separator: "/").last ?? "?"), "the customer's link is still good")
            let audit = try await journey.tenantry("audit", "list", "-o", "json", environment: restored).json.items
            #expect(audit.contains { $0["action"] == "backup.restore" })
        }
    }

    @Test("Every wrong file and every wrong place is refused in words that help, and nothing has changed")
    func refusals() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            try await journey.addApp()
            let path = journey.directory + "/backup.db"
            try await journey.tenantry("backup", "create", path)
            let text = try journey.file("text", "This is no backup.")
            let none = journey.directory + "/none.db"
            for verb in ["verify", "restore"] {
                let place =
                    verb == "restore" ? ["--data", try await place("p", journey, key: journey.data + "/key")] : []
                try await journey.refused(2, ["backup", verb, text] + place, saying: text, "no backup")
                try await journey.refused(3, ["backup", verb, none] + place, saying: none, "cannot be read")
                _ = try await Command.run("cp", [path, journey.directory + "/cut.db"])
                _ = try await Command.run("truncate", ["-s", "-8192", journey.directory + "/cut.db"])
                try await journey.refused(
                    1, ["backup", verb, journey.directory + "/cut.db"] + place, saying: "damaged", "earlier backup")
                try await journey.refused(
                    2, ["backup", verb, journey.data + "/tenantry.db"] + place, saying: "running service")
            }
            #expect(try await Command.run("ls", [journey.directory + "/p"]).output == "key\ntenantry.yaml\n")

            let other = try journey.file("other-key", String(repeating: "A", count: 43) + "=\n")
            _ = try await Command.run("chmod", ["600", other])
            try await journey.refused(
                1, ["backup", "verify", path, "--key-file", other], saying: "another key", "rotation")
            let bare = try await place("bare", journey)
            try await journey.refused(
                1, ["backup", "restore", path, "--data", bare], saying: bare + "/key", "--key-file")
            let before = try journey.bytes(journey.data + "/tenantry.db")
            try await journey.refused(1, ["backup", "restore", path], saying: "already")
            #expect(try journey.bytes(journey.data + "/tenantry.db") == before)
            try await journey.refused(1, ["backup", "create", "/proc/x.db"], saying: "/proc/x.db", "not written")
        }
    }

    @Test("A backup from before a rotation opens with the key file of its time, as the command said")
    func oldKey() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let path = journey.directory + "/backup.db"
            let made = try await journey.tenantry("backup", "create", path)
            #expect(made.errors.contains("present key file only"))
            let oldKey = journey.directory + "/old-key"
            _ = try await Command.run("install", ["-m", "600", journey.data + "/key", oldKey])
            try await journey.tenantry("sealing-key", "rotate", "--yes")
            _ = try await eventually("the old line goes") {
                try journey.read(journey.data + "/key").split(separator: "\n").count == 1 ? true : nil
            }
            try await journey.refused(1, ["backup", "verify", path], saying: "another key")
            try await journey.tenantry("backup", "verify", path, "--key-file", oldKey)
            #expect(try await service.stop() == 0)
            let new = try await place("new", journey, key: oldKey)
            try await journey.tenantry("backup", "restore", path, "--data", new)
            try await journey.tenantry(
                "token", "get", "--tenant", "contoso.example", environment: ["TENANTRY_DATA": new])
        }
    }
}
