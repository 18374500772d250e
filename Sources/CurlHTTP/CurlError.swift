/// Why a request brought no response, or why a client could not be made.
///
/// Every text in here names at most a host: never a path, a query, a header or a body, so it may be logged.
package enum CurlError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The request, or the client's configuration, is not acceptable. Nothing was sent and no socket was opened.
    case refused(reason: String)
    /// The host's name (or the proxy's) has no address.
    case cannotResolve(host: String)
    /// The host, or the Unix socket, accepts no connection.
    case cannotConnect
    /// The host has no address of the public Internet, and this client reaches no other. Nothing was sent.
    case addressNotPublic(host: String)
    /// No trustworthy TLS connection could be made. `reason` is a sentence that names the host.
    case tlsFailed(reason: String)
    /// Resolving, connecting and the TLS handshake took longer than ``CurlClient/Configuration/connectTimeout``.
    case connectTimedOut
    /// The whole exchange took longer than ``CurlRequest/timeout``.
    case timedOut
    /// The body passed ``CurlRequest/maxResponseBytes``, or the headers 64 KiB. `limit` is in bytes.
    case responseTooLarge(limit: Int)
    /// The calling task was cancelled; the transfer has ended.
    case cancelled
    /// The client was shut down before the response was complete.
    case shutDown
    /// Anything else. `code` is libcurl's CURLcode, `reason` libcurl's fixed text for it.
    case transferFailed(code: Int, reason: String)

    /// One sentence for people.
    package var description: String {
        switch self {
        case .refused(let reason), .tlsFailed(let reason): reason
        case .cannotResolve(let host): "The name \(host) cannot be resolved to an address."
        case .addressNotPublic(let host): "\(host) is not an address of the public Internet, so it was not called."
        case .cannotConnect: "The server accepts no connection."
        case .connectTimedOut: "No connection to the server came about in time."
        case .timedOut: "The server did not answer in time."
        case .responseTooLarge(let limit): "The server's answer is larger than the \(limit) bytes allowed."
        case .cancelled: "The request was cancelled."
        case .shutDown: "The HTTP client has been shut down."
        case .transferFailed(let code, let reason): "The transfer failed: \(reason) (libcurl code \(code))."
        }
    }
}
