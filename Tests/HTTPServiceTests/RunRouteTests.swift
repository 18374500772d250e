import Foundation
import SQLiteStore
import Tenancy
import Testing

@Suite("Run routes")
struct RunRouteTests {
    private static let wish = #"{"job":{"kind":"graph-get","path":"/users?$select=id"}}"#

    @Test("A run is accepted with its address, and tenants without consent are skipped from the start")
    func start() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            try await house.addTenants(2...3)
            let reply = try await house.socket.post("/v1/runs", Self.wish)
            #expect(reply.status == 202)
            let id = try #require(reply.json["id"].string)
            #expect(reply.header("Location") == "/v1/runs/\(id)")
            #expect(reply.json["state"].string == "running")
            #expect(reply.json["max_concurrent"].int == 16)
            #expect(reply.json["job"]["path"].string == "/v1.0/users?$select=id")
            let shown = try await house.socket.get("/v1/runs/\(id)")
            #expect(shown.json["counts"] == .object(["skipped": .number(2), "waiting": .number(1)]))
            let items = try await house.socket.get("/v1/runs/\(id)/items?limit=2")
            #expect(items.json["items"].elements.map { $0["state"].string } == ["waiting", "skipped"])
            #expect(items.json["items"][1]["fault"]["code"].string == "not_consented")
            let next = try #require(items.json["next_cursor"].string)
            let rest = try await house.socket.get("/v1/runs/\(id)/items?limit=2&cursor=\(next)")
            #expect(rest.json["items"].elements.map { $0["tenant"].string } == ["\(guid(3))"])
        }
    }

    @Test("The reply to a start counts the tenants as a look at the run does")
    func startCounts() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let reply = try await house.socket.post("/v1/runs", Self.wish)
            let id = try #require(reply.json["id"].string)
            let shown = try await house.socket.get("/v1/runs/\(id)")
            #expect(reply.json["counts"] == shown.json["counts"])
        }
    }

    @Test("What became of each tenant is told, with the file of one that succeeded and the fault of one that did not")
    func items() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            try await house.addTenants(2...2)
            try await house.prove(2)
            let started = try await house.socket.post("/v1/runs", Self.wish)
            let id = try #require(started.json["id"].string.flatMap { RunID($0) })
            let fault = Fault(
                code: "graph_forbidden", detail: "No.", whoMustAct: .customerAdmin,
                trace: AuthorityTrace(aadsts: 7, correlationID: "corr-1", traceID: "trace-1"))
            for item in try await house.store.runs.claim(from: id, limit: 2, at: house.clock.now) {
                let isFirst = item.tenant == TenantID(guid(1))
                _ = try await house.store.runs.finish(
                    item, of: id, state: isFirst ? .succeeded : .failed, retryAt: nil, fault: isFirst ? nil : fault,
                    rows: isFirst ? 12 : 0, at: house.clock.now)
            }
            try await house.store.runs.close(id, at: house.clock.now)
            let run = try await house.socket.get("/v1/runs/\(id)")
            #expect(run.json["state"].string == "partial")
            #expect(run.json["finished_at"].string == "2027-01-15T08:00:00Z")
            let rows = try await house.socket.get("/v1/runs/\(id)/items").json["items"]
            #expect(rows[0]["output"].string == house.output.path(run: id, tenant: TenantID(guid(1))))
            #expect(rows[0]["rows"].int == 12)
            #expect(rows[1]["output"] == .null)
            #expect(rows[1]["fault"]["who_must_act"].string == "customer_admin")
            #expect(rows[1]["fault"]["aadsts"].int == 7)
            #expect(rows[1]["fault"]["correlation_id"].string == "corr-1")
            #expect(rows[1]["fault"]["trace_id"].string == "trace-1")
        }
    }

    @Test("Runs are listed newest first")
    func list() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            var ids: [String?] = []
            for _ in 1...3 {
                ids.append(try await house.socket.post("/v1/runs", Self.wish).json["id"].string)
                house.clock.advance(by: 1)
            }
            let list = try await house.socket.get("/v1/runs?limit=2")
            #expect(list.json["items"].elements.map { $0["id"].string } == ids.reversed().prefix(2).map { $0 })
        }
    }

    @Test(
        "A run that cannot be is refused",
        arguments: [
            (#"{"job":{"kind":"delete-all","path":"/users"}}"#, 400, "parameter_invalid"),
            (#"{"job":{"kind":"graph-get","path":"https://evil.example/users"}}"#, 400, "parameter_invalid"),
            (#"{"job":{"kind":"graph-get","path":"/a/../b"}}"#, 400, "parameter_invalid"),
            (#"{"job":{"kind":"graph-get","path":"/users"},"max_concurrent":0}"#, 400, "concurrency_invalid"),
            (#"{"job":{"kind":"graph-get","path":"/users"},"max_concurrent":257}"#, 400, "concurrency_invalid"),
            (#"{"job":{"kind":"graph-get","path":"/users"},"tenants":[]}"#, 400, "no_tenants"),
            (#"{"job":{"kind":"graph-get","path":"/users"},"tenants":["common"]}"#, 400, "tenant_malformed"),
            (#"{"job":{"kind":"graph-get","path":"/users"},"tenants":["nobody.example"]}"#, 404, "not_found"),
            (
                #"{"job":{"kind":"graph-get","path":"/users"},"tenants":["customer9.example"]}"#, 404,
                "tenant_not_onboarded"
            ),
            (#"{"job":{"kind":"graph-get","path":"/users"},"app":"hrm"}"#, 404, "app_unknown"),
        ])
    func refusals(_ body: String, status: Int, code: String) async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            try await house.addTenants(9...9, cloud: .usGov)
            let reply = try await house.socket.post("/v1/runs", body)
            #expect(reply.status == status)
            #expect(reply.code == code)
            let runs = try await house.socket.get("/v1/runs")
            #expect(runs.json["items"].elements.isEmpty)
        }
    }

    @Test("A run that is not there is not found", arguments: ["x", String(repeating: "0", count: 26)])
    func unknown(_ id: String) async throws {
        try await withHouse { house in
            for path in ["/v1/runs/\(id)", "/v1/runs/\(id)/items"] {
                let reply = try await house.socket.get(path)
                #expect(reply.status == 404)
                #expect(reply.code == "not_found")
            }
        }
    }
}
