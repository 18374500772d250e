import ArgumentParser
import Glibc

/// `host:port` as flags and settings write it; `[::1]:8080` for IPv6.
struct HostPort: ExpressibleByArgument, Sendable, CustomStringConvertible {
    let host: String
    let port: Int

    static let defaultPages = HostPort(host: "127.0.0.1", port: 8_080)
    static let defaultAPI = HostPort(host: "127.0.0.1", port: 8_081)

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port), colon != argument.startIndex
        else { return nil }
        let host = argument[..<colon]
        self.init(host: String(host.hasPrefix("[") ? host.dropFirst().dropLast() : host), port: port)
    }

    /// The address in a setting; `nil` when the setting is absent.
    init?(setting name: String, _ text: String?) throws(UsageError) {
        guard let text else { return nil }
        guard let address = HostPort(argument: text) else {
            throw UsageError("The setting \(name) = '\(text)' is no address.", "Write it as host:port.")
        }
        self = address
    }

    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }

    /// Port 0 becomes one that is free at this moment, so that links can name it before the door opens.
    func withPort() throws(UsageError) -> HostPort {
        guard port == 0 else { return self }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let found = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard found else { throw UsageError("The system gives no free port.", "Name one.") }
        return HostPort(host: host, port: Int(UInt16(bigEndian: address.sin_port)))
    }
}
