import FoundationEssentials
import Glibc
import Hummingbird
import HummingbirdTLS
import Logging
import NIOCore

/// A stand-in for Microsoft Entra ID and Microsoft Graph. Keeps everything in memory and makes new keys each start.
package struct Emulator: Sendable {
    private let configuration: EmulatorConfiguration
    private let service: EmulatedService
    private let certificates: SelfMadeCertificates

    /// Makes keys and directory; listens nowhere yet.
    ///
    /// - Throws: `EmulatorStartError` when the scenario contradicts itself or the control plane is not on loopback.
    package init(_ configuration: EmulatorConfiguration) throws(EmulatorStartError) {
        guard configuration.control.isLoopback else {
            throw EmulatorStartError(
                "The control plane must listen on a loopback address, not on \(configuration.control).")
        }
        self.configuration = configuration
        do {
            let clock = EmulatorClock(base: configuration.clock)
            let directory = try Directory(configuration.scenario, at: clock.now, randomness: .system)
            service = EmulatedService(
                directory: directory, latency: configuration.scenario.latency, chaos: Chaos(configuration.chaos),
                keys: try configuration.keys ?? SigningKeys(now: clock.now), clock: clock, randomness: .system,
                logger: configuration.logger)
            certificates = try SelfMadeCertificates(now: WallClock.system.now())
        } catch let conflict as Directory.Conflict {
            throw EmulatorStartError("The scenario contradicts itself: \(conflict).")
        } catch {
            throw EmulatorStartError("The emulator could not make its keys: \(error).")
        }
    }

    /// Listens until `body` ends, which is called once all three listeners answer. Then every connection is closed.
    ///
    /// - Throws: `EmulatorStartError` when an address cannot be bound or the CA file not be written; else what `body`
    ///   throws.
    package func run<Value: Sendable>(
        _ body: @Sendable (EmulatorAddresses) async throws -> Value
    ) async throws -> Value {
        if let file = configuration.caFile { try Self.write(certificates.caPEM, to: file) }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            let (ports, bound) = AsyncThrowingStream<BoundPort, any Error>.makeStream()
            for listener in Listener.allCases {
                group.addTask { try await serve(listener, bound: bound) }
            }
            let addresses = try await addresses(ports)
            service.start(at: addresses)
            let value: Value
            do {
                value = try await body(addresses)
            } catch {
                group.cancelAll()
                throw error
            }
            group.cancelAll()
            return value
        }
    }

    private enum Listener: CaseIterable {
        case login
        case graph
        case control
    }

    private struct BoundPort {
        let listener: Listener
        let port: Int
    }

    private func serve(_ listener: Listener, bound: AsyncThrowingStream<BoundPort, any Error>.Continuation) async throws
    {
        let address = self.address(of: listener)
        let service = service
        let handler: @Sendable (Incoming) -> Answer =
            switch listener {
            case .login: { LoginAuthority(service: service).respond($0) }
            case .graph: { GraphEndpoint(service: service).respond($0) }
            case .control: { ControlPlane(service: service).respond($0) }
            }
        var quiet = configuration.logger
        quiet.logLevel = .critical
        do {
            let application = Application(
                responder: ListenerResponder(
                    clock: service.clock, chaos: listener == .control ? nil : service.chaos, handler: handler),
                server: listener == .control
                    ? .http1(configuration: .init(idleTimeout: .seconds(60)))
                    : try .tls(
                        .http1(configuration: .init(idleTimeout: .seconds(60))),
                        tlsConfiguration: certificates.tlsConfiguration),
                configuration: ApplicationConfiguration(
                    address: .hostname(address.bindHost, port: address.port), serverName: nil),
                onServerRunning: { channel in
                    bound.yield(BoundPort(listener: listener, port: channel.localAddress?.port ?? address.port))
                }, logger: quiet)
            try await application.run()
        } catch {
            let failure = Self.bindError(error, address: address)
            bound.finish(throwing: failure)
            // Once all listen, nobody reads the stream any more; a listener that dies then must still be heard of.
            if service.addresses != nil, !(error is CancellationError) { configuration.logger.error("\(failure)") }
        }
    }

    private func address(of listener: Listener) -> ListenAddress {
        switch listener {
        case .login: configuration.login
        case .graph: configuration.graph
        case .control: configuration.control
        }
    }

    private func addresses(_ ports: AsyncThrowingStream<BoundPort, any Error>) async throws -> EmulatorAddresses {
        var found: [Listener: Int] = [:]
        for try await bound in ports {
            found[bound.listener] = bound.port
            if found.count == Listener.allCases.count { break }
        }
        guard let login = found[.login], let graph = found[.graph], let control = found[.control] else {
            throw CancellationError()
        }
        let caFile = configuration.caFile.map(Self.absolute)
        return EmulatorAddresses(
            login: "https://localhost:\(login)", graph: "https://localhost:\(graph)",
            control: "http://\(ListenAddress(host: configuration.control.bindHost, port: control))", caFile: caFile,
            caCertificate: certificates.caPEM, chaosSeed: service.chaos.seed)
    }

    private static func bindError(_ error: any Error, address: ListenAddress) -> any Error {
        if error is CancellationError { return error }
        guard let io = error as? IOError else {
            return EmulatorStartError("Listening on \(address) failed: \(error).")
        }
        let reason = io.errnoCode == EADDRINUSE ? "the port is in use by another program" : "\(io.localizedDescription)"
        return EmulatorStartError("Listening on \(address) failed: \(reason).")
    }

    /// Writes a whole file or none.
    package static func write(_ text: String, to path: String) throws(EmulatorStartError) {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw EmulatorStartError("The file \(path) cannot be written.")
        }
    }

    private static func absolute(_ path: String) -> String {
        URL(filePath: path).standardizedFileURL.path
    }
}
