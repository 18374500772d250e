import Foundation
import Tenancy
import Testing

@Suite("Pages of lists")
struct PagingTests {
    /// The path and query of the next page, out of a `Link` header.
    private func next(_ reply: Reply) throws -> String? {
        guard let header = reply.header("Link") else { return nil }
        let match = try #require(try /<(.+)>; rel="next"/.wholeMatch(in: header))
        return String(match.1)
    }

    @Test("Walking a list by its links shows every tenant once, in order", arguments: ["/v1/tenants", "/v1/consent"])
    func walk(_ list: String) async throws {
        try await withHouse { house in
            try await house.addApp()
            let tenants = try await house.addTenants(1...250)
            var seen: [String] = []
            var pages: [Int] = []
            var path: String? = "\(list)?limit=100\(list == "/v1/consent" ? "&app=crm" : "")"
            while let here = path {
                let reply = try await house.socket.get(here)
                try #require(reply.status == 200)
                let items = reply.json["items"].elements
                seen += items.compactMap { $0[list == "/v1/consent" ? "tenant" : "id"].string }
                pages.append(items.count)
                path = try next(reply)
                let cursor = reply.json["next_cursor"].string
                #expect((cursor == nil) == (path == nil))
                if let cursor, let path {
                    #expect(path.hasPrefix(list + "?"))
                    #expect(path.contains("limit=100"))
                    #expect(path.contains("cursor=\(cursor)"))
                    #expect(path.contains("app=crm") == (list == "/v1/consent"))
                }
            }
            #expect(pages == [100, 100, 50])
            #expect(seen == tenants.map(\.id.description))
        }
    }

    @Test("A list that ends with a full page ends")
    func fullLastPage() async throws {
        try await withHouse { house in
            try await house.addTenants(1...4)
            var count = 0
            var path: String? = "/v1/tenants?limit=2"
            var requests = 0
            while let here = path, requests < 10 {
                let reply = try await house.socket.get(here)
                count += reply.json["items"].elements.count
                requests += 1
                path = try next(reply)
            }
            #expect(count == 4)
            #expect(requests <= 3)
        }
    }

    @Test("Without a limit a page has 100 elements")
    func defaultLimit() async throws {
        try await withHouse { house in
            try await house.addTenants(1...101)
            let reply = try await house.socket.get("/v1/tenants")
            #expect(reply.json["items"].elements.count == 100)
        }
    }

    @Test("Limits from 1 to 1000 are taken")
    func limits() async throws {
        try await withHouse { house in
            try await house.addTenants(1...2)
            for limit in [1, 1_000] {
                let reply = try await house.socket.get("/v1/tenants?limit=\(limit)")
                #expect(reply.status == 200)
                #expect(reply.json["items"].elements.count == min(limit, 2))
            }
        }
    }

    @Test("Other limits are refused", arguments: ["0", "1001", "-1", "many", "", "1.5", "99999999999999999999"])
    func badLimits(_ limit: String) async throws {
        try await withHouse { house in
            for list in ["/v1/tenants", "/v1/runs", "/v1/audit"] {
                let reply = try await house.socket.get("\(list)?limit=\(limit)")
                #expect(reply.status == 400)
                #expect(reply.code == "parameter_invalid")
                #expect(reply.json["detail"].string?.contains("'limit'") == true)
                #expect(reply.json["next_step"].string?.contains("1 to 1000") == true)
            }
        }
    }

    @Test(
        "A cursor that was tampered with is refused",
        arguments: [
            "x", "", "%00", "OGYyYzFhNGU", "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAw", "../..",
        ])
    func badCursors(_ cursor: String) async throws {
        try await withHouse { house in
            let reply = try await house.socket.get("/v1/tenants?cursor=\(cursor)")
            #expect(reply.status == 400)
            #expect(reply.code == "parameter_invalid")
            #expect(reply.json["detail"].string?.contains("'cursor'") == true)
        }
    }

    @Test("The record goes on after a sequence number")
    func audit() async throws {
        try await withHouse { house in
            try await house.addTenants(1...5)
            let first = try await house.socket.get("/v1/audit?limit=3")
            let sequences = first.json["items"].elements.compactMap { $0["sequence"].int }
            try #require(sequences.count == 3)
            let rest = try await house.socket.get("/v1/audit?after=\(sequences[2])")
            #expect(rest.json["items"].elements.compactMap { $0["sequence"].int } == [4, 5])
            let bad = try await house.socket.get("/v1/audit?after=-1")
            #expect(bad.status == 400)
        }
    }
}
