import EntraEmulator
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// An HTTP/1.1 client of one request per connection, with real TLS that trusts the emulator's authority only.
struct WireClient: Sendable {
    let addresses: EmulatorAddresses
    private let trust: NIOSSLContext

    init(_ addresses: EmulatorAddresses) throws {
        self.addresses = addresses
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(addresses.caCertificate.utf8)))
        trust = try NIOSSLContext(configuration: configuration)
    }

    /// Sends one request; `nil` when the connection ends without an answer.
    func send(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: Data = Data()
    ) async throws -> Reply? {
        let wire = try await exchange(method, url, headers: headers, body: body).get()
        return wire.isEmpty ? nil : try Reply(wire: wire)
    }

    func get(_ url: String, headers: [(String, String)] = []) async throws -> Reply {
        try await required(send("GET", url, headers: headers))
    }

    func post(_ url: String, form: [(String, String)], headers: [(String, String)] = []) async throws -> Reply {
        let allowed = CharacterSet.alphanumerics
        let body = form.map { "\($0.0)=\($0.1.addingPercentEncoding(withAllowedCharacters: allowed) ?? "")" }
        return try await required(
            send(
                "POST", url, headers: [("Content-Type", "application/x-www-form-urlencoded")] + headers,
                body: Data(body.joined(separator: "&").utf8)))
    }

    /// Speaks to the control plane.
    func control(_ method: String, _ path: String, _ body: [String: Any]? = nil) async throws -> Reply {
        let data = try body.map { try JSONSerialization.data(withJSONObject: $0) } ?? Data()
        return try await required(send(method, "\(addresses.control)/control\(path)", body: data))
    }

    struct NoAnswer: Error {}

    private func required(_ reply: Reply?) throws -> Reply {
        guard let reply else { throw NoAnswer() }
        return reply
    }

    /// Opens a connection, writes the request, and collects what comes until the other side closes.
    func exchange(
        _ method: String, _ url: String, headers: [(String, String)] = [], body: Data = Data(), keepAlive: Bool = false
    ) async throws -> EventLoopFuture<Data> {
        guard let parts = URL(string: url), let port = parts.port else { throw NoAnswer() }
        let slash = url.dropFirst(8).firstIndex(of: "/") ?? url.endIndex
        let target = slash == url.endIndex ? "/" : String(url[slash...])
        let collected = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Data.self)
        let isSecure = parts.scheme == "https"
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if isSecure {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: trust, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(Collector(collected))
                }
            }.connect(host: "127.0.0.1", port: port).get()
        var head = "\(method) \(target) HTTP/1.1\r\n"
        if !headers.contains(where: { $0.0 == "Host" }) { head += "Host: localhost:\(port)\r\n" }
        if !keepAlive { head += "Connection: close\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        head += "Content-Length: \(body.count)\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(bytes: Data(head.utf8) + body))
        return collected.futureResult
    }
}

/// Gathers bytes until the connection ends.
private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var bytes = Data()
    private let promise: EventLoopPromise<Data>

    init(_ promise: EventLoopPromise<Data>) {
        self.promise = promise
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.append(contentsOf: unwrapInboundIn(data).readableBytesView)
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.succeed(bytes)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An end without TLS's farewell is still an end; what was read decides.
        context.close(promise: nil)
    }
}
