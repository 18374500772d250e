import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// An authority over TLS whose answers the test writes, byte by byte if need be.
final class HostileAuthority: Sendable {
    /// A request as it came in, complete.
    struct Request: Sendable {
        /// Request line and headers.
        let head: String
        let body: String

        /// Whether it is for that tenant's endpoint.
        func concerns(_ number: Int) -> Bool { head.hasPrefix("POST /\(tenantID(number))/oauth2/v2.0/token ") }
    }

    /// The files of a certificate for `localhost` that is its own authority, made once for all tests.
    static let own = Task { try await Certificate.make(for: "DNS:localhost") }

    struct Certificate: Sendable {
        let folder: String
        let context: NIOSSLContext

        /// PEM, for clients to trust.
        var file: String { "\(folder)/server.pem" }

        static func make(for name: String) async throws -> Certificate {
            let folder = FileManager.default.temporaryDirectory.appending(path: "tenantry-tls-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try await OpenSSLCommand(directory: folder)(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -addext "
                    + "subjectAltName=\(name) -keyout server.key -out server.pem")
            let chain = try NIOSSLCertificate.fromPEMFile("\(folder.path)/server.pem")
            let key = try NIOSSLPrivateKey(file: "\(folder.path)/server.key", format: .pem)
            return Certificate(
                folder: folder.path,
                context: try NIOSSLContext(
                    configuration: .makeServerConfiguration(
                        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))))
        }
    }

    private struct Log {
        var requests: [Request] = []
        var connections: [any Channel] = []
    }

    let port: Int
    private let listener: any Channel
    private let log: LogBox

    /// - Parameters:
    ///   - certificate: `nil` for a server that accepts connections and never says a word.
    ///   - answer: called on the connection's event loop for each request, with its number, counted from 1.
    init(
        certificate: Certificate?, _ answer: @escaping @Sendable (Request, Int, HostileConnection) -> Void
    ) async throws {
        let log = LogBox()
        self.log = log
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                log.value.withLock { $0.connections.append(channel) }
                return channel.eventLoop.makeCompletedFuture {
                    guard let certificate else { return }
                    try channel.pipeline.syncOperations.addHandlers([
                        ResetHandler(), NIOSSLServerHandler(context: certificate.context),
                        RequestHandler { request in
                            let number = log.value.withLock { log in
                                log.requests.append(request)
                                return log.requests.count
                            }
                            answer(request, number, HostileConnection(channel: channel))
                        },
                    ])
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        port = listener.localAddress?.port ?? 0
    }

    deinit {
        listener.close(promise: nil)
    }

    var requests: [Request] { log.value.withLock(\.requests) }

    var connectionCount: Int { log.value.withLock(\.connections.count) }

    /// Stops listening, so that connections are refused.
    func close() async throws { try await listener.close() }

    /// Returns when every connection has ended.
    func allEnded() async throws {
        for channel in log.value.withLock(\.connections) { try await channel.closeFuture.get() }
    }

    private final class LogBox: Sendable {
        let value = Mutex(Log())
    }
}

/// One connection, as the server sees it. Its calls return at once.
struct HostileConnection: Sendable {
    let channel: any Channel

    func write(_ bytes: some Sequence<UInt8> & Sendable) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func write(_ text: String) { write(Array(text.utf8)) }

    func reply(
        _ body: String, status: String = "200 OK", type: String = "application/json; charset=utf-8",
        headers: String = ""
    ) {
        write(
            "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
        )
    }

    func hangUp() { channel.close(promise: nil) }

    /// Ends the connection by a TCP reset, without a word of TLS.
    func reset() { channel.triggerUserOutboundEvent(ResetHandler.Event(), promise: nil) }

    /// Writes the text again and again until the client hangs up, each time when the last one has left.
    func flood(_ text: String, pause: TimeAmount = .zero) {
        let (channel, buffer) = (channel, ByteBuffer(string: text))
        channel.writeAndFlush(buffer).whenSuccess {
            channel.eventLoop.scheduleTask(in: pause) { flood(text, pause: pause) }
        }
    }
}

/// Stands before TLS, where a connection can be ended without it.
private final class ResetHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    struct Event: Sendable {}

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?
    ) {
        guard event is Event, let socket = context.channel as? any SocketOptionProvider else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)).whenComplete { _ in bound.value.close(promise: promise) }
    }
}

/// Collects requests.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var bytes: [UInt8] = []
    private let take: @Sendable (HostileAuthority.Request) -> Void

    init(_ take: @escaping @Sendable (HostileAuthority.Request) -> Void) {
        self.take = take
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes += unwrapInboundIn(data).readableBytesView
        while let end = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound {
            let head = String(decoding: bytes[..<end], as: UTF8.self)
            let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
            guard bytes.count >= end + (length ?? 0) else { return }
            let body = String(decoding: bytes[end..<end + (length ?? 0)], as: UTF8.self)
            bytes.removeFirst(end + (length ?? 0))
            take(HostileAuthority.Request(head: head, body: body))
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The client has gone, as clients of this server do.
        context.close(promise: nil)
    }
}
