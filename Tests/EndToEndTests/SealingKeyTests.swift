import FoundationEssentials
import Testing

@Suite("The sealing key", .timeLimit(.minutes(10)))
struct SealingKeyTests {
    private func lines(_ journey: Journey) throws -> [String] {
        try journey.read(journey.data + "/key").split(separator: "\n").map(String.init)
    }

    private func settled(_ service: Service) async throws -> JSON {
        try await eventually("the rotation ends") {
            let status = try await service.ask("GET", "/sealing-key").json
            return status["state"] == "settled" && status["remaining"] == 0 ? status : nil
        }
    }

    /// Further credentials of the app, which is more than one transaction seals anew.
    private func addCredentials(_ count: Int, _ service: Service) async throws {
        for number in 1...count {
            let added = try await service.ask(
                "POST", "/apps/fleet/credentials", ["credential": ["secret": .string("spare~secret~\(number)")]])
            try #require(added.status == 201, "\(added.body)")
        }
    }

    @Test("A rotation beside a running service is seen by nobody, and the old key is worth nothing afterwards")
    func besideService() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            var service = try await journey.open(.contoso, .fabrikam, .northwind)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            let link = try await journey.link(.fabrikam)
            try await journey.tenantry("webhook", "add", "https://hooks.example/x", "--type", "no.such")
            let old = try lines(journey)
            let preview = try await journey.tenantry("sealing-key", "rotate", "--dry-run")
            #expect(preview.errors.contains("would be sealed"))
            try await journey.refused(2, ["sealing-key", "rotate"], saying: "Nothing was changed", "--yes")
            #expect(try lines(journey) == old)

            let rotated = try await journey.tenantry("sealing-key", "rotate", "--yes", "-o", "json").json
            #expect(rotated["state"] == "settled" && rotated["remaining"] == 0)
            let keys = rotated["keys"].items
            #expect(keys.map { $0["in_use"] } == [false, true] && keys[0]["ended_at"] != .null)
            let new = try await eventually("the old line goes") {
                let now = try lines(journey)
                return now.count == 1 ? now : nil
            }
            #expect(new != old)

            // A credential is opened, a link answered, a job run, with and without a restart.
            for _ in 1...2 {
                try await journey.tenantry("token", "get", "--tenant", "contoso.example", "--min-valid", "1s")
                try await journey.tenantry("job", "run", "graph-get", "--path", "/users", exit: 5)
                #expect(try await service.stop() == 0)
                service = try await journey.serve()
            }
            #expect(try await service.visit(link.page).status == 200, "customers hold their links for weeks")
            #expect(try await service.visit(try await journey.world.answer(link.url)).status == 303)
            #expect(try await journey.settled(.fabrikam, in: service)["state"] == "granted")
            #expect(try await journey.consent(.northwind, through: service) == "granted")

            let events = try await journey.tenantry("event", "list", "--type", "sealing_key.*", "-o", "json").json.items
            #expect(events.map { $0["type"] } == ["sealing_key.rotation_started", "sealing_key.rotated"])
            #expect(try await service.stop() == 0)
            try await journey.put(old[0] + "\n", at: journey.data + "/key")
            try await journey.refused(1, ["app", "list"], saying: "another key", "Restore")
            try await journey.put(new[0] + "\n", at: journey.data + "/key")
            try await journey.tenantry("app", "list")
            for key in old + new { #expect(try await journey.find(key).filter { !$0.hasSuffix("/key") }.isEmpty) }
        }
    }

    @Test("Killed again and again while it rotates, the service always starts, finishes and has lost nothing")
    func killed() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            var service = try await journey.open(.contoso)
            #expect(try await journey.consent(.contoso, through: service) == "granted")
            try await addCredentials(230, service)
            for round in 1...6 {
                let begun = try await service.ask("POST", "/sealing-key/rotate", [:])
                #expect(try begun.status == 202 && begun.json["state"] == "rotating", "round \(round)")
                try await service.killNow()
                #expect((1...2).contains(try lines(journey).count))
                if round.isMultiple(of: 2) {
                    // A command on its own goes on with what the service left.
                    try await journey.tenantry("sealing-key", "rotate", "--yes")
                    let status = try await journey.tenantry("sealing-key", "status", "-o", "json").json
                    #expect(status["state"] == "settled")
                }
                service = try await journey.serve()
                // A row that does not open would stay among the remaining ones.
                let status = try await settled(service)
                let ended = status["keys"].items.filter { $0["ended_at"] != .null }
                #expect(ended.count == status["keys"].items.count - 1)
                let rows = status["rows"].items.filter { $0["table"] != "token" }.compactMap { $0["total"].int }
                #expect(rows.reduce(0, +) == 232)
                try await journey.tenantry("token", "get", "--tenant", "contoso.example", "--min-valid", "1s")
            }
            _ = try await eventually("the last old line goes") { try lines(journey).count == 1 ? true : nil }
        }
    }

    @Test("Two lines written by hand into a key file elsewhere are taken up at the next start")
    func byHand() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let file = journey.directory + "/elsewhere"
            try await journey.tenantry(
                "init", "--key-file", file, "--authority", journey.world.login, "--graph", journey.world.graph,
                "--authority-ca", journey.world.caFile)
            try await journey.addApp()
            let old = try journey.read(file)
            try await journey.openssl("rand", "-base64", "-out", "new", "32")
            let new = try journey.read(journey.directory + "/new")
            try await journey.put(new + old, at: file)

            let waiting = try await journey.tenantry("sealing-key", "status", "-o", "json").json
            #expect(waiting["state"] == "rotating")
            try await journey.tenantry("tenant", "add", "contoso.example")
            let service = try await journey.serve()
            _ = try await settled(service)
            _ = try await eventually("the old line goes") { try journey.read(file) == new ? true : nil }
            #expect(try await journey.consent(.contoso, through: service) == "granted")
        }
    }

    @Test("A key file that cannot be replaced is said in words that help, and nothing has changed")
    func unwritable() async throws {
        try await Journey.begin { journey in
            try await journey.initialise()
            try await journey.addApp()
            let before = try lines(journey)
            // Even root cannot put a file where a directory is.
            _ = try await Command.run("mkdir", [journey.data + "/key.partial"])
            try await journey.refused(
                1, ["sealing-key", "rotate", "--yes"], saying: "cannot be replaced", "Nothing was changed",
                "openssl rand -base64 32")
            #expect(try lines(journey) == before)
            #expect(try await journey.tenantry("sealing-key", "status", "-o", "json").json["state"] == "settled")
        }
    }
}
