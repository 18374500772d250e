/// A host and a port to listen at. Port 0 means any that is free.
package struct ListenAddress: Sendable, CustomStringConvertible {
    package let host: String
    package let port: Int

    /// Reads `host:port`, such as `127.0.0.1:8443`, `localhost:0` or `[::1]:8443`; `nil` for anything else.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, !host.contains("/"), host.contains(":") == text.hasPrefix("[") else { return nil }
        self.host = host
        self.port = port
    }

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    package var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }

    /// Whether only this machine can reach it.
    var isLoopback: Bool {
        host.lowercased() == "localhost" || host == "::1"
            || (host.hasPrefix("127.") && host.split(separator: ".").count == 4)
    }

    /// `localhost` can resolve to either family; clients that try both find the older one.
    var bindHost: String { host == "localhost" ? "127.0.0.1" : host }
}
