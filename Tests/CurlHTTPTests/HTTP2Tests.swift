import CurlHTTP
import Testing

@Suite("HTTP/2", .timeLimit(.minutes(2)))
struct HTTP2Tests {
    private let authority: TestAuthority
    private let server: TLSServer

    init() throws {
        authority = try TestAuthority()
        try authority.issue("server")
        server = try TLSServer(authority)
    }

    @Test("HTTP/2 is spoken when asked for, HTTP/1.1 when not, in any order on one client")
    func negotiated() async throws {
        let client = try CurlClient(.init(extraCAFile: authority.file))
        for (version, answer) in [
            (CurlRequest.HTTPVersion.http2, "HTTP/2.0"), (.http1_1, "HTTP/1.1"), (.http2, "HTTP/2.0"),
            (.http1_1, "HTTP/1.1"),
        ] {
            let response = try await client.send(CurlRequest(url: server.url(), httpVersion: version))
            #expect(response.text == answer)
            #expect(response.header("connection-number") != nil)
        }
        await client.shutdown()
    }

    @Test("Over plain http, HTTP/1.1 is spoken though HTTP/2 is asked for")
    func plain() async throws {
        let plain = try LoopbackServer { request, connection in
            connection.reply("\(request.head.hasPrefix("GET / HTTP/1.1\r\n")), \(request.head.contains("Upgrade"))")
        }
        let client = try CurlClient(.init())
        let response = try await client.send(CurlRequest(url: plain.url, httpVersion: .http2))
        #expect(response.text == "true, false")
        await client.shutdown()
    }

    @Test("Concurrent first requests share one connection")
    func sharing() async throws {
        let client = try CurlClient(.init(extraCAFile: authority.file))
        let connections = try await burst(of: 50, on: client).map { $0.header("connection-number") }
        #expect(Set(connections).count == 1)
        await client.shutdown()
    }

    /// libcurl 7.88 can forget frames that it has already read (see `TransferLoop`); a request then waits for the
    /// connect timeout. With both cures taken out, this test failed within its first ten rounds, each time.
    @Test("No request of a burst on a fresh client stalls")
    func startUpStorm() async throws {
        let stall = Duration.seconds(12)
        let clock = ContinuousClock()
        let start = clock.now
        var rounds = 0
        // At most so many rounds, and no more once the time is up: a busy machine gets through fewer.
        while rounds < 40, clock.now - start < .seconds(6) {
            rounds += 1
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        let client = try CurlClient(
                            .init(extraCAFile: authority.file, connectTimeout: stall))
                        let took = try await clock.measure { _ = try await burst(of: 32, on: client) }
                        // A request that is forgotten takes the whole connect timeout; a busy machine takes a few seconds.
                        #expect(took < stall * 3 / 4)
                        await client.shutdown()
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    private func burst(of count: Int, on client: CurlClient) async throws -> [CurlResponse] {
        let request = CurlRequest(url: server.url("/padded"), timeout: .seconds(60), httpVersion: .http2)
        return try await withThrowingTaskGroup(of: CurlResponse.self) { group in
            for _ in 0..<count { group.addTask { try await client.send(request) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
