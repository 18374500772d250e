import Foundation
import Testing

@Suite("A campaign", .timeLimit(.minutes(10)))
struct CampaignTests {
    /// The share of tenants for each way of answering; the rest approves.
    private static let behaviours: [JSON] = [
        ["share": 0.02, "administrator": "declines"], ["share": 0.02, "administrator": "ignores"],
        ["share": 0.01, "callback": "consent_conflict"], ["share": 0.01, "callback": "consent_conflict_recorded"],
        ["share": 0.01, "callback": "request_sent"], ["share": 0.01, "callback": ["shape": ["state_junk"]]],
        ["share": 0.02, "roles_delay_seconds": 2], ["share": 0.01, "blocked": true],
    ]

    /// Every administrator of a list of links, at once: opens the page, follows it to Microsoft, answers there as the
    /// tenant's habit is, and goes where the browser is sent. What fails on the way is tried again, as people do.
    private static let administrators = """
        import concurrent.futures, html, json, re, sys, urllib.error, urllib.request
        pages, control = sys.argv[1:3]
        def ask(url, body=None):
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"} if body else {})
            try:
                with urllib.request.urlopen(request, timeout=60) as reply: return reply.read().decode()
            except urllib.error.HTTPError as error: return error.read().decode()
        def answer(member):
            for _ in range(8):
                page = ask(pages + "/connect/" + member["link"].rsplit("/", 1)[1])
                found = re.search(r'class="go"[^>]*href="([^"]*)"', page)
                if not found: return "answered"
                told = json.loads(ask(control + "/control/consent", json.dumps({"url": html.unescape(found[1])}).encode()))
                if told.get("callback"): ask(pages + "/" + told["callback"].split("/", 3)[3].split("#")[0])
                if told["outcome"] in ("approved", "declined", "ignored"): return told["outcome"]
                if told.get("callback") and "650051" not in told["callback"]: return "answered"
            return "gave up"
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            print(json.dumps(list(pool.map(answer, json.load(sys.stdin)))))
        """

    @Test("over 1,000 tenants, with one request in twenty going wrong, ends where the scenario says")
    func thousand() async throws {
        var scenario = Scenario()
        scenario.members = [
            "generated_tenants": ["count": 1_000, "prefix": "t", "users": 1, "behaviours": .array(Self.behaviours)]
        ]
        try await Journey.begin(scenario) { journey in
            let service = try await journey.open()
            let expected = try await journey.expectations()
            #expect(expected.count == 1_000)
            let list = "tenant\n" + expected.keys.sorted().joined(separator: "\n") + "\n"
            try await journey.tenantry(["tenant", "import", "-"], input: Array(list.utf8), limit: .seconds(120))
            try await journey.world.control(
                "PATCH", "/trouble", ["trouble": 0.05, "consent_trouble": 0.05])

            let started = try await journey.tenantry(
                [
                    "campaign", "start", "Autumn", "--selector", "", "--waves", "10,10%,rest", "--wave-every", "1s",
                    "--yes", "-o", "json",
                ]
            ).json
            let id = started["id"].text
            let sent = try await eventually("every wave is open", within: .seconds(120)) {
                let campaign = try await service.ask("GET", "/campaigns/\(id)").json
                return campaign["open_waves"].int == 3 ? campaign : nil
            }
            #expect(sent["waves"].items.map { $0["tenants"].int } == [10, 100, 890])
            let members = try await journey.tenantry("campaign", "members", id, "-o", "json").json
            #expect(members.items.count == 1_000 && members.items.allSatisfy { $0["state"] == "sent" })
            let answers = try await Command.run(
                "python3", ["-c", Self.administrators, service.pages, journey.world.controlAddress],
                input: try members.bytes, limit: .seconds(240))
            try #require(answers.code == 0, "\(answers.errors)")

            let wanted = expected.mapValues(Self.state)
            // The answers are counted, so that a failure says who is not where.
            func strays() async throws -> [String] {
                let rows = try await journey.tenantry("consent", "status", "-o", "json").json.items
                return rows.filter { wanted[$0["tenant"].text] != $0["state"].text }.map {
                    "\($0["domain"].text): \($0["state"].text), not \(wanted[$0["tenant"].text] ?? "?"); \($0["note"])"
                }
            }
            let deadline = ContinuousClock.now + .seconds(150)
            while try await !strays().isEmpty, ContinuousClock.now < deadline { await Task.yield() }
            let left = try await strays()
            #expect(left.isEmpty, "\(left.count): \(left.prefix(12).joined(separator: "\n"))")
            let ended = try await service.ask("GET", "/campaigns/\(id)").json
            let granted = wanted.values.count { $0 == "granted" }
            #expect(ended["counts"]["granted"].int == granted && granted > 900)
            #expect(ended["counts"]["declined"].int == 20)
            let injected = try await journey.world.requests("token").count { $0["injected"] != .null }
            #expect(injected > 20, "trouble came indeed: \(injected)")
        }
    }

    /// Where the emulator's own expectation leaves a tenant's consent.
    private static func state(_ expectation: String) -> String {
        switch expectation {
        case "granted", "granted_after_retry", "granted_despite_error": "granted"
        case "declined": "denied"
        case "no_answer", "unmatched", "requested": "invited"
        case "refused": "unreachable"
        default: expectation
        }
    }

    @Test("says whom it would ask, is refused when that has changed or is nobody, and is stopped by hand")
    func inputs() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            _ = try await journey.open(.contoso, .fabrikam)
            let start = ["campaign", "start", "Autumn", "--selector", ""]
            let preview = try await journey.tenantry(start + ["--dry-run", "-o", "json"]).json
            #expect(preview["tenants"].int == 2 && preview["waves"].items.map(\.int) == [2])
            try await journey.refused(2, start, saying: "Nothing was changed", "2 tenants")
            try await journey.refused(2, ["campaign", "start", "x", "--yes"], saying: "No tenant is selected")
            try await journey.refused(2, start + ["--waves", "5%,x", "--yes"], saying: "waves cannot be read")
            try await journey.refused(2, start + ["--remind", "3x", "--yes"], saying: "3d,7d")
            try await journey.refused(2, start + ["--deadline", "31d", "--yes"], saying: "30 days")
            try await journey.refused(1, start + ["--release", "7", "--yes"], saying: "release 1, not 7")
            try await journey.refused(
                1, ["campaign", "start", "x", "-l", "ring=none", "--yes"], saying: "no active tenant")
            try await journey.refused(2, ["campaign", "start", "x", "-l", "ring=", "--yes"], saying: "selector")
            try await journey.refused(3, ["campaign", "show", "nonsense"], saying: "no campaign 'nonsense'")
            try await journey.tenantry("tenant", "add", "northwind.example")
            try await journey.refused(
                1, start + ["--plan", preview["tenants_hash"].text], saying: "other tenants than when you looked")
            #expect(try await journey.tenantry("campaign", "list", "-o", "json").json.items.isEmpty)

            let id = try await journey.tenantry(start + ["--waves", "1,rest", "--yes", "-o", "json"]).json["id"].text
            let members = try await journey.tenantry("campaign", "members", id, "-o", "json").json.items
            #expect(members.map { $0["state"].text }.sorted() == ["sent", "waiting", "waiting"])
            try await journey.tenantry("campaign", "pause", id)
            try await journey.refused(1, ["campaign", "advance", id], saying: "no wave to open")
            try await journey.tenantry("campaign", "resume", id)
            try await journey.tenantry("campaign", "advance", id)
            _ = try await eventually("the second wave is open") {
                let campaign = try await journey.tenantry("campaign", "show", id, "-o", "json").json
                return campaign["counts"]["sent"].int == 3 ? true : nil
            }
            try await journey.refused(2, ["campaign", "cancel", id], saying: "Nothing was changed")
            let cancelled = try await journey.tenantry("campaign", "cancel", id, "--yes", "-o", "json").json
            #expect(cancelled["state"] == "cancelled" && cancelled["counts"]["expired"].int == 3)
            try await journey.refused(1, ["campaign", "resume", id], saying: "has ended")
            // Links and their ids are keys to customers' pages; a viewer reads events.
            let events = try await journey.tenantry("event", "list", "-o", "json").output
            for member in members where member["link"] != .null {
                #expect(!events.contains(member["link"].text.split(separator: "/").last ?? "?"))
            }
        }
    }
}

extension Journey {
    /// What the emulator expects of each of its generated tenants, by id.
    fileprivate func expectations() async throws -> [String: String] {
        var expected: [String: String] = [:]
        var next: String? = "/tenants?limit=1000"
        while let path = next {
            let page = try await world.control("GET", path)
            for tenant in page["tenants"].items where tenant["domain"].text.hasSuffix("generated.example") {
                expected[tenant["id"].text] = tenant["expected"].text
            }
            next = page["next"] == .null ? nil : String(page["next"].text.dropFirst("/control".count))
        }
        return expected
    }
}
