import Testing

@Suite("What commands print", .timeLimit(.minutes(10)))
struct OutputTests {
    @Test("JSON, CSV and tables hold the same, one line for each tenant")
    func shapes() async throws {
        try await Journey.begin(Scenario(.contoso, .fabrikam, .northwind)) { journey in
            let service = try await journey.open()
            for (domain, name) in [
                ("contoso.example", "Contoso, \"the\" company"), ("fabrikam.example", "=1+1"),
                ("northwind.example", "Nörd\u{202e}wind"),
            ] {
                try await journey.tenantry("tenant", "add", domain, "--name", name)
            }
            #expect(try await journey.consent(.contoso, through: service) == "granted")

            let json = try await journey.tenantry("report", "consent", "-o", "json").json.items
            #expect(
                json.count == 3 && json.allSatisfy { $0.names.isSuperset(of: ["tenant", "name", "state", "since"]) })
            let csv = try await journey.tenantry("report", "consent", "-o", "csv")
            #expect(csv.lines.count == 4)
            #expect(csv.lines[0] == "tenant,name,app,state,since,granted,missing,who must act,release,evidence,note")
            #expect(csv.lines.dropFirst().map { $0.prefix(36) } == json.map { $0["tenant"].text[...] })
            #expect(csv.output.contains("\"Contoso, \"\"the\"\" company\""))
            #expect(csv.output.contains(",'=1+1,"), "no formula for a spreadsheet")
            #expect(csv.errors.contains("3 tenants: "), "talk goes to standard error")
            let table = try await journey.tenantry("report", "consent")
            #expect(table.lines.count == 4 && table.lines[0].hasPrefix("TENANT"))
            for line in csv.lines.dropFirst() { #expect(table.output.contains(line.prefix(36))) }

            let token = try await journey.tenantry("token", "get", "--tenant", "contoso.example", "-o", "json").json
            #expect(token.names.isSuperset(of: ["access_token", "expires_at", "expires_in", "token_type", "tenant"]))
            let run = try await journey.tenantry(
                "job", "run", "graph-get", "--path", "/users", "-o", "csv", "--tenant", "contoso.example")
            #expect(run.lines.count == 2 && run.lines[1].hasPrefix("\(Customer.contoso.id),succeeded,3,1"))
            let link = try await journey.tenantry("consent", "link", "contoso.example")
            #expect(link.lines.count == 1 && link.output.hasPrefix("http://localhost:"))
            #expect(!link.errors.contains("state="))
        }
    }

    @Test("explain needs nothing but the code")
    func explain() async throws {
        let nowhere = ["TENANTRY_DATA": "/nowhere"].merging(Command.environment) { $1 }
        func explain(_ words: String...) async throws -> Finished {
            try await Command.run(Binaries.tenantry, ["explain"] + words, environment: nowhere)
        }
        for code in ["AADSTS7000229", "7000229", "aadsts7000229"] {
            let known = try await explain(code)
            #expect(known.code == 0 && known.output.contains("customer_admin") && known.errors.isEmpty)
        }
        let json = try await explain("7000215", "-o", "json").json
        #expect(json["code"] == "AADSTS7000215" && json["who_must_act"] == "you" && !json["remedy"].text.isEmpty)
        let pasted = #"{"error":"invalid_client","error_description":"AADSTS7000112: x","error_codes":[7000112]}"#
        for words in [[pasted], ["AADSTS7000112:", "Application", "is", "disabled."]] {
            let known = try await explain("-o", "json", words[0], words.dropFirst().joined(separator: " ")).json
            #expect(known["code"] == "AADSTS7000112" && known["customer_message"].text.contains("{app}"))
        }
        let unknown = try await explain("AADSTS999999")
        #expect(unknown.code == 3 && unknown.errors.contains("999999") && unknown.output.isEmpty)
        for malformed in ["AADSTS", "x", "", "7000229x", "-5", String(repeating: "9", count: 50)] {
            let finished = try await explain("--", malformed)
            #expect(finished.code == 2 && finished.errors.contains("no AADSTS code"), "\(finished.errors)")
        }
    }

    @Test("What cannot be understood is a usage error on standard error")
    func usage() async throws {
        for words in [["nonsense"], ["tenant"], ["tenant", "add"], ["tenant", "list", "-o", "xml"], ["serve", "x"]] {
            let finished = try await Command.run(Binaries.tenantry, words)
            #expect(finished.code == (words == ["tenant"] ? 0 : 2), "\(words): \(finished.errors)")
            #expect(words == ["tenant"] || finished.output.isEmpty)
        }
        let help = try await Command.run(Binaries.tenantry, ["--help"])
        #expect(help.code == 0 && help.output.contains("Exit codes"))
        #expect(try await Command.run(Binaries.tenantry, ["--version"]).output.hasPrefix("tenantry "))
    }
}
