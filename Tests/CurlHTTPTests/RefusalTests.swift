import CurlHTTP
import Testing

@Suite("Refusals", .timeLimit(.minutes(1)))
struct RefusalTests {
    private let heads = Heads()
    private let server: LoopbackServer
    private let client: CurlClient

    init() throws {
        server = try LoopbackServer { [heads] request, connection in
            heads.add(request.head)
            connection.reply("ok")
        }
        client = try CurlClient(.init())
    }

    @Test(
        "Plain http leads to this machine only",
        arguments: [
            "http://example.com/", "http://127.0.0.1.example.com/", "http://127.example.com/", "http://10.0.0.1/",
            "http://localhost.example.com/", "http://[::2]/", "http://[::ffff:127.0.0.1]/", "http://0.0.0.0/",
            "http://128.0.0.1/", "http://126.255.255.255/", "http://2130706434.example/",
        ])
    func plainHTTP(_ url: String) async {
        await expectRefusal(CurlRequest(url: url), "Plain http is allowed to this machine only")
    }

    @Test("The loopback's spellings are all accepted", arguments: ["127.0.0.1", "127.1", "2130706433", "LocalHost"])
    func loopback(_ host: String) async throws {
        #expect(try await client.send(CurlRequest(url: "http://\(host):\(server.port)/")).text == "ok")
        await client.shutdown()
    }

    @Test(
        "Other addresses are refused",
        arguments: [
            "", "example.com", "//example.com/", "ftp://127.0.0.1/", "file:///etc/passwd", "https://",
            "https://user@example.com/", "https://user:pw@example.com/", "https://exa mple.com/",
            "https://example.com/\r\nX: y", "https://example.com/\u{0}", "https://ex\u{E4}mple.com/",
            "https://example.com:99999/",
        ])
    func otherAddresses(_ url: String) async {
        await expectRefusal(CurlRequest(url: url), "")
    }

    @Test(
        "A header that would break out of its line, or frame the message, is refused",
        arguments: [
            ("X-A", "1\r\nX-B: 2"), ("X-A", "1\n"), ("X-A", "\r"), ("X-A", "a\u{0}b"), ("X-A", "\u{7F}"),
            ("X-A\r\nX-B", "1"), ("X A", "1"), ("X-A:", "1"), ("", "1"), ("X-\u{E4}", "1"),
            ("Content-Length", "1"), ("transfer-encoding", "chunked"), ("Connection", "close"), ("Expect", "x"),
        ])
    func headers(_ name: String, _ value: String) async {
        await expectRefusal(CurlRequest(url: server.url, headers: [(name, value)]), "header")
    }

    @Test("A body on GET or HEAD, a timeout of zero, a negative limit and an impossible socket path are refused")
    func otherFields() async {
        await expectRefusal(CurlRequest(url: server.url, body: [1]), "A GET request cannot carry a body")
        await expectRefusal(CurlRequest(method: .head, url: server.url, body: []), "A HEAD request cannot")
        await expectRefusal(CurlRequest(url: server.url, timeout: .zero), "timeout")
        await expectRefusal(CurlRequest(url: server.url, maxResponseBytes: -1), "limit")
        for path in ["", String(repeating: "x", count: 108), "/tmp/a\u{0}b"] {
            await expectRefusal(CurlRequest(url: server.url, unixSocket: path), "1 to 107 bytes")
        }
    }

    @Test("A configuration that cannot work is refused")
    func configuration() {
        for configuration: CurlClient.Configuration in [
            .init(proxy: "not a url"), .init(proxy: "socks5://127.0.0.1:1"), .init(connectTimeout: .zero),
            .init(maxConnectionsPerHost: 0), .init(maxIdleConnections: 0), .init(userAgent: "a\r\nb"),
        ] {
            #expect(throws: CurlError.self) { try CurlClient(configuration) }
        }
    }

    @Test("Deadlines beyond all measure are accepted")
    func hugeDeadlines() async throws {
        let client = try CurlClient(.init(connectTimeout: .seconds(Int64.max)))
        #expect(try await client.send(CurlRequest(url: server.url, timeout: .seconds(Int64.max))).text == "ok")
        await client.shutdown()
    }

    /// That nothing was sent is seen by the server, too.
    private func expectRefusal(_ request: CurlRequest, _ part: String) async {
        let error = await #expect(throws: CurlError.self) { try await client.send(request) }
        guard case .refused(let reason) = error else {
            Issue.record("unexpected error: \(String(describing: error))")
            return
        }
        #expect(reason.contains(part))
        #expect(server.acceptedCount == 0)
        await client.shutdown()
    }
}
