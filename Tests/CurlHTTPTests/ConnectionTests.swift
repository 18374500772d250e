import CurlHTTP
import Glibc
import Testing

@Suite("Connections", .timeLimit(.minutes(1)))
struct ConnectionTests {
    @Test("One connection serves one request after another")
    func reuse() async throws {
        let server = try LoopbackServer { request, connection in
            connection.reply(String(request.head.prefix { $0 != "\r\n" }))
        }
        let client = try CurlClient(.init())
        for _ in 0..<5 {
            let response = try await client.send(CurlRequest(url: server.url + "a?b=c"))
            #expect(response.status == 200)
            #expect(response.text == "GET /a?b=c HTTP/1.1")
        }
        #expect(server.acceptedCount == 1)
        await client.shutdown()
    }

    @Test("A kept connection that the server has closed is replaced without an error")
    func replaceClosedConnection() async throws {
        let closed = Signal()
        let server = try LoopbackServer { _, connection in
            connection.reply("ok")
            connection.hangUp()
            closed.fire()
        }
        let client = try CurlClient(.init())
        for _ in 0..<3 {
            #expect(try await client.send(CurlRequest(url: server.url)).text == "ok")
            await closed.wait()
        }
        #expect(server.acceptedCount == 3)
        await client.shutdown()
    }

    @Test("No more connections per host are opened than allowed")
    func connectionLimit() async throws {
        let server = try LoopbackServer { _, connection in connection.reply("\(connection.number)") }
        let client = try CurlClient(.init(maxConnectionsPerHost: 2))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<40 { group.addTask { try await client.send(CurlRequest(url: server.url)).status } }
            for try await status in group { #expect(status == 200) }
        }
        #expect((1...2).contains(server.acceptedCount))
        await client.shutdown()
    }

    @Test("A request goes to a Unix socket when one is named")
    func unixSocket() async throws {
        let folder = try TemporaryFolder()
        let server = try LoopbackServer(unixSocket: folder.file("s")) { request, connection in
            connection.reply(request.head)
        }
        let client = try CurlClient(.init())
        let request = CurlRequest(url: "http://service.example/livez", unixSocket: folder.file("s"))
        let response = try await client.send(request)
        #expect(response.text.hasPrefix("GET /livez HTTP/1.1\r\nHost: service.example\r\n"))
        #expect(server.acceptedCount == 1)
        await client.shutdown()
    }

    @Test("A Unix socket that is not there, and a port without listener, are errors of their own")
    func nobodyListens() async throws {
        let folder = try TemporaryFolder()
        let socket = try ListeningSocket(backlog: nil)
        defer { close(socket.descriptor) }
        let client = try CurlClient(.init())
        await #expect(throws: CurlError.cannotConnect) {
            try await client.send(CurlRequest(url: "http://127.0.0.1:\(socket.port)/"))
        }
        await #expect(throws: CurlError.cannotConnect) {
            try await client.send(CurlRequest(url: "http://localhost/", unixSocket: folder.file("none")))
        }
        await client.shutdown()
    }

    @Test("A name without address is an error that tells the name")
    func unknownName() async throws {
        let client = try CurlClient(.init())
        // RFC 6761 reserves .invalid: no resolver may find it.
        await #expect(throws: CurlError.cannotResolve(host: "tenant.invalid")) {
            try await client.send(CurlRequest(url: "https://tenant.invalid/"))
        }
        await client.shutdown()
    }

    @Test("Proxies of the environment are ignored")
    func environmentProxies() async {
        // In a process of its own: changing the environment beside running threads is not safe.
        await #expect(processExitsWith: .success) {
            let nobody = try ListeningSocket(backlog: nil)
            for name in ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
                setenv(name, "http://127.0.0.1:\(nobody.port)", 1)
            }
            unsetenv("no_proxy")
            let server = try LoopbackServer { _, connection in connection.reply("direct") }
            let client = try CurlClient(.init())
            let response = try await client.send(CurlRequest(url: server.url))
            // Through the proxy this would be refused before the name is looked at.
            let error = await #expect(throws: CurlError.self) {
                try await client.send(CurlRequest(url: "https://tenant.invalid/"))
            }
            await client.shutdown()
            #expect(response.text == "direct" && error == .cannotResolve(host: "tenant.invalid"))
        }
    }

    @Test("A configured proxy gets a tunnel request for a remote host, and none for this machine")
    func configuredProxy() async throws {
        let heads = Heads()
        let proxy = try LoopbackServer { request, connection in
            heads.add(request.head)
            connection.reply("", status: "502 Bad Gateway")
        }
        let server = try LoopbackServer { _, connection in connection.reply("direct") }
        let client = try CurlClient(.init(proxy: "http://user:pw@127.0.0.1:\(proxy.port)"))
        await #expect(throws: CurlError.self) {
            try await client.send(CurlRequest(url: "https://tenant.invalid/"))
        }
        #expect(try await client.send(CurlRequest(url: server.url)).text == "direct")
        #expect(heads.all.count == 1)
        #expect(heads.all.first?.hasPrefix("CONNECT tenant.invalid:443 ") == true)
        await client.shutdown()
    }
}
