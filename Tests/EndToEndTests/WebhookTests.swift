import FoundationEssentials
import Glibc
import Testing

@Suite("Webhooks and events", .timeLimit(.minutes(10)))
struct WebhookTests {
    /// A data directory that trusts the receiver and lets webhooks go to this machine.
    private func initialise(_ journey: Journey, allowsPrivate: Bool = true) async throws {
        let trusted = try journey.file(
            "trusted.pem",
            try journey.read(journey.world.caFile) + "\n" + (try journey.read(journey.directory + "/receiver.pem")))
        try await journey.tenantry(
            "init", "--authority", journey.world.login, "--graph", journey.world.graph, "--authority-ca", trusted)
        guard allowsPrivate else { return }
        let settings = journey.data + "/tenantry.yaml"
        try await journey.put(try journey.read(settings) + "\nwebhooks:\n  allow_private: true\n", at: settings)
    }

    private func add(_ receiver: Receiver, _ journey: Journey, _ words: String...) async throws -> String {
        let secret = try journey.file("secret.txt", Receiver.secret)
        let words = ["webhook", "add", receiver.url, "--secret-file", secret, "-o", "json"] + words
        return try await journey.tenantry(words).json["id"].text
    }

    @Test("A receiver gets what happens, signed as the specification says; a failure is tried again under its id")
    func journey() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let receiver = try await Receiver.start(journey, answering: [500, 200])
            try await initialise(journey)
            let service = try await journey.serve()
            let hook = try await add(receiver, journey, "--type", "tenant.*", "--type", "webhook.*")
            try await journey.tenantry("tenant", "add", "contoso.example")
            let messages = try await receiver.messages(2)
            #expect(messages.count == 2 && messages.allSatisfy { $0["good"] == true })
            if Binaries.python != nil {
                #expect(messages.allSatisfy { $0["checker"] == "standardwebhooks" }, "the reference library checks")
            }
            #expect(messages[0]["id"] == messages[1]["id"] && messages[0]["payload"] == messages[1]["payload"])
            #expect(messages[0]["payload"]["type"] == "tenant.added")
            #expect(messages[0]["payload"]["data"]["tenant"].text == Customer.contoso.id)

            let tested = try await journey.tenantry("webhook", "test", hook, "-o", "json").json
            #expect(tested["state"] == "delivered" && tested["last"]["status"] == 200)
            let deliveries = try await journey.tenantry("webhook", "deliveries", hook, "-o", "json").json.items
            #expect(deliveries.map { $0["type"].text } == ["webhook.test", "tenant.added"])
            #expect(deliveries[1]["attempts"] == 2)

            // What happens while nobody serves is sent when somebody does.
            #expect(try await service.stop() == 0)
            try await journey.tenantry("tenant", "add", "fabrikam.example")
            let again = try await journey.serve()
            let all = try await receiver.messages(4)
            #expect(all.count == 4 && all[3]["payload"]["data"]["tenant"].text == Customer.fabrikam.id)
            #expect(all.allSatisfy { $0["good"] == true })
            try await journey.tenantry("webhook", "rotate-secret", hook)
            try await journey.tenantry("webhook", "replay", hook, "--since", "0")
            let replayed = try await receiver.messages(6)
            #expect(
                replayed.count == 6 && replayed.allSatisfy { $0["good"] == true }, "the old secret is good for a day")
            #expect(Set(replayed.suffix(2).map { $0["id"].text }) == [all[0]["id"].text, all[3]["id"].text])
            #expect(try await journey.find(Receiver.secret).isEmpty)
            #expect(try await again.stop() == 0)
        }
    }

    @Test("After kill -9 what was not acknowledged is sent again under its id, and nothing is lost")
    func killed() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            let receiver = try await Receiver.start(journey, answering: [503, 200])
            try await initialise(journey)
            let service = try await journey.serve()
            let hook = try await add(receiver, journey)
            try await journey.tenantry("tenant", "add", "contoso.example")
            _ = try await receiver.messages(1)
            try await service.killNow()
            _ = try await journey.serve()
            try await journey.tenantry("tenant", "add", "fabrikam.example")
            var delivered: [JSON] = []
            for _ in 1...300 where delivered.count < 2 {
                let page = try await journey.tenantry("webhook", "deliveries", hook, "-o", "json").json.items
                delivered = page.filter { $0["state"] == "delivered" }
                try await Task.sleep(for: .milliseconds(100))
            }
            #expect(delivered.count == 2)
            let ids = Set(try receiver.messages().map { $0["id"].text })
            #expect(ids == Set(delivered.map { $0["id"].text }), "no id but those two was ever sent")
        }
    }

    @Test("No redirect is followed, and what the receiver says is kept short and printable")
    func redirect() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let receiver = try await Receiver.start(journey, answering: [307])
            try await initialise(journey)
            _ = try await journey.serve()
            let hook = try await add(receiver, journey)
            let tested = try await journey.tenantry(["webhook", "test", hook, "-o", "json"], exit: 1)
            let last = try tested.json["last"]
            #expect(last["status"] == 307 && last["error"].text.contains("redirect") && last["answer"] == "ok")
            #expect(tested.errors.contains("did not get through"))
            #expect(try receiver.messages().count == 1)
        }
    }

    @Test("Addresses that are not public are refused: as an address at once, behind a name when it is called")
    func closed() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            let listener = try BackgroundListener.open()
            _ = try await Receiver.start(journey)
            try await initialise(journey, allowsPrivate: false)
            _ = try await journey.serve()
            for host in ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "[::ffff:127.0.0.1]"] {
                try await journey.refused(
                    2, ["webhook", "add", "https://\(host):\(listener.port)/"], saying: "not an address of the public")
            }
            try await journey.refused(2, ["webhook", "add", "http://example.com/"], saying: "https")
            // This machine's own name, which looks like any other.
            let name = try journey.read("/proc/sys/kernel/hostname").split(separator: "\n")[0]
            guard try await Command.run("getent", ["ahosts", String(name)]).code == 0 else { return }
            let hook = try await journey.tenantry(
                "webhook", "add", "https://\(name):\(listener.port)/", "-o", "json"
            ).json["id"].text
            let tested = try await journey.tenantry(["webhook", "test", hook, "-o", "json"], exit: 1)
            let error = try tested.json["last"]["error"].text
            #expect(error.contains("not an address of the public Internet"), "\(error)")
            #expect(!listener.wasReached())
        }
    }

    @Test("Who follows the events misses none across a restart, and a script can wait for one")
    func follows() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            try await journey.initialise()
            try await journey.refused(2, ["event", "watch"], saying: "tenantry serve")
            let service = try await journey.serve()
            async let watched = journey.tenantry(
                "event", "watch", "--tenant", "fabrikam.example", "--until", "tenant.added", "--timeout", "50s", "-o",
                "json", exit: 3)
            #expect(try await watched.output.isEmpty, "a tenant that is not there yet cannot be followed")
            try await journey.tenantry("tenant", "add", "contoso.example")
            // It is connected when it has told the first one.
            let log = journey.directory + "/watch.log"
            let follower = try await BackgroundProcess.start(
                Binaries.tenantry,
                ["event", "watch", "--after", "0", "--type", "tenant.*", "--timeout", "20s", "-o", "json"],
                environment: journey.environment, log: log)
            journey.own(follower)
            try await service.killNow()
            _ = try await journey.serve()
            try await journey.tenantry("tenant", "add", "fabrikam.example")
            #expect(try await follower.wait() == 124)
            let said = try journey.read(log).split(separator: "\n")
            #expect(said.contains { $0.contains("following again") })
            let lines = try said.filter { $0.hasPrefix("{") }.map { try JSON(parsing: String($0)) }
            #expect(lines.map { $0["tenant"].text } == [Customer.contoso.id, Customer.fabrikam.id])
            let first = try await journey.tenantry(
                "event", "watch", "--after", "0", "--until", "tenant.added", "--timeout", "20s")
            #expect(first.lines.count == 1 && first.output.contains("tenant.added"))
            let listed = try await journey.tenantry("event", "list", "--type", "tenant.*", "-o", "json").json.items
            #expect(listed == lines)
            // Ctrl-C.
            let interrupted = try await Command.run(
                "timeout", ["--preserve-status", "-s", "INT", "2", Binaries.tenantry, "consent", "watch"],
                environment: journey.environment)
            #expect(interrupted.code == 130)
        }
    }
}
