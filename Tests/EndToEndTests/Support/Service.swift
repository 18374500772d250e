import Glibc

/// A running `tenantry serve`.
struct Service: Sendable {
    let process: BackgroundProcess
    /// Base of the consent pages.
    let pages: String
    /// Base of the operators' API over TCP.
    let api: String
    let socket: String

    /// Ends it as a power cut would.
    func killNow() async throws {
        process.signal(SIGKILL)
        _ = try await process.wait()
    }

    /// Ends it as a supervisor does.
    ///
    /// - Returns: its exit code.
    func stop() async throws -> Int32 {
        process.signal(SIGTERM)
        return try await process.wait()
    }

    /// A browser that was sent to this callback or link. Whatever host and port the address names, this service
    /// answers: the registered redirect URI says `http://localhost/…`, and only a proxy knows what stands behind it.
    ///
    /// - Parameter options: further words for `curl`.
    func visit(_ url: String, method: String = "GET", options: [String] = []) async throws -> HTTPReply {
        let address = url.split(separator: "#", maxSplits: 1)[0]
        // "http:", the host, the rest.
        let path = address.split(separator: "/", maxSplits: 2)[2]
        return try await HTTPReply.of(method, "\(pages)/\(path)", options: options)
    }

    /// As ``visit(_:method:)``, following where the callback leads.
    func follow(_ url: String) async throws -> HTTPReply {
        let reply = try await visit(url)
        guard let location = reply.headers["location"] else { return reply }
        return try await visit(pages + location)
    }

    /// Asks the REST API through the socket in the data directory.
    func ask(_ method: String = "GET", _ path: String, _ body: JSON? = nil) async throws -> HTTPReply {
        try await HTTPReply.of(method, "http://localhost/v1" + path, body: body, options: ["--unix-socket", socket])
    }
}
