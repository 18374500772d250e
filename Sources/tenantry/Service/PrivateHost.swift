import CurlHTTP
import FoundationEssentials
import Glibc
import HTTPService
import Logging
import SQLiteStore
import ServiceLifecycle
import Tenancy

/// The service inside a command's own process, on a private socket, for the time of that command.
struct PrivateHost {
    let directory: DataDirectory
    let settings: Settings
    let logger: Logger
    /// What is worked on beside answering.
    let work: Work?

    enum Work: Sendable { case checks, runs, credentials, operations, campaigns, webhooks, sealing }

    /// Opens the operators' door for this process and runs the body against it.
    func run<Result: Sendable>(_ body: @escaping @Sendable (ServiceClient) async throws -> Result) async throws
        -> Result
    {
        defer { closeDirectory() }
        let assembly = try Assembly(directory, settings: settings, logger: logger)
        try await assembly.resume()
        try SocketPath.removeLeftovers(in: directory.path)
        let socket = try SocketPath("\(directory.path)/\(SocketPath.privatePrefix)\(getpid()).sock")
        defer { socket.remove() }
        let door = OperatorDoor(
            steps: assembly.steps, output: assembly.output,
            publicURL: try PublicURL(settings.publicURL ?? "http://localhost:\(pagesPort())").description,
            tokenBytes: settings.tokens.memoryBytes)
        let opened = Wake()
        let listener = Listener.open(
            door, .owner(uid: getuid()), on: .unixSocket(path: socket.path), logger: logger,
            whenOpen: { _ in opened.signal() })
        var services: [any Service] = [listener]
        switch work {
        case nil: break
        case .checks: services.insert(LoopService { await assembly.verification.run() }, at: 0)
        case .runs:
            let jobs = assembly.steps.jobs
            services.insert(LoopService { await jobs.run() }, at: 0)
        case .credentials: services.insert(LoopService { await assembly.credentials.run() }, at: 0)
        case .campaigns: services.insert(LoopService { await assembly.campaigns.run() }, at: 0)
        case .webhooks: services.insert(LoopService { await assembly.webhooks.loop.run() }, at: 0)
        case .sealing: services.insert(LoopService { await assembly.sealing.run() }, at: 0)
        case .operations: services.insert(LoopService { await assembly.steps.operations.run() }, at: 0)
        }
        let group = ServiceGroup(services: services, logger: logger)
        return try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask {
                try await group.run()
                return nil
            }
            tasks.addTask {
                await opened.wait(until: nil, now: .now)
                return try await body(try ServiceClient(socket: socket.path))
            }
            var result: Result?
            while let ended = try await tasks.next() {
                if let ended {
                    result = ended
                    await group.triggerGracefulShutdown()
                }
            }
            await assembly.shutdown()
            guard let result else { throw CancellationError() }
            return result
        }
    }

    /// Where `serve` would open the consent pages.
    private func pagesPort() throws -> Int {
        try (HostPort(setting: "listen.public", settings.publicAddress) ?? .defaultPages).port
    }

    private func closeDirectory() {
        do { try directory.close() } catch { Terminal.say("tenantry: \(error)") }
    }
}
