import CurlHTTP
import EntraClient
import Foundation
import NIOCore
import Tenancy
import Testing

/// Rows 12 to 16 and 20 of the faults: an authority that is gone, silent, slow, or asks to be left alone.
@Suite("Authority out of order", .timeLimit(.minutes(1)))
struct OutageTests {
    private func grant(_ request: HostileAuthority.Request, _ connection: HostileConnection) {
        for number in 1...9 where request.concerns(number) {
            connection.reply(Replies.grant(Replies.jwt(tenant: number)))
        }
    }

    // MARK: Gone

    @Test("that refuses connections is passing trouble after three attempts; then it is asked by single probes only")
    func refusedConnections() async throws {
        let house = try await HostileHouse.with { _, _, _ in }
        try await house.authority.close()
        for number in 1...2 { #expect(await house.trouble(number) == "the server accepts no connection") }
        #expect(house.pauses.count == 4)
        // The third tenant shows that it is not a matter of one.
        _ = await house.trouble(3)
        #expect(house.pauses.count == 4)
        for number in 4...9 {
            let error = await house.refusal(number)
            guard case .heldBack(.authorityDown, let seconds) = error?.reason else {
                Issue.record("tenant \(number) was told \(String(describing: error?.reason))")
                return
            }
            #expect((0...6).contains(seconds) && error?.problem.retryAfter != nil)
        }
        #expect(house.pauses.allSatisfy { (0...2).contains($0) })
    }

    @Test("that resets or ends connections without an answer is asked three times", arguments: [true, false])
    func hangUp(byReset: Bool) async throws {
        let house = try await HostileHouse.with { _, _, connection in
            if byReset { connection.reset() } else { connection.hangUp() }
        }
        #expect(await house.trouble() != nil)
        #expect(house.authority.requests.count == 3)
        try await house.authority.allEnded()
    }

    @Test("that fails twice and then works gives the token in the same call")
    func recovers() async throws {
        let house = try await HostileHouse.with { request, number, connection in
            switch number {
            case 1: connection.reset()
            case 2: connection.reply("<html>busy</html>", status: "503 Service Unavailable", type: "text/html")
            default: grant(request, connection)
            }
        }
        try await house.token(1)
        #expect(house.authority.requests.count == 3 && house.pauses.count == 2)
    }

    @Test("whose name has no address is passing trouble, told by the name")
    func noAddress() async throws {
        let house = try await HostileHouse.with(host: "authority.invalid") { _, _, _ in }
        #expect(await house.trouble() == "the name authority.invalid cannot be resolved to an address")
        #expect(house.authority.connectionCount == 0)
    }

    @Test("whose address leads to somebody else hears nothing: the certificate tells, before anything is sent")
    func wrongAddress() async throws {
        let other = try await HostileAuthority.Certificate.make(for: "DNS:other.example")
        let house = try await HostileHouse.with(certificate: other) { request, _, connection in
            grant(request, connection)
        }
        #expect(await house.trouble() == "the certificate of localhost was issued for another name")
        #expect(house.authority.requests.isEmpty)
    }

    // MARK: Silent and slow

    @Test("that accepts connections and says nothing is given up by the connect deadline, and holds no connection")
    func silent() async throws {
        let house = try await HostileHouse.silent(
            deadlines: .init(connect: .milliseconds(150), total: .seconds(30)))
        #expect(await house.trouble() == "no connection to the server came about in time")
        #expect(house.authority.connectionCount == 3)
        try await house.authority.allEnded()
    }

    @Test(
        "that sends byte by byte, of its head or of its body, is given up by the total deadline",
        arguments: ["X-Slow: ", "Content-Type: application/json\r\nContent-Length: 9999\r\n\r\n"])
    func drip(_ head: String) async throws {
        let house = try await HostileHouse.with(deadlines: .init(total: .milliseconds(200))) { _, _, connection in
            connection.write("HTTP/1.1 200 OK\r\n\(head)")
            connection.flood("x", pause: .milliseconds(10))
        }
        #expect(await house.trouble() == "the server did not answer in time")
        try await house.authority.allEnded()
    }

    @Test("that never answers one tenant delays no other")
    func oneHangs() async throws {
        let (arrived, arrival) = AsyncStream<HostileConnection>.makeStream()
        var limits = AuthorityGate.Limits.plenty
        limits.attempts = 1
        let house = try await HostileHouse.with(limits: limits) { request, _, connection in
            if request.concerns(1) { arrival.yield(connection) } else { grant(request, connection) }
        }
        async let stuck = house.trouble(1)
        let connection = try #require(await arrived.first { _ in true })
        for number in 2...9 { try await house.token(number) }
        connection.reset()
        #expect(await stuck != nil)
    }

    // MARK: Asked to wait

    @Test(
        "that throttles a tenant is not asked for it again while the pause lasts; the others are served",
        arguments: [
            (nil, 60), ("7", 7), ("2.5", 2.5), ("0", 1), ("-1", 1), ("31536000", 3_600), ("1e300", 3_600),
            ("soon", 60), ("Wed, 21 Oct 2015 07:28:30 GMT", 30),
        ] as [(String?, TimeInterval)])
    func throttled(_ header: String?, _ seconds: TimeInterval) async throws {
        let house = try await HostileHouse.with { request, number, connection in
            guard number == 1 else { return grant(request, connection) }
            connection.reply(
                "Too Many Requests", status: "429 Too Many Requests", type: "text/plain",
                headers: "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n" + (header.map { "Retry-After: \($0)\r\n" } ?? ""))
        }
        #expect(await house.refusal(1)?.reason == .throttled(seconds))
        #expect(await house.refusal(1)?.reason == .throttled(seconds))
        for number in 2...9 { try await house.token(number) }
        house.clock.advance(seconds / 2)
        #expect(await house.refusal(1)?.reason == .throttled(seconds / 2))
        #expect(house.authority.requests.count == 9)
        house.clock.advance(seconds / 2)
        try await house.token(1)
        #expect(house.authority.requests.count == 10)
    }

    @Test(
        "that fails for everything is asked three times at most, and repetitions keep to a tenth",
        arguments: [500, 503])
    func burst(_ status: Int) async throws {
        let house = try await HostileHouse.with { _, _, connection in
            connection.reply("<html>", status: "\(status) Trouble", type: "text/html")
        }
        let resources = try (0..<60).map { try #require(Resource("api://\($0)")) }
        #expect(await house.trouble(1, resources[0]) == "it answered with status \(status)")
        #expect(house.authority.requests.count == 3)
        // One tenant's failures are its own, so nothing but the budget holds the repetitions back.
        for resource in resources.dropFirst() { #expect(await house.trouble(1, resource) != nil) }
        // Ten to begin with, and a tenth of the requests.
        #expect(house.authority.requests.count <= 60 + 10 + 6)
        #expect(house.pauses.allSatisfy { (0...2).contains($0) } && Set(house.pauses).count > 1)
    }
}
