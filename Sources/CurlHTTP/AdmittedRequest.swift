/// A request that has passed every check; only such a request reaches the transfer thread.
struct AdmittedRequest: Sendable {
    let method: CurlRequest.Method
    let target: RequestTarget
    /// In libcurl's spelling; see ``HeaderLine``.
    let headerLines: [String]
    let body: [UInt8]?
    let timeout: Duration
    let maxResponseBytes: Int
    let unixSocket: String?
    let httpVersion: CurlRequest.HTTPVersion
    let onBody: (@Sendable ([UInt8]) -> Void)?
    let quietSeconds: Int?

    init(_ request: CurlRequest) throws(CurlError) {
        target = try RequestTarget(request.url)
        guard target.isEncrypted || target.isLoopback || request.unixSocket != nil else {
            throw .refused(
                reason: "Plain http is allowed to this machine only, and \(target.host) is another; use https.")
        }
        if let body = request.body, request.method == .get || request.method == .head {
            throw .refused(reason: "A \(request.method.rawValue) request cannot carry a body (\(body.count) bytes).")
        }
        guard request.timeout > .zero else { throw .refused(reason: "A request's timeout must be above zero.") }
        guard request.maxResponseBytes >= 0 else { throw .refused(reason: "A size limit cannot be negative.") }
        if let path = request.unixSocket { try Self.checkSocketPath(path) }
        method = request.method
        headerLines = try HeaderLine.all(for: request)
        body = request.body
        // The bound keeps the sum with the current instant from overflowing.
        timeout = min(request.timeout, .seconds(24 * 3600))
        maxResponseBytes = request.maxResponseBytes
        unixSocket = request.unixSocket
        httpVersion = request.httpVersion
        onBody = request.onBody
        quietSeconds = request.quietLimit.map { max(1, Int($0.components.seconds)) }
    }

    /// sockaddr_un's `sun_path` has 108 bytes, the closing NUL included (unix(7)).
    private static func checkSocketPath(_ path: String) throws(CurlError) {
        guard (1...107).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw .refused(reason: "A Unix socket's path must have 1 to 107 bytes.")
        }
    }
}
