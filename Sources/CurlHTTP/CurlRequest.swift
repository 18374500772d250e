/// One HTTP request.
///
/// Headers, body, path and query may hold secrets, so no way of printing a request shows more than its method and host.
package struct CurlRequest: Sendable {
    /// A request method (RFC 9110, section 9; PATCH: RFC 5789).
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
        case head = "HEAD"
    }

    /// The protocol to speak.
    package enum HTTPVersion: Sendable {
        /// HTTP/1.1 only.
        // swift-format-ignore: AlwaysUseLowerCamelCase, because "http11" reads as eleven.
        case http1_1
        /// HTTP/2 where the server offers it during the TLS handshake (ALPN), else HTTP/1.1.
        case http2
    }

    package var method: Method
    /// An absolute `https` URL. `http` is accepted only to 127.0.0.0/8, `::1` and `localhost`, or with `unixSocket`.
    /// User names, white space and characters outside ASCII are refused.
    package var url: String
    /// Sent as given, in order. Names must be HTTP tokens, values free of control characters. The headers that frame a
    /// message (`Content-Length`, `Transfer-Encoding`, `Connection`, `Upgrade`, `Expect`) belong to the client.
    package var headers: [(name: String, value: String)]
    /// Refused with GET and HEAD, which give a body no meaning (RFC 9110, sections 9.3.1 and 9.3.2).
    package var body: [UInt8]?
    /// From the call of ``CurlClient/send(_:)`` to the last byte, waiting for a free connection included. At least
    /// above zero; kept to within about 25 ms.
    package var timeout: Duration
    /// The largest body accepted. A `Content-Length` that announces more fails at once.
    package var maxResponseBytes: Int
    /// Path of a Unix socket to connect to in place of the URL's host. At most 107 bytes.
    package var unixSocket: String?
    package var httpVersion: HTTPVersion
    /// Takes the body of a 2xx response piece by piece as it comes, in the place of ``CurlResponse/body``, which stays
    /// empty; `maxResponseBytes` then bounds other responses only. Called on the client's thread: it must not block.
    package var onBody: (@Sendable ([UInt8]) -> Void)?
    /// Ends the exchange with `.timedOut` when nothing comes for that long, in whole seconds.
    package var quietLimit: Duration?

    /// Checks nothing; ``CurlClient/send(_:)`` does.
    package init(
        method: Method = .get,
        url: String,
        headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil,
        timeout: Duration = .seconds(10),
        maxResponseBytes: Int = 256 * 1024,
        unixSocket: String? = nil,
        httpVersion: HTTPVersion = .http1_1,
        onBody: (@Sendable ([UInt8]) -> Void)? = nil,
        quietLimit: Duration? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.maxResponseBytes = maxResponseBytes
        self.unixSocket = unixSocket
        self.httpVersion = httpVersion
        self.onBody = onBody
        self.quietLimit = quietLimit
    }
}

extension CurlRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The method and the host, as in `POST login.example.com`.
    package var description: String {
        let host = (try? RequestTarget(url))?.host ?? "(no valid host)"
        return "\(method.rawValue) \(host)"
    }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Without children, so that `dump` and a test's failure message show no more than `description`.
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
