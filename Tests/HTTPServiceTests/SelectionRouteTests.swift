import CurlHTTP
import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Selections, groups and plans over the API")
struct SelectionRouteTests {
    /// Six tenants: odd ones are canaries, the third is paused; the first two have granted.
    private func withFleet(_ body: @Sendable (House) async throws -> Void) async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...6)
            for number in [1, 3, 5] {
                _ = try await house.socket.patch("/v1/tenants/\(guid(number))", #"{"set_tags":{"ring":"canary"}}"#)
            }
            let paused = try await house.socket.post(
                "/v1/tenants/\(guid(3))/state", #"{"state":"paused","reason":"moves house"}"#)
            #expect(paused.status == 200 && paused.json["state_reason"].string == "moves house")
            for number in 1...2 { try await house.prove(number) }
            try await body(house)
        }
    }

    private func numbers(_ reply: Reply, _ member: String = "id") -> [Int] {
        reply.json["items"].elements.compactMap { Int($0[member].string?.suffix(12) ?? "", radix: 16) }
    }

    @Test(
        "Tenants and consent are listed by selector, state, person and text",
        arguments: [
            ("selector=ring%3Dcanary", [1, 3, 5]), ("selector=ring%3Dcanary%2Cstate%3Dgranted", [1]),
            ("selector=tenant.state%3Dpaused", [3]), ("state=granted", [1, 2]),
            ("state=granted%7Cnone", [1, 2, 3, 4, 5, 6]),
            ("who_must_act=you", [3, 4, 5, 6]), ("q=customer4.EXAMPLE", [4]), ("q=Customer%205", [5]),
            ("q=omer%20", [1, 2, 3, 4, 5, 6]),
            ("q=omer&state=granted&selector=%21ring", [2]), ("selector=", [1, 2, 3, 4, 5, 6]),
        ])
    func lists(_ query: String, _ expected: [Int]) async throws {
        try await withFleet { house in
            #expect(numbers(try await house.socket.get("/v1/tenants?\(query)")) == expected)
            #expect(numbers(try await house.socket.get("/v1/consent?\(query)"), "tenant") == expected)
            var paged: [Int] = []
            var next: String? = "/v1/consent?\(query)&limit=2"
            while let path = next {
                let page = try await house.socket.get(path)
                paged += numbers(page, "tenant")
                let link = page.header("Link").map { String($0.dropFirst().prefix { $0 != ">" }) }
                #expect((link == nil) == (page.json["next_cursor"] == .null))
                next = link
            }
            #expect(paged == expected)
        }
    }

    @Test(
        "A selection that cannot be read is refused with the place and the reason",
        arguments: [
            ("selector=ring%3D", 400, "selector_invalid"), ("selector=state%3Dmaybe", 400, "selector_invalid"),
            ("state=maybe", 400, "parameter_invalid"), ("state=", 400, "parameter_invalid"),
            ("who_must_act=me", 400, "parameter_invalid"), ("selector=group%3Dnobody", 404, "group_unknown"),
            ("state=granted&app=other", 404, "app_unknown"),
            ("q=" + String(repeating: "x", count: 201), 400, "parameter_invalid"),
        ])
    func unreadable(_ query: String, status: Int, code: String) async throws {
        try await withFleet { house in
            for path in ["/v1/tenants", "/v1/consent"] {
                let reply = try await house.socket.get("\(path)?\(query)")
                #expect(reply.status == status && reply.code == code, "\(path) \(reply.text)")
                if code == "selector_invalid" { #expect(reply.json["pointer"].string?.hasPrefix("selector[") == true) }
            }
        }
    }

    @Test("The summary counts every tenant once, and rows tell the age of their evidence")
    func summary() async throws {
        try await withFleet { house in
            let reply = try await house.socket.get("/v1/consent/summary")
            let app = reply.json["apps"][0]
            #expect(app["tenants"].int == 6 && app["release"].int == 1)
            #expect(app["states"].members.mapValues(\.int) == ["granted": 2, "none": 4])
            #expect(app["releases"].elements.map { $0["tenants"].int } == [2])
            #expect(app["who_must_act"].members.mapValues(\.int) == ["you": 4])
            #expect(try await house.socket.get("/v1/consent/summary?app=crm").json == reply.json)
            #expect(try await house.socket.get("/v1/consent/summary?app=nobody").code == "app_unknown")
            let rows = try await house.socket.get("/v1/consent").json["items"].elements
            #expect(rows.map { $0["evidence_at"] != .null } == [true, true, false, false, false, false])
            #expect(rows[2]["tenant_state"].string == "paused")
        }
    }

    @Test("A tenant's timeline has its events in their order, page by page")
    func timeline() async throws {
        try await withFleet { house in
            let path = "/v1/tenants/customer3.example/timeline"
            let whole = try await house.socket.get(path)
            let types = whole.json["items"].elements.compactMap { $0["type"].string }
            #expect(types == ["tenant.added", "tenant.tagged", "tenant.paused"])
            #expect(whole.json["items"][2]["detail"].string == "from: active; reason: moves house")
            let first = try await house.socket.get(path + "?limit=2")
            let cursor = try #require(first.json["next_cursor"].string)
            let second = try await house.socket.get(path + "?limit=2&cursor=\(cursor)")
            #expect(second.json["items"].elements.compactMap { $0["type"].string } == ["tenant.paused"])
            #expect(second.json["next_cursor"] == .null)
            #expect(try await house.socket.get(path + "?cursor=x").code == "parameter_invalid")
        }
    }

    @Test("Groups are made, used, named by others, and kept while they are")
    func groups() async throws {
        try await withFleet { house in
            func create(_ name: String, _ selector: String) async throws -> Reply {
                try await house.socket.post("/v1/groups", #"{"name":"\#(name)","selector":"\#(selector)"}"#)
            }
            #expect(try await create("canaries", "ring = canary").status == 201)
            #expect(try await create("good", "group=canaries,tenant.state=active").status == 201)
            #expect(try await create("good", "ring").code == "group_exists")
            #expect(try await create("self", "group=self").code == "group_unknown")
            #expect(try await create("Bad", "ring").code == "group_name_invalid")
            #expect(try await create("bad", "ring=").code == "selector_invalid")
            #expect(try await create("bad", "").code == "parameter_invalid")
            #expect(numbers(try await house.socket.get("/v1/tenants?selector=group%3Dgood")) == [1, 5])
            let list = try await house.socket.get("/v1/groups")
            #expect(
                list.json["items"].elements.map { $0["selector"].string } == [
                    "ring=canary", "group=canaries,tenant.state=active",
                ])
            #expect(try await house.socket.get("/v1/groups/good").json["name"].string == "good")
            #expect(try await house.socket.get("/v1/groups/nobody").code == "group_unknown")
            #expect(try await house.socket.send(.delete, "/v1/groups/canaries").code == "group_in_use")
            #expect(try await house.socket.send(.delete, "/v1/groups/good").status == 204)
            #expect(try await house.socket.send(.delete, "/v1/groups/canaries").status == 204)
        }
    }

    /// The result of an operation, once it has ended.
    private func result(_ reply: Reply, _ client: Client) async throws -> JSONValue {
        try #require(reply.status == 202, "\(reply.text)")
        let path = try #require(reply.header("Location"))
        while true {
            let operation = try await client.get(path)
            try #require(operation.status == 200, "\(operation.text)")
            if operation.json["state"].string != "running" { return operation.json["result"] }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test("A plan says whom it means, changes them once, and an operator may follow it")
    func plan() async throws {
        try await withFleet { house in
            let api = try await house.api(as: .operator)
            let wish = #"{"action":"tag","selector":"ring=canary","set":{"ring":"late"},"remove":["old"]}"#
            let plan = try await api.post("/v1/bulk/plans", wish)
            #expect(plan.status == 201 && plan.json["count"].int == 3)
            #expect(
                plan.json["sample"].elements.map { $0["name"].string } == ["Customer 1", "Customer 3", "Customer 5"])
            let again = try await api.post("/v1/bulk/plans", wish)
            #expect(again.json["tenants_hash"] == plan.json["tenants_hash"])
            let path = "/v1/bulk/plans/\(plan.json["plan_id"].string ?? "")/apply"
            let other = try await api.post(path, #"{"action":"pause"}"#)
            #expect(other.status == 409 && other.code == "plan_changed")
            let done = try await result(try await api.post(path, wish), api)
            #expect(done["changed"].int == 3 && done["rows"].elements.count == 3)
            #expect(numbers(try await api.get("/v1/tenants?selector=ring%3Dlate")) == [1, 3, 5])
            let used = try await api.post(path, wish)
            #expect(used.status == 410 && used.code == "plan_used")
            let stale = try await api.post(
                "/v1/bulk/plans/\(again.json["plan_id"].string ?? "")/apply", "{}")
            #expect(stale.status == 409 && stale.code == "plan_changed")
            #expect(stale.json["detail"].string?.contains("0 came, 3 went") == true)
            #expect(try await api.post("/v1/bulk/plans/none/apply", "{}").code == "plan_unknown")
        }
    }

    @Test("A plan is good for 15 minutes")
    func expiry() async throws {
        try await withFleet { house in
            let plan = try await house.socket.post("/v1/bulk/plans", #"{"action":"pause","selector":"ring"}"#)
            house.clock.advance(by: 900)
            let late = try await house.socket.post("/v1/bulk/plans/\(plan.json["plan_id"].string ?? "")/apply", "{}")
            #expect(late.status == 410 && late.code == "plan_expired")
        }
    }

    @Test(
        "What cannot be planned is refused",
        arguments: [
            (#"{"action":"tag","selector":"ring"}"#, 400, "change_empty"),
            (#"{"action":"tag","selector":"ring","set":{"a":"b c"}}"#, 400, "tags_invalid"),
            (#"{"action":"quarantine","selector":"ring"}"#, 400, "reason_missing"),
            (#"{"action":"offboard","selector":"ring"}"#, 400, "body_invalid"),
            (#"{"action":"pause"}"#, 400, "body_invalid"),
            (#"{"action":"pause","selector":"ring=="}"#, 400, "selector_invalid"),
            (#"{"action":"pause","selector":"group=nobody"}"#, 404, "group_unknown"),
            (#"{"action":"link","selector":"ring","expires_in_s":5}"#, 400, "link_life_invalid"),
            (#"{"action":"link","selector":"ring","app":"nobody"}"#, 404, "app_unknown"),
        ])
    func unplannable(_ body: String, status: Int, code: String) async throws {
        try await withFleet { house in
            let reply = try await house.socket.post("/v1/bulk/plans", body)
            #expect(reply.status == status && reply.code == code, "\(reply.text)")
        }
    }

    @Test("Links are made for all in one operation; whoever can get none has a row with the reason")
    func links() async throws {
        try await withFleet { house in
            try await house.addTenants(7...7, cloud: .usGov)
            let plan = try await house.socket.post(
                "/v1/bulk/plans", #"{"action":"link","selector":"state!=granted","expires_in_s":3600}"#)
            #expect(plan.json["count"].int == 5)
            let path = "/v1/bulk/plans/\(plan.json["plan_id"].string ?? "")/apply"
            let done = try await result(try await house.socket.post(path, "{}"), house.socket)
            #expect(done["changed"].int == 4 && done["refused"].int == 1)
            let rows = done["rows"].elements
            #expect(rows.last?["code"].string == "other_cloud")
            for row in rows.dropLast() {
                let link = try #require(row["link"].string)
                #expect(try await house.pages.get(String(link.dropFirst(House.publicURL.count))).status == 200)
            }
            #expect(numbers(try await house.socket.get("/v1/tenants?state=invited")) == [3, 4, 5, 6])
        }
    }

    @Test("An operator does not follow what takes an admin")
    func operationRole() async throws {
        try await withHouse { house in
            try await house.addRegistrar()
            let started = try await house.socket.post(
                "/v1/registrations/apply",
                #"{"spec":\#(House.spec()),"access":{"app":"registrar"}}"#)
            let begun = try #require(started.json["id"].string)
            #expect(try await house.api(as: .operator).get("/v1/operations/\(begun)").status == 403)
            #expect(try await house.api(as: .admin).get("/v1/operations/\(begun)").status == 200)
        }
    }

    @Test("A run takes a selector, and skips tenants that are paused")
    func run() async throws {
        try await withFleet { house in
            try await house.prove(3)
            let wish = #"{"job":{"kind":"graph-get","path":"/users"},"selector":"ring=canary"}"#
            let run = try await house.socket.post("/v1/runs", wish)
            #expect(run.status == 202)
            let items = try await house.socket.get("/v1/runs/\(run.json["id"].string ?? "")/items")
            #expect(numbers(items, "tenant") == [1, 3, 5])
            let codes = items.json["items"].elements.map { $0["fault"]["code"].string }
            #expect(codes == [nil, "tenant_paused", "not_consented"])
            let both = wish.dropLast() + #","tenants":["customer1.example"]}"#
            #expect(try await house.socket.post("/v1/runs", String(both)).code == "parameter_invalid")
        }
    }

    @Test("A name, tags and a state are changed one by one, and refused as a whole when wrong")
    func changes() async throws {
        try await withFleet { house in
            let path = "/v1/tenants/\(guid(1))"
            let renamed = try await house.socket.patch(path, #"{"name":"Contoso","remove_tags":["ring"]}"#)
            #expect(renamed.json["name"].string == "Contoso" && renamed.json["tags"] == .object([:]))
            for (body, code) in [
                ("{}", "change_empty"), (#"{"name":""}"#, "tenant_name_invalid"),
                (#"{"name":"Y","set_tags":{"a":"ä"}}"#, "tags_invalid"),
            ] { #expect(try await house.socket.patch(path, body).code == code) }
            for (body, code) in [
                (#"{"state":"gone"}"#, "state_reserved"), (#"{"state":"asleep"}"#, "body_invalid"),
                (#"{"state":"quarantined"}"#, "reason_missing"),
            ] { #expect(try await house.socket.post(path + "/state", body).code == code) }
            #expect(try await house.socket.get(path).json == renamed.json)
        }
    }
}

extension Client {
    fileprivate func patch(
        _ path: String, _ json: String, at location: SourceLocation = #_sourceLocation
    ) async throws -> Reply {
        try await send(.patch, path, [("Content-Type", "application/json")], body: Array(json.utf8), at: location)
    }
}
