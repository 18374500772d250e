import CurlHTTP
import Glibc
import Testing

@Suite("A client's life", .timeLimit(.minutes(1)))
struct LifecycleTests {
    private let arrived = Signal()
    private let ended = Signal()
    private let server: LoopbackServer

    init() throws {
        server = try LoopbackServer { [arrived, ended] request, connection in
            if request.head.hasPrefix("GET /hang") { arrived.fire() } else { connection.reply("ok") }
            connection.waitForEnd()
            ended.fire()
        }
    }

    @Test("Shutdown fails what is pending, closes its connections and refuses what comes later")
    func pending() async throws {
        let client = try CurlClient(.init(maxConnectionsPerHost: 3))
        let request = CurlRequest(url: server.url + "hang", timeout: .seconds(3000))
        let tasks = (0..<10).map { _ in Task { try await client.send(request) } }
        await arrived.wait(for: 3)
        await client.shutdown()
        await ended.wait(for: 3)
        for task in tasks { await #expect(throws: CurlError.shutDown) { try await task.value } }
        await #expect(throws: CurlError.shutDown) { try await client.send(request) }
    }

    @Test("Shutdown may be called again, and by many at once")
    func idempotent() async throws {
        let client = try CurlClient(.init())
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await client.shutdown() } }
        }
        await client.shutdown()
    }

    @Test("A client that is let go of without shutdown ends its thread and connections")
    func letGo() async throws {
        do {
            let client = try CurlClient(.init())
            #expect(try await client.send(CurlRequest(url: server.url)).text == "ok")
        }
        await ended.wait()
    }

    @Test("Shutdown in the midst of a burst answers every request")
    func burst() async throws {
        for _ in 0..<20 {
            let client = try CurlClient(.init())
            let answered = await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { _ = try? await client.send(CurlRequest(url: server.url)) }
                }
                group.addTask { await client.shutdown() }
                return await group.reduce(into: 0) { count, _ in count += 1 }
            }
            #expect(answered == 21)
        }
    }

    @Test("A client makes the process ignore SIGPIPE, but leaves a handler alone")
    func brokenPipes() async {
        await #expect(processExitsWith: .success) {
            // `raise` and not `kill`: the signal is for this thread, and has arrived when the call returns.
            signal(SIGPIPE, SIG_DFL)
            let first = try CurlClient(.init())
            raise(SIGPIPE)
            // `_exit`, because a signal handler may not run what `exit` runs.
            signal(SIGPIPE) { _ in _exit(0) }
            let second = try CurlClient(.init())
            await first.shutdown()
            await second.shutdown()
            raise(SIGPIPE)
            _exit(1)
        }
    }
}
