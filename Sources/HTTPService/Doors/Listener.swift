package import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore

/// Opens doors on addresses, with the limits that every door has.
package enum Listener {
    /// Where a door opens.
    package enum Address: Sendable, Equatable {
        /// Port 0 lets the system choose.
        case tcp(host: String, port: Int)
        case unixSocket(path: String)

        fileprivate var bindAddress: BindAddress {
            switch self {
            case .tcp(let host, let port): .hostname(host, port: port)
            case .unixSocket(let path): .unixDomainSocket(path: path)
            }
        }
    }

    /// Hummingbird's own defaults are no idle limit and 80 KiB of headers. A connection that sends nothing for this
    /// long, in the middle of a request or between two, is closed.
    private static let server = HTTPServerBuilder.http1(
        configuration: .init(
            idleTimeout: .seconds(60),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 * 1_024, maxHeaderListSize: 32 * 1_024, maxHeaderFieldCount: 100)))

    /// Each door has its own, so that a flood at one leaves file descriptors for the others, the store and the authority.
    private static let mostConnections = 512

    package static func open(
        _ door: PublicDoor, on address: Address, logger: Logger, whenOpen: @escaping @Sendable (Int?) async -> Void
    ) -> some ApplicationProtocol {
        application(door.router(), on: address, logger: logger, whenOpen: whenOpen)
    }

    /// - Parameter whenOpen: told the port, once connections are accepted.
    package static func open(
        _ door: OperatorDoor, _ admission: Admission, on address: Address, logger: Logger,
        whenOpen: @escaping @Sendable (Int?) async -> Void
    ) -> some ApplicationProtocol {
        application(door.router(admission), on: address, logger: logger, whenOpen: whenOpen)
    }

    private static func application(
        _ router: Router<some InitializableFromSource<ApplicationRequestContextSource> & RequestContext>,
        on address: Address, logger: Logger, whenOpen: @escaping @Sendable (Int?) async -> Void
    ) -> some ApplicationProtocol {
        Application(
            router: router, server: server,
            configuration: ApplicationConfiguration(
                address: address.bindAddress,
                availableConnectionsDelegate: MaximumAvailableConnections(mostConnections)),
            onServerRunning: { await whenOpen($0.localAddress?.port) }, logger: logger)
    }
}
