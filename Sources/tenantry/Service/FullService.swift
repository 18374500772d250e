import CurlHTTP
import FoundationEssentials
import Glibc
import HTTPService
import Logging
import NIOCore
import SQLiteStore
import ServiceLifecycle
import Synchronization
import Tenancy
import UnixSignals

/// The service with all its doors, until a signal ends it.
struct FullService {
    let directory: DataDirectory
    let settings: Settings
    let publicURL: String
    let pages: HostPort
    let api: HostPort
    let logger: Logger

    /// Serves. Returns after a graceful end.
    ///
    /// - Throws: ``AddressError`` when an address cannot be opened, ``StoreError`` when the disk has failed.
    func run() async throws {
        let assembly = try Assembly(directory, settings: settings, logger: logger)
        try await assembly.resume()
        let socket = try SocketPath(directory.socketPath)
        defer { socket.remove() }
        let door = OperatorDoor(
            steps: assembly.steps, output: assembly.output, publicURL: publicURL,
            tokenBytes: settings.tokens.memoryBytes)
        let ready = Countdown(from: 3) { announce(socket) }
        let whenOpen: @Sendable (Int?) async -> Void = { _ in ready.step() }
        let jobs = assembly.steps.jobs
        let services: [any Service] = [
            LoopService { await assembly.verification.run() },
            LoopService { await jobs.run() },
            LoopService { await assembly.credentials.run() },
            LoopService { await assembly.campaigns.run() },
            LoopService { await assembly.sealing.run() },
            LoopService { await assembly.steps.operations.run() },
            LoopService { await assembly.webhooks.loop.run() },
            StoreWatch(store: directory.store),
            DoorService(
                address: "\(pages)",
                listener: Listener.open(
                    try PublicDoor(steps: assembly.steps, publicURL: publicURL),
                    on: .tcp(host: pages.host, port: pages.port), logger: logger,
                    whenOpen: whenOpen)),
            DoorService(
                address: "\(api)",
                listener: Listener.open(
                    door, .apiKey, on: .tcp(host: api.host, port: api.port), logger: logger, whenOpen: whenOpen)),
            DoorService(
                address: socket.path,
                listener: Listener.open(
                    door, .owner(uid: getuid()), on: .unixSocket(path: socket.path), logger: logger, whenOpen: whenOpen)
            ),
        ]
        try await ServiceGroup(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
        await assembly.shutdown()
    }

    /// One line for people, one line of JSON for programs.
    private func announce(_ socket: SocketPath) {
        Terminal.say("tenantry: serving consent pages on \(pages), the API on \(api) and \(socket.path)")
        let addresses: JSONValue = .object([
            "public": .string(publicURL), "pages": .string("http://\(pages)"), "api": .string("http://\(api)"),
            "socket": .string(socket.path),
        ])
        do { Terminal.print(try addresses.lineText()) } catch { Terminal.say("tenantry: \(error)") }
    }
}

/// A door as a service; says which address could not be opened, and why.
private struct DoorService<Door: Service>: Service {
    let address: String
    let listener: Door

    func run() async throws {
        do {
            try await listener.run()
        } catch let error as IOError {
            throw AddressError(address: address, errno: error.errnoCode)
        }
    }
}

/// Ends the service when the disk has failed to keep a promise: after a failed flush only a new start can tell what is
/// there.
private struct StoreWatch: Service {
    let store: Store

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if let failure = store.failure { throw failure }
                do { try await Task.sleep(for: .seconds(1)) } catch { return }
            }
        }
    }
}

/// Does something when the last of several things has happened.
private final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let last: @Sendable () -> Void

    init(from count: Int, last: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.last = last
    }

    func step() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { last() }
    }
}
