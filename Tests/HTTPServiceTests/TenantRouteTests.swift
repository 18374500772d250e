import Foundation
import Tenancy
import Testing

@Suite("Tenant routes")
struct TenantRouteTests {
    @Test("A tenant is added by domain, with name and tags as they were written")
    func add() async throws {
        try await withHouse { house in
            let body =
                #"{"tenant":"Customer7.Example","name":"Größe & Söhne","tags":{"someRing_x":"Canary","a-b":"1"}}"#
            let reply = try await house.socket.post("/v1/tenants", body)
            #expect(reply.status == 201)
            #expect(reply.json["id"].string == "\(guid(7))")
            #expect(reply.json["domain"].string == "customer7.example")
            #expect(reply.json["name"].string == "Größe & Söhne")
            #expect(reply.json["tags"] == .object(["someRing_x": .string("Canary"), "a-b": .string("1")]))
            #expect(reply.json["added_at"].string == "2027-01-15T08:00:00Z")
            #expect(reply.header("Cache-Control") == "no-store")
            for name in ["\(guid(7))", "\(guid(7))".uppercased(), "customer7.example", "CUSTOMER7.example"] {
                let shown = try await house.socket.get("/v1/tenants/\(name)")
                #expect(shown.json == reply.json)
            }
        }
    }

    @Test(
        "A tenant that cannot be added is refused with its reason",
        arguments: [
            (#"{"tenant":"common"}"#, 400, "tenant_malformed"),
            (#"{"tenant":"00000000-0000-0000-0000-000000000000"}"#, 400, "tenant_malformed"),
            (#"{"tenant":"../x"}"#, 400, "tenant_malformed"),
            (#"{"tenant":"a.example","name":""}"#, 400, "tenant_name_invalid"),
            (#"{"tenant":"a.example","name":"a\nb"}"#, 400, "tenant_name_invalid"),
            (#"{"tenant":"a.example","tags":{"ring":"a b"}}"#, 400, "tags_invalid"),
            (#"{"tenant":"unknown.example"}"#, 404, "tenant_unknown"),
            (#"{"tenant":"ambiguous.example"}"#, 409, "tenant_ambiguous"),
            (#"{"tenant":"customer1.example"}"#, 409, "tenant_already_onboarded"),
            (#"{"tenant":"silent.example"}"#, 503, "tenant_undecided"),
        ])
    func refusals(_ body: String, status: Int, code: String) async throws {
        try await withHouse { house in
            try await house.addTenants(1...1)
            let reply = try await house.socket.post("/v1/tenants", body)
            #expect(reply.status == status)
            #expect(reply.code == code)
            let list = try await house.socket.get("/v1/tenants")
            #expect(list.json["items"].elements.count == 1)
        }
    }

    @Test("A cloud settles an ambiguity")
    func cloud() async throws {
        try await withHouse { house in
            let reply = try await house.socket.post("/v1/tenants", #"{"tenant":"ambiguous.example","cloud":"usgov"}"#)
            #expect(reply.status == 201)
            #expect(reply.json["cloud"].string == "usgov")
        }
    }

    @Test("A name that is no tenant's is not found, and one that is no name is refused")
    func show() async throws {
        try await withHouse { house in
            let unknown = try await house.socket.get("/v1/tenants/nobody.example")
            #expect(unknown.status == 404)
            #expect(unknown.code == "not_found")
            for name in ["organizations", "x", "..%2f..", String(repeating: "a", count: 10_000)] {
                let reply = try await house.socket.get("/v1/tenants/\(name)")
                #expect(reply.status == 400)
                #expect(reply.code == "tenant_malformed")
                #expect(reply.text.utf8.count < 1_000)
            }
        }
    }

    private static let list = """
        \u{FEFF}tenant;name;tags
        customer2.example;Two;ring=canary
        customer1.example;One;
        CUSTOMER2.example;Two again;
        common;All;
        unknown.example;Unknown;
        customer3.example;Three;ring
        customer4.example;Four
        silent.example;Silent;
        """
    private static func verdicts(ofGoodRow word: String) -> [String] {
        [
            word, "known", "repeated", "tenant_malformed", "tenant_unknown", "tags_invalid",
            "invalid", "tenant_undecided",
        ]
    }

    @Test("A dry run judges every row and adds none; the import judges the same and adds the good ones")
    func importList() async throws {
        try await withHouse { house in
            try await house.addTenants(1...1)
            for (query, isDry, word) in [("?dry_run=true", true, "would_add"), ("", false, "added")] {
                let reply = try await house.socket.post("/v1/tenants/import\(query)", csv: Self.list)
                #expect(reply.status == 200)
                #expect(reply.json["dry_run"].bool == isDry)
                #expect(reply.json["accepted"].int == 1)
                #expect(reply.json["known"].int == 1)
                #expect(reply.json["rejected"].int == 6)
                let rows = reply.json["rows"].elements
                #expect(rows.map { $0["line"].int } == [2, 3, 4, 5, 6, 7, 8, 9])
                #expect(rows.map { $0["verdict"].string } == Self.verdicts(ofGoodRow: word))
                #expect(rows.first?["id"].string == "\(guid(2))")
                #expect(rows.dropFirst(2).allSatisfy { $0["detail"].string?.isEmpty == false && $0["id"] == .null })
                #expect(rows[1]["id"].string == "\(guid(1))" && rows[1]["detail"] == .null)
                let list = try await house.socket.get("/v1/tenants")
                #expect(list.json["items"].elements.count == (isDry ? 1 : 2))
            }
        }
    }

    @Test("A dry run that is misspelt adds nothing", arguments: ["TRUE", "1", "yes", ""])
    func misspeltDryRun(_ value: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post(
                "/v1/tenants/import?dry_run=\(value)", csv: "tenant\ncustomer1.example\n")
            #expect(reply.status == 400)
            let list = try await house.socket.get("/v1/tenants")
            #expect(list.json["items"].elements.isEmpty)
        }
    }

    @Test(
        "A list that cannot be read as a whole is refused",
        arguments: [
            "", "name\nContoso\n", "tenant,tenant\n", "tenant,phone\n",
        ])
    func unreadableList(_ csv: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.post("/v1/tenants/import", csv: csv)
            #expect(reply.status == 400)
            #expect(reply.code == "csv_unreadable")
        }
    }
}
