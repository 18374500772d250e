import CurlHTTP
import Testing

@Suite("Limits", .timeLimit(.minutes(1)))
struct LimitTests {
    @Test("A body of exactly the limit is accepted, one byte more is not", arguments: [0, 1, 1000])
    func bodyLimit(_ limit: Int) async throws {
        let server = try LoopbackServer { request, connection in
            let isOver = request.head.hasPrefix("GET /over")
            connection.reply(String(repeating: "x", count: isOver ? limit + 1 : limit))
        }
        let client = try CurlClient(.init())
        let response = try await client.send(CurlRequest(url: server.url, maxResponseBytes: limit))
        #expect(response.body.count == limit)
        await #expect(throws: CurlError.responseTooLarge(limit: limit)) {
            try await client.send(CurlRequest(url: server.url + "over", maxResponseBytes: limit))
        }
        await client.shutdown()
    }

    @Test("A Content-Length above the limit fails before any of the body comes")
    func announcedLength() async throws {
        let ended = Signal()
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n")
            connection.waitForEnd()
            ended.fire()
        }
        let client = try CurlClient(.init())
        await #expect(throws: CurlError.responseTooLarge(limit: 256 * 1024)) {
            try await client.send(CurlRequest(url: server.url))
        }
        await ended.wait()
        await client.shutdown()
    }

    @Test("A body without announced length is cut off at the limit, and its connection closed")
    func streamedBody() async throws {
        let ended = Signal()
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while connection.write("400\r\n" + String(repeating: "x", count: 1024) + "\r\n") {}
            ended.fire()
        }
        let client = try CurlClient(.init())
        await #expect(throws: CurlError.responseTooLarge(limit: 10_000)) {
            try await client.send(CurlRequest(url: server.url, maxResponseBytes: 10_000))
        }
        await ended.wait()
        await client.shutdown()
    }

    @Test("Endless headers are cut off at 64 KiB", arguments: ["", "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"])
    func endlessHeaders(_ block: String) async throws {
        let server = try LoopbackServer { _, connection in
            if block.isEmpty { connection.write("HTTP/1.1 200 OK\r\n") }
            while connection.write(block.isEmpty ? "X-Long: \(String(repeating: "x", count: 500))\r\n" : block) {}
        }
        let client = try CurlClient(.init())
        await #expect(throws: CurlError.responseTooLarge(limit: 64 * 1024)) {
            try await client.send(CurlRequest(url: server.url))
        }
        await client.shutdown()
    }

    @Test("The total deadline ends a response that drips")
    func drip() async throws {
        let ended = Signal()
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            repeat { connection.write("x") } while !connection.waitForEnd(milliseconds: 10)
            ended.fire()
        }
        let client = try CurlClient(.init())
        await #expect(throws: CurlError.timedOut) {
            try await client.send(CurlRequest(url: server.url, timeout: .milliseconds(300)))
        }
        await ended.wait()
        await client.shutdown()
    }

    @Test("The total deadline runs while a request waits for a free connection")
    func deadlineInTheQueue() async throws {
        let arrived = Signal()
        let server = try LoopbackServer { _, connection in
            arrived.fire()
            connection.waitForEnd()
        }
        let client = try CurlClient(.init(maxConnectionsPerHost: 1))
        let first = Task { try await client.send(CurlRequest(url: server.url, timeout: .seconds(50))) }
        await arrived.wait()
        await #expect(throws: CurlError.timedOut) {
            try await client.send(CurlRequest(url: server.url, timeout: .milliseconds(200)))
        }
        #expect(server.acceptedCount == 1)
        first.cancel()
        await #expect(throws: CurlError.cancelled) { try await first.value }
        await client.shutdown()
    }

    @Test("The connect deadline ends a TLS handshake that the server never answers")
    func silentHandshake() async throws {
        let socket = try ListeningSocket()
        let client = try CurlClient(.init(connectTimeout: .milliseconds(200)))
        await #expect(throws: CurlError.connectTimedOut) {
            try await client.send(CurlRequest(url: "https://127.0.0.1:\(socket.port)/", timeout: .seconds(50)))
        }
        await client.shutdown()
    }

    @Test(
        "A server that hangs up without an answer, or talks nonsense, is a failed transfer", arguments: ["", "no\r\n"])
    func nonsense(_ answer: String) async throws {
        let server = try LoopbackServer { _, connection in
            connection.write(answer)
            connection.hangUp()
        }
        let client = try CurlClient(.init())
        let error = await #expect(throws: CurlError.self) { try await client.send(CurlRequest(url: server.url)) }
        guard case .transferFailed(let code, _) = error else {
            Issue.record("unexpected error: \(String(describing: error))")
            return
        }
        #expect(code > 0)
        await client.shutdown()
    }
}
