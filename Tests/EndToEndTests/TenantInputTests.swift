import Testing

@Suite("Bad input about tenants", .timeLimit(.minutes(10)))
struct TenantInputTests {
    @Test("A name that cannot be a tenant's is refused with a sentence, and nothing is changed")
    func badNames() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            try await journey.initialise()
            try await journey.tenantry("tenant", "add", "contoso.example")
            let before = try await journey.everything()
            let asked = try await journey.world.requests("discovery").count
            for name in [
                "00000000-0000-0000-0000-000000000000", "common", "organizations", "consumers", "COMMON", "../x", "x",
                "contoso.example/../common", "contoso.example?x=1", "contoso.example#", "https://contoso.example", "",
                "a@contoso.example", "contoso..example", "contoso.example\r\nHost: evil.example", "конто́со.example",
                "%2e%2e", "127.0.0.1", String(repeating: "a", count: 10_000) + ".example",
                String(repeating: "a.", count: 5_000) + "example",
            ] {
                try await journey.refused(
                    2, ["tenant", "add", name], saying: "cannot name a tenant", "Use the tenant's")
            }
            #expect(try await journey.world.requests("discovery").count == asked, "none of them went out")
            try await journey.refused(2, ["tenant", "show", "../x"], saying: "'../x' cannot name a tenant")

            try await journey.refused(
                3, ["tenant", "add", "nobody.example"], saying: "Microsoft knows no tenant 'nobody.example'")
            try await journey.refused(3, ["tenant", "add", Customer.fabrikam.id], saying: Customer.fabrikam.id)
            try await journey.refused(
                3, ["tenant", "show", "nobody.example"], saying: "nobody.example", "not known here")
            try await journey.refused(
                1, ["tenant", "add", Customer.contoso.id], saying: Customer.contoso.id, "already onboarded")
            try await journey.refused(
                1, ["tenant", "add", Customer.contoso.id.uppercased()], saying: "already onboarded")
            try await journey.refused(1, ["tenant", "add", "contoso.example"], saying: "already onboarded")
            for words in [
                ["--name", ""], ["--name", "a\u{1b}[31mb"], ["--name", String(repeating: "n", count: 300)],
            ] {
                try await journey.refused(
                    2, ["tenant", "add", "contoso.example"] + words, saying: "The name given", "1 to 200 characters")
            }
            for tag in ["novalue", "=x", "a=b c", "a=<b>"] {
                try await journey.refused(2, ["tenant", "add", "contoso.example", "--tag", tag], saying: "key=value")
            }
            #expect(try await journey.everything() == before)
        }
    }

    @Test("A list from a spreadsheet is read with its BOM and semicolons; each bad row has its own verdict")
    func importList() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            try await journey.initialise()
            try await journey.tenantry("tenant", "add", "northwind.example")
            let before = try await journey.everything()
            let list = try journey.file(
                "customers.csv",
                "\u{feff}Tenant;Name;Tags\r\n"
                    + "contoso.example;\"Contoso; \"\"Ltd\"\"\";ring=canary\r\n"  // 2
                    + "\r\n"
                    + "\(Customer.contoso.id);Again;\r\n"  // 4, the same tenant
                    + "common;Common;\r\n"  // 5
                    + "00000000-0000-0000-0000-000000000000;Zero;\r\n"  // 6
                    + "fabrikam.example;Two fields\r\n"  // 7
                    + "fabrikam.example;Three;x=y;more\r\n"  // 8
                    + "nobody.example;Unknown;\r\n"  // 9
                    + "northwind.example;There already;\r\n"  // 10
                    + "fabrikam.example;Bad tags;novalue\r\n"  // 11
                    + "../x;Path;\r\n"  // 12
                    + "fabrikam.example;Fabrikam Ö;\r\n"  // 13
                    + "\"open;quote;\r\n")  // 14
            let verdicts = [
                2: "added", 4: "repeated", 5: "tenant_malformed", 6: "tenant_malformed", 7: "invalid", 8: "invalid",
                9: "tenant_unknown", 10: "known", 11: "tags_invalid", 12: "tenant_malformed",
                13: "added", 14: "invalid",
            ]
            func rows(_ words: String...) async throws -> [Int: String] {
                let rows = try await journey.tenantry(["tenant", "import", list, "-o", "json"] + words, exit: 5).json
                for row in rows.items where !["added", "would_add", "known"].contains(row["verdict"].text) {
                    #expect((10...300).contains(row["detail"].text.count), "\(row)")
                }
                return Dictionary(uniqueKeysWithValues: rows.items.map { ($0["line"].int ?? 0, $0["verdict"].text) })
            }
            #expect(try await rows("--dry-run") == verdicts.mapValues { $0 == "added" ? "would_add" : $0 })
            #expect(try await journey.everything() == before, "a dry run changes nothing")
            #expect(try await rows() == verdicts)
            let tenants = try await journey.tenantry("tenant", "list", "-o", "json").json.items
            #expect(Set(tenants.map(\.["name"].text)) == ["Contoso; \"Ltd\"", "Fabrikam Ö", "northwind.example"])
            let added = try await journey.tenantry("audit", "list", "-o", "json").json.items
                .filter { $0["action"] == "tenant.add" }
            #expect(added.count == 3)
            // The same list again adds nothing.
            #expect(try await rows().values.filter { $0 == "added" }.isEmpty)
        }
    }

    @Test("A file that is no list of customers is refused as a whole")
    func unreadableList() async throws {
        try await Journey.begin(Scenario(.contoso)) { journey in
            try await journey.initialise()
            let before = try await journey.everything()
            for (content, saying) in [
                ("", "it is empty"), ("name;tags\r\na;b\r\n", "no column 'tenant'"), ("\u{feff}", "it is empty"),
                ("tenant,tenant\ncontoso.example,x\n", "repeats a column"),
                ("tenant,secret\ncontoso.example,x\n", "'secret'"),
            ] {
                let list = try journey.file("list.csv", content)
                for words in [[], ["--dry-run"]] {
                    try await journey.refused(2, ["tenant", "import", list] + words, saying: saying)
                }
            }
            try await journey.refused(
                2, ["tenant", "import", "-"], saying: "UTF-8",
                input: Array("tenant\nM\u{fc}ller\n".unicodeScalars.map { UInt8($0.value) }))
            try await journey.refused(2, ["tenant", "import", "nowhere.csv"], saying: "nowhere.csv", "cannot be read")
            try await journey.refused(2, ["tenant", "import", "/"], saying: "cannot be read")
            #expect(try await journey.everything() == before)
        }
    }
}
