import CurlHTTP
import Foundation
import SQLiteStore
import Tenancy
import Testing

@testable import HTTPService

@Suite("Events", .timeLimit(.minutes(2)))
struct EventRouteTests {
    private func add(_ number: Int, _ house: House) async throws {
        let tenant = Tenant(
            id: TenantID(guid(number)), cloud: .public, name: "Customer \(number)",
            domain: TenantDomain("customer\(number).example"), tags: .none, addedAt: house.clock.now)
        try await house.store.tenants.add([tenant], by: .service)
    }

    /// Reads the stream until its text holds the words, then hangs up.
    private func hear(
        _ words: String, _ client: Client, _ path: String, _ headers: [(name: String, value: String)] = [],
        whenOpen: @escaping @Sendable () async throws -> Void = {}
    ) async throws -> String {
        let (pieces, arrival) = AsyncStream.makeStream(of: [UInt8].self)
        var headers = headers
        if let key = client.key { headers.append(("Authorization", "Bearer \(key)")) }
        let request = CurlRequest(
            url: client.base + path, headers: headers, timeout: .seconds(60), onBody: { arrival.yield($0) })
        return try await withThrowingTaskGroup(of: String?.self) { group in
            group.addTask {
                defer { arrival.finish() }
                let response = try await client.http.send(request)
                #expect(response.status == 200 && response.header("Content-Type") == "text/event-stream")
                return nil
            }
            group.addTask {
                var (text, isOpen) = ("", false)
                for await piece in pieces {
                    text += String(decoding: piece, as: UTF8.self)
                    if !isOpen { try await whenOpen() }
                    isOpen = true
                    if text.contains(words) { break }
                }
                return text
            }
            defer { group.cancelAll() }
            while let ended = try await group.next() { if let ended { return ended } }
            return ""
        }
    }

    @Test("The list comes by cursor, of a tenant by domain, of a type")
    func list() async throws {
        try await withHouse { house in
            for number in 1...3 { try await add(number, house) }
            let client = try await house.api(as: .viewer)
            let all = try await client.get("/v1/events").json["items"].elements
            #expect(all.map { $0["type"].string } == Array(repeating: "tenant.added", count: 3))
            #expect(all.first?["data"]["name"].string == "Customer 1")
            #expect(try await client.get("/v1/events?after=1&limit=1").json["items"].elements == [all[1]])
            #expect(try await client.get("/v1/events?tenant=customer3.example").json["items"].elements == [all[2]])
            #expect(try await client.get("/v1/events?type=consent.*").json["items"].elements.isEmpty)
            #expect(try await client.get("/v1/events?type=tenant.*").json["items"].elements.count == 3)
            for bad in ["type=Tenant", "after=-1", "limit=0", "tenant=common"] {
                let reply = try await client.get("/v1/events?\(bad)")
                #expect(reply.status == 400, "\(bad)")
            }
            #expect(try await client.get("/v1/events?tenant=nobody.example").status == 404)
        }
    }

    @Test("The stream tells an event as soon as it has happened, and begins now unless told otherwise")
    func live() async throws {
        try await withHouse { house in
            try await add(1, house)
            let client = try await house.api(as: .viewer)
            let text = try await hear("Customer 2", client, "/v1/events/stream?type=tenant.*") {
                try await add(2, house)
            }
            #expect(text.hasPrefix("retry: 2000\nid: 1\n\n"))
            #expect(!text.contains("Customer 1"))
            #expect(text.contains("id: 2\nevent: tenant.added\ndata: {"))
        }
    }

    @Test("Who comes again with the last id misses nothing; the header goes before the parameter")
    func again() async throws {
        try await withHouse { house in
            for number in 1...3 { try await add(number, house) }
            let client = try await house.api(as: .viewer)
            let whole = try await hear("Customer 3", client, "/v1/events/stream?after=0")
            #expect(whole.contains("Customer 1") && whole.contains("Customer 2"))
            let rest = try await hear("Customer 3", client, "/v1/events/stream?after=0", [("Last-Event-ID", "2")])
            #expect(!rest.contains("Customer 2"))
            let bad = try await client.send(.get, "/v1/events/stream", [("Last-Event-ID", "x")])
            #expect(bad.status == 400)
        }
    }

    @Test("A stream ends when the service does, so that the service can")
    func shutdown() async throws {
        let ended = Task {
            try await withHouse { house in
                let client = try await house.api(as: .viewer)
                let request = CurlRequest(
                    url: client.base + "/v1/events/stream", headers: [("Authorization", "Bearer \(client.key ?? "")")],
                    timeout: .seconds(60), onBody: { _ in })
                let http = try CurlClient(CurlClient.Configuration())
                Task { _ = try? await http.send(request) }
                while house.store.events.signal.followers == 0 { await Task.yield() }
            }
        }
        // The house waits for its doors; one that stays open would let this run into its limit.
        try await ended.value
    }

    @Test("Seats are bounded, in all and for each, and given back")
    func seats() throws {
        let seats = StreamSeats(most: 3, mostEach: 2)
        var taken = [try seats.take(for: .service), try seats.take(for: .service)]
        #expect(throws: StreamError.noSeat) { try seats.take(for: .service) }
        taken.append(try seats.take(for: .visitor))
        #expect(throws: StreamError.noSeat) { try seats.take(for: .localUser(uid: 1)) }
        withExtendedLifetime(taken) {}
        taken = []
        _ = try seats.take(for: .service)
    }
}
