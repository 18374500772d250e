import CCurl
import Glibc

/// An HTTP client over libcurl: one thread, one pool of connections, any number of concurrent requests.
///
/// Connections are kept and used again. TLS is 1.2 or later and always verified, chain and name: there is no switch.
/// Redirects are reported and not followed; cookies, netrc, HSTS, alt-svc, decompression and the proxies of the
/// environment are not used. A request whose kept connection turns out to be closed before any byte of an answer came
/// is sent once more on a new one; nothing else is ever repeated.
package final class CurlClient: Sendable {
    /// What holds for all of a client's requests.
    package struct Configuration: Sendable {
        /// Path of a PEM file whose certificates are trusted *in addition to* the system's. Read once, by the
        /// initializer.
        package var extraCAFile: String?
        /// URL of an HTTP proxy (`http` or `https`), which may hold its credentials. Nil means none. Loopback hosts
        /// and Unix sockets are always reached directly: a proxy's loopback is another machine.
        package var proxy: String?
        /// For resolving, connecting and the TLS handshake together.
        package var connectTimeout: Duration
        /// Requests beyond it wait their turn, while their own deadline runs.
        package var maxConnectionsPerHost: Int
        /// Kept open for later requests, over all hosts.
        package var maxIdleConnections: Int
        /// The `User-Agent` header: printable ASCII.
        package var userAgent: String
        /// For URLs that others have chosen: no socket is opened but to an address of the public Internet, whatever a
        /// name resolves to and whenever. A proxy is exempt, for whoever configures one trusts it, and resolves names by
        /// itself; a URL that holds an address that is not public is refused all the same.
        package var reachesPublicAddressesOnly: Bool

        /// Checks nothing; the client's initializer does.
        package init(
            extraCAFile: String? = nil,
            proxy: String? = nil,
            connectTimeout: Duration = .seconds(3),
            maxConnectionsPerHost: Int = 32,
            maxIdleConnections: Int = 64,
            userAgent: String = "tenantry",
            reachesPublicAddressesOnly: Bool = false
        ) {
            self.extraCAFile = extraCAFile
            self.proxy = proxy
            self.connectTimeout = connectTimeout
            self.maxConnectionsPerHost = maxConnectionsPerHost
            self.maxIdleConnections = maxIdleConnections
            self.userAgent = userAgent
            self.reachesPublicAddressesOnly = reachesPublicAddressesOnly
        }
    }

    private let mailbox: TransferMailbox
    private let reachesPublicAddressesOnly: Bool

    /// Starts the client's thread.
    ///
    /// Makes the process ignore SIGPIPE unless it already has a handler of its own: libcurl no longer masks that signal
    /// once it is told not to touch signals at all, and a server that hangs up would end the process.
    ///
    /// - Throws: `.refused` when the CA file is missing, unreadable or holds no certificate, or another setting is not
    ///   usable; `.transferFailed` when the system gives no thread or memory.
    package init(_ configuration: Configuration) throws(CurlError) {
        let policy = try ConnectionPolicy(configuration)
        reachesPublicAddressesOnly = policy.reachesPublicAddressesOnly
        // Counted and thread-safe in this libcurl. Never undone: others in the process may use libcurl too.
        let code = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard code == CURLE_OK else { throw CurlError(code) }
        Self.ignoreBrokenPipes()
        mailbox = try TransferLoop.start(policy)
    }

    deinit {
        // Calls of `send` keep the client alive, so no transfer is pending here. The thread ends by itself.
        mailbox.stop()
    }

    /// Sends the request and gives the complete response, whatever its status.
    ///
    /// Cancelling the task ends the transfer: its connection (HTTP/1.1) or stream (HTTP/2) is closed and `.cancelled`
    /// thrown. Nothing is sent for a task that is cancelled already.
    ///
    /// - Throws: `.refused` before a socket is opened; else why no complete response came.
    package func send(_ request: CurlRequest) async throws(CurlError) -> CurlResponse {
        let ticket = TransferTicket(try AdmittedRequest(request))
        if reachesPublicAddressesOnly, PublicAddress.isPublic(ticket.request.target.host) == false {
            throw .addressNotPublic(host: ticket.request.target.host)
        }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { reply in mailbox.submit(ticket, reply: reply) }
        } onCancel: {
            mailbox.cancel(ticket)
        }
        return try outcome.get()
    }

    /// Ends the thread and closes every connection. Pending transfers and later calls of `send` fail with `.shutDown`.
    /// Returns when the thread has let go of everything; further calls do nothing and wait for the same.
    package func shutdown() async {
        mailbox.stop()
        await mailbox.end()
    }

    private static func ignoreBrokenPipes() {
        var present = sigaction()
        guard sigaction(SIGPIPE, nil, &present) == 0 else { return }
        // Comparing addresses, because Swift cannot compare C functions. SIG_DFL is the null pointer.
        let isDefault = unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == 0
        if isDefault { signal(SIGPIPE, SIG_IGN) }
    }
}

extension CurlClient.Configuration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says whether there is a proxy and not which: its URL may hold a password.
    package var description: String {
        "extra CA file: \(extraCAFile ?? "none"), proxy: \(proxy == nil ? "none" : "set")"
    }

    /// The same as `description`.
    package var debugDescription: String { description }

    /// Without children, so that `dump` shows no more than `description`.
    package var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
