import CurlHTTP
import Testing

@Suite("Cancellation", .timeLimit(.minutes(1)))
struct CancellationTests {
    @Test("Cancelling a request closes its connection, while others go on")
    func closesTheConnection() async throws {
        let arrived = Signal()
        let ended = Signal()
        let server = try LoopbackServer { request, connection in
            guard request.head.hasPrefix("GET /hang") else { return connection.reply("ok") }
            arrived.fire()
            connection.waitForEnd()
            ended.fire()
        }
        let client = try CurlClient(.init())
        let task = Task { try await client.send(CurlRequest(url: server.url + "hang", timeout: .seconds(3000))) }
        await arrived.wait()
        #expect(try await client.send(CurlRequest(url: server.url)).text == "ok")
        task.cancel()
        await #expect(throws: CurlError.cancelled) { try await task.value }
        await ended.wait()
        #expect(try await client.send(CurlRequest(url: server.url)).text == "ok")
        await client.shutdown()
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let server = try LoopbackServer { _, connection in connection.reply("ok") }
        let client = try CurlClient(.init())
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await client.send(CurlRequest(url: server.url))
        }
        await #expect(throws: CurlError.cancelled) { try await task.value }
        #expect(try await client.send(CurlRequest(url: server.url)).text == "ok")
        #expect(server.acceptedCount == 1)
        await client.shutdown()
    }

    @Test("400 requests cancelled at once all end, whatever each was doing")
    func storm() async throws {
        let server = try LoopbackServer { request, connection in
            if request.head.hasPrefix("GET /hang") { connection.waitForEnd() } else { connection.reply("ok") }
        }
        let client = try CurlClient(.init())
        let results = await withTaskGroup(of: CurlError?.self) { group in
            for number in 0..<400 {
                let url = server.url + (number.isMultiple(of: 4) ? "ok" : "hang")
                group.addTask {
                    do throws(CurlError) {
                        _ = try await client.send(CurlRequest(url: url, timeout: .seconds(3000)))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            group.cancelAll()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == 400)
        #expect(results.allSatisfy { $0 == nil || $0 == .cancelled })
        #expect(results.count { $0 == .cancelled } >= 300)
        #expect(try await client.send(CurlRequest(url: server.url)).text == "ok")
        await client.shutdown()
    }

    @Test("400 requests that hang on a server, and in the queue, are cancelled in the midst of it")
    func stormUnderway() async throws {
        let arrived = Signal()
        let ended = Signal()
        let server = try LoopbackServer { _, connection in
            arrived.fire()
            connection.waitForEnd()
            ended.fire()
        }
        let client = try CurlClient(.init(maxConnectionsPerHost: 20))
        let request = CurlRequest(url: server.url, timeout: .seconds(3000))
        let tasks = (0..<400).map { _ in Task { try await client.send(request) } }
        await arrived.wait(for: 20)
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: CurlError.cancelled) { try await task.value } }
        await ended.wait(for: 20)
        await client.shutdown()
    }

    @Test("Cancelled HTTP/2 streams leave their connection usable")
    func streams() async throws {
        let authority = try TestAuthority()
        try authority.issue("server")
        let server = try TLSServer(authority)
        let client = try CurlClient(.init(extraCAFile: authority.file))
        let request = CurlRequest(url: server.url("/padded"), httpVersion: .http2)
        _ = try await client.send(request)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 { group.addTask { _ = try? await client.send(request) } }
            await group.next()
            group.cancelAll()
        }
        #expect(try await client.send(request).status == 200)
        await client.shutdown()
    }
}
