import FoundationEssentials
import Testing

@Suite("Many tenants on the command line", .timeLimit(.minutes(10)))
struct SelectorInputTests {
    @Test("A selector, group or plan that cannot be used is refused with a sentence, and nothing is changed")
    func badInput() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            try await journey.initialise()
            try await journey.tenantry("tenant", "add", "contoso.example", "--tag", "ring=canary")
            try await journey.tenantry("tenant", "add", "fabrikam.example", "--tag", "ring=canary")
            try await journey.tenantry("group", "create", "canaries", "--selector", "ring=canary")
            let before = try await journey.everything()
            for (text, position, expected) in [
                ("ring=", "position 6", "a value"), ("ring canary", "position 6", "','"),
                ("=x", "position 1", "a tag's name"),
                ("state=maybe", "position 7", "none, invited"), ("name=x", "position 5", "'~'"),
                ("ring=a;drop table tenant", "position 6", "a tag's value"), ("näme", "position 2", "','"),
            ] {
                for words in [
                    ["tenant", "list", "-l", text], ["tenant", "pause", "-l", text, "--yes"],
                    ["group", "create", "bad", "-l", text],
                ] { try await journey.refused(2, words, saying: "The selector '", position, expected) }
            }
            for words in [["tenant", "list"], ["tenant", "tag", "a=b", "--yes"], ["tenant", "resume", "--dry-run"]] {
                try await journey.refused(3, words + ["-l", "group=nobody"], saying: "There is no group 'nobody'")
            }
            try await journey.refused(3, ["group", "show", "nobody"], saying: "There is no group 'nobody'")
            try await journey.refused(3, ["group", "delete", "nobody"], saying: "There is no group 'nobody'")
            try await journey.refused(
                1, ["group", "create", "canaries", "-l", "ring"], saying: "a group 'canaries' already")
            try await journey.refused(
                3, ["group", "create", "own", "-l", "group=own"], saying: "There is no group 'own'")
            try await journey.refused(
                2, ["group", "create", "Bad Name", "-l", "ring"], saying: "cannot be a group's name")

            try await journey.refused(2, ["tenant", "pause"], saying: "No tenant is given")
            try await journey.refused(
                2, ["tenant", "pause", "contoso.example", "-l", "ring"], saying: "Both a tenant and a selector")
            try await journey.refused(
                2, ["tenant", "pause", "contoso.example", "--dry-run"], saying: "for several tenants")
            try await journey.refused(
                2, ["tenant", "quarantine", "contoso.example"], saying: "A quarantine needs a reason")
            try await journey.refused(2, ["tenant", "tag", "contoso.example"], saying: "No tag is given")
            try await journey.refused(
                2, ["tenant", "tag", "contoso.example", "what"], saying: "The tags cannot be used")
            try await journey.refused(
                2, ["tenant", "tag", "contoso.example", "a=b c"], saying: "The tags cannot be used")
            try await journey.refused(
                2, ["tenant", "tag", "contoso.example", "a=b", "a-"], saying: "The tags cannot be used")
            try await journey.refused(
                2, ["tenant", "update", "contoso.example", "--name", ""], saying: "The name cannot")
            try await journey.refused(
                3, ["tenant", "timeline", "nobody.example"], saying: "'nobody.example' is not known")
            try await journey.refused(
                2, ["tenant", "pause", "-l", "ring=canary"], saying: "2 tenant(s) are meant", "--yes or --plan")
            try await journey.refused(
                3, ["tenant", "pause", "--plan", "nonsense"], saying: "There is no plan 'nonsense'")
            #expect(try await journey.everything() == before)
        }
    }

    @Test("A plan is carried out once, and only while the same tenants are meant")
    func plans() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            try await journey.initialise()
            for domain in ["contoso.example", "fabrikam.example", "northwind.example"] {
                try await journey.tenantry("tenant", "add", domain, "--tag", "ring=canary")
            }
            func plan(_ selector: String) async throws -> JSON {
                try await journey.tenantry(
                    "tenant", "pause", "-l", selector, "--reason", "why", "--dry-run", "-o", "json"
                ).json
            }
            func paused() async throws -> Int {
                try await journey.tenantry("tenant", "list", "-l", "tenant.state=paused", "-o", "json").json.items.count
            }
            let stale = try await plan("ring=canary")
            #expect(stale["count"].int == 3 && stale["sample"].items.count == 3)
            try await journey.tenantry("tenant", "tag", "fabrikam.example", "ring-")
            try await journey.refused(
                1, ["tenant", "pause", "-l", "ring=canary", "--reason", "why", "--plan", stale["plan_id"].text],
                saying: "0 came, 1 went")
            #expect(try await paused() == 0)
            let fresh = try await plan("ring=canary")["plan_id"].text
            try await journey.refused(
                1, ["tenant", "pause", "-l", "ring=canary", "--reason", "else", "--plan", fresh],
                saying: "for another action")
            let done = try await journey.tenantry("tenant", "pause", "--reason", "why", "--plan", fresh, "-o", "json")
            #expect(try done.json.items.map(\.["outcome"].text) == ["changed", "changed"])
            #expect(try await paused() == 2)
            try await journey.refused(
                1, ["tenant", "pause", "--reason", "why", "--plan", fresh], saying: "was carried out before")
            let resumed = try await journey.tenantry("tenant", "resume", "-l", "tenant.state=paused", "--yes")
            #expect(resumed.errors.contains("2 done, 0 as they were, 0 refused"))
            let nobody = try await journey.tenantry("tenant", "resume", "-l", "tenant.state=paused", "--yes")
            #expect(nobody.errors.contains("means no tenant"))
            let lines = try await journey.tenantry("tenant", "timeline", "contoso.example", "-o", "csv").lines
            #expect(
                lines.map { $0.split(separator: ",")[1] } == [
                    "event", "tenant.added", "tenant.paused", "tenant.resumed",
                ])
        }
    }

    @Test("Links for a selection come as one file, and exit code 5 says that somebody could get none")
    func links() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam)) { journey in
            _ = try await journey.open(.contoso, .fabrikam)
            let made = try await journey.tenantry("consent", "link", "-l", "state=none", "--yes", "-o", "csv")
            #expect(made.lines.count == 3 && made.lines[0] == "tenant,name,link,expires_at,refused")
            #expect(made.lines.dropFirst().allSatisfy { $0.contains("/connect/") })
            let status = try await journey.tenantry("consent", "status", "--state", "invited", "-o", "json").json.items
            #expect(status.count == 2)
            let summary = try await journey.tenantry("report", "consent", "--summary", "-o", "csv")
            #expect(summary.lines.contains("fleet,state,invited,2"))
            #expect(summary.lines.contains("fleet,who must act,customer_admin,2"))
            #expect(
                try await journey.tenantry("consent", "status", "--search", "fabri", "-o", "json").json.items.count == 1
            )
            try await journey.refused(2, ["consent", "status", "--state", "maybe"], saying: "'state' cannot be used")
            try await journey.refused(
                2, ["consent", "status", "contoso.example", "--state", "none"], saying: "Both a tenant and a selection")
            try await journey.refused(
                2, ["consent", "link", "-l", "ring", "--mail", "--yes"], saying: "are for one tenant")
            try await journey.refused(
                2, ["consent", "link", "-l", "state=invited", "--expires", "90d", "--yes"],
                saying: "cannot live for that time")
        }
    }
}
