import Glibc
import Synchronization

/// A small HTTP/1.1 server: one thread per connection, and a handler that writes raw bytes.
final class LoopbackServer: Sendable {
    struct Request {
        /// Request line and headers.
        let head: String
        let body: [UInt8]
    }

    /// One accepted connection. Its calls block: they are for the connection's own thread.
    struct Connection: Sendable {
        let descriptor: CInt
        let number: Int

        /// False when the client has hung up.
        @discardableResult
        func write(_ text: String) -> Bool {
            let bytes = Array(text.utf8)
            return send(descriptor, bytes, bytes.count, CInt(MSG_NOSIGNAL)) == bytes.count
        }

        func reply(_ body: String, status: String = "200 OK", headers: String = "") {
            write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
        }

        func hangUp() {
            Glibc.shutdown(descriptor, CInt(SHUT_RDWR))
        }

        /// True when the client hangs up within that time; -1 waits for ever.
        @discardableResult
        func waitForEnd(milliseconds: CInt = -1) -> Bool {
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&entry, 1, milliseconds) > 0 else { return false }
            var byte: UInt8 = 0
            return recv(descriptor, &byte, 1, 0) <= 0
        }
    }

    let port: UInt16
    private let listener: CInt
    private let accepted = Atomic<Int>(0)

    /// Connections accepted so far.
    var acceptedCount: Int { accepted.load(ordering: .sequentiallyConsistent) }
    var url: String { "http://127.0.0.1:\(port)/" }

    init(
        unixSocket: String? = nil, handler: @escaping @Sendable (Request, Connection) -> Void
    ) throws {
        let socket = try unixSocket.map { try ListeningSocket(path: $0) } ?? ListeningSocket()
        port = socket.port
        listener = socket.descriptor
        PlainThread.start { [listener, weak self] in
            while true {
                let descriptor = accept(listener, nil, nil)
                guard descriptor >= 0, let number = self?.count() else {
                    close(listener)
                    return
                }
                let connection = Connection(descriptor: descriptor, number: number)
                PlainThread.start {
                    while let request = Self.readRequest(connection) { handler(request, connection) }
                    close(descriptor)
                }
            }
        }
    }

    deinit {
        // Wakes the accepting thread, which then closes the socket.
        Glibc.shutdown(listener, CInt(SHUT_RDWR))
    }

    private func count() -> Int {
        accepted.add(1, ordering: .sequentiallyConsistent).newValue
    }

    private static func readRequest(_ connection: Connection) -> Request? {
        var head: [UInt8] = []
        var byte: UInt8 = 0
        while !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
            guard recv(connection.descriptor, &byte, 1, 0) == 1 else { return nil }
            head.append(byte)
        }
        let text = String(decoding: head, as: UTF8.self)
        let length = text.lowercased().split(separator: "\r\n")
            .first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).drop { $0 == " " }) }
        var body = [UInt8](repeating: 0, count: length ?? 0)
        guard body.isEmpty || recv(connection.descriptor, &body, body.count, CInt(MSG_WAITALL)) == body.count
        else { return nil }
        return Request(head: text, body: body)
    }
}
