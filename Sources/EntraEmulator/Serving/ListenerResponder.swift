import HTTPTypes
import Hummingbird
import NIOCore

/// Turns one HTTP request into an ``Incoming``, and an ``Answer`` into what goes over the wire.
struct ListenerResponder: HTTPResponder {
    typealias Context = ConnectionContext

    /// The most a request body may hold.
    static let bodyLimit = 64 * 1024

    let clock: EmulatorClock
    /// `nil` where replies never vary.
    let chaos: Chaos?
    let handler: @Sendable (Incoming) -> Answer

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        let body: ByteBuffer
        do {
            body = try await request.body.collect(upTo: Self.bodyLimit)
        } catch is NIOTooManyBytesError {
            let answer = Answer.text(413, "The body is too large.", headers: [("Connection", "close")])
            return response(answer, isHead: false)
        }
        let incoming = Incoming(
            method: request.method.rawValue, target: request.head.path ?? "/", host: request.head.authority ?? "",
            headers: request.headers.map { ($0.name.canonicalName, $0.value) },
            body: Array(body.readableBytesView))
        let variation = chaos?.replyVariation()
        if let variation { try await Task.sleep(for: .milliseconds(variation.latencyMilliseconds)) }
        let right = handler(incoming)
        let answer = variation?.varied(right) ?? right
        switch answer.delivery {
        case .complete:
            // Heard by Hummingbird's own handler, which ends the connection after the response that is under way.
            if answer.isLast { context.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            return response(answer, isHead: request.method == .head)
        case .close:
            try await context.channel.close()
        case .hang:
            try await withTaskCancellationHandler {
                try await context.channel.closeFuture.get()
            } onCancel: {
                context.channel.close(promise: nil)
            }
        }
        // Never sent: the connection is gone.
        return Response(status: .serviceUnavailable)
    }

    private func response(_ answer: Answer, isHead: Bool) -> Response {
        var fields = HTTPFields()
        for (name, value) in answer.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        fields[.date] = Timestamps.http(clock.now)
        fields[.server] = "entra-emulator"
        // A 204 has no body, and so no length of one (RFC 9110, 8.6).
        if answer.status != 204 { fields[.contentLength] = String(answer.body.count) }
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: fields,
            body: isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
