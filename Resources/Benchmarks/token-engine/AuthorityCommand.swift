import ArgumentParser
import Foundation
import NIOCore
import NIOPosix
import NIOSSL

/// A token endpoint that checks nothing and costs little, over TLS, on one thread of a process of its own.
struct AuthorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "authority", discussion: "Prints its port, and ends with its standard input.")

    @Option(help: "A PEM file.") var certificate: String
    @Option(help: "A PEM file.") var key: String

    private struct Ready: Encodable {
        let port: Int
    }

    func run() async throws {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
        configuration.applicationProtocols = ["http/1.1"]
        let context = try NIOSSLContext(configuration: configuration)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup(numberOfThreads: 1))
            .serverChannelOption(.backlog, value: 256)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), AuthorityHandler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        try Blocks.say(Ready(port: server.localAddress?.port ?? 0))
        while readLine() != nil {}
        try await server.close()
    }
}

/// Answers HTTP/1.1 requests with a length, one after the other.
private final class AuthorityHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var pending = ByteBuffer()
    private var serial = UInt64.random(in: .min ... .max)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        pending.writeImmutableBuffer(unwrapInboundIn(data))
        while let request = nextRequest() {
            let body = reply(to: request)
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n"
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: head + body)), promise: nil)
        }
        pending.discardReadBytes()
    }

    private struct Request {
        let tenant: Substring
        let isForToken: Bool
        let host: String
        let form: [Substring: String]
    }

    private func nextRequest() -> Request? {
        let view = pending.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: view[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        func header(_ name: String) -> String? {
            lines.first { $0.lowercased().hasPrefix(name + ":") }?.drop { $0 != ":" }.dropFirst()
                .trimmingCharacters(in: .whitespaces)
        }
        let length = header("content-length").flatMap { Int($0) } ?? 0
        guard view.endIndex - end.upperBound >= length else { return nil }
        let body = String(decoding: view[end.upperBound..<end.upperBound + length], as: UTF8.self)
        pending.moveReaderIndex(to: end.upperBound + length)
        let words = lines[0].split(separator: " ")
        let fields = body.split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        return Request(
            tenant: words[1].split(separator: "/").first ?? "", isForToken: words[0] == "POST",
            host: header("host") ?? "",
            form: fields.reduce(into: [:]) { $0[$1[0]] = ($1.count > 1 ? $1[1] : "").removingPercentEncoding })
    }

    private func reply(to request: Request) -> String {
        guard request.isForToken else {
            let base = "https://\(request.host)/\(request.tenant)"
            return """
                {"issuer":"\(base)/v2.0","token_endpoint":"\(base)/oauth2/v2.0/token",\
                "authorization_endpoint":"\(base)/oauth2/v2.0/authorize","tenant_region_scope":"EU"}
                """
        }
        serial &+= 1
        let scope = request.form["scope", default: ""]
        let token = SampleToken.text(
            tenant: String(request.tenant), clientID: request.form["client_id", default: ""],
            audience: scope.hasSuffix("/.default") ? String(scope.dropLast(9)) : scope, issued: Date(),
            lifetime: 3_599, serial: serial)
        return #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"\#(token)"}"#
    }
}
