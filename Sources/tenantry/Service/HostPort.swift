import ArgumentParser
import Glibc
import Tenancy

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

    var isLoopback: Bool {
        let octets = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
        return host == "localhost" || host == "::1" || (isIPv4 && octets[0] == "127")
    }

    /// Makes sure that the address can be opened, before anything is started, and keeps it from others until it is.
    func reserved() throws(AddressError) -> ReservedAddress {
        var hints = addrinfo()
        hints.ai_flags = AI_PASSIVE
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw AddressError(address: "\(self)", reason: "the host has no address")
        }
        defer { freeaddrinfo(found) }
        let descriptor = socket(found.pointee.ai_family, found.pointee.ai_socktype, 0)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0 else {
            defer { close(descriptor) }
            throw AddressError(address: "\(self)", errno: errno)
        }
        return ReservedAddress(
            HostPort(host: host, port: port == 0 ? Self.port(of: descriptor) : port), descriptor: descriptor)
    }

    /// The port number lies at the same place for IPv4 and IPv6.
    private static func port(of descriptor: Int32) -> Int {
        var address = sockaddr_in6()
        var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
        }
        return Int(UInt16(bigEndian: address.sin6_port))
    }
}

/// An address that this process holds without listening there. A listener with SO_REUSEADDR, which every door sets, can
/// open it; the system gives its port to nobody else.
final class ReservedAddress: Sendable {
    /// With port 0 replaced by the one that was given, so that links can name it before the door opens.
    let address: HostPort
    private let descriptor: Int32

    fileprivate init(_ address: HostPort, descriptor: Int32) {
        self.address = address
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

/// A door's address cannot be opened.
struct AddressError: ExplainedError {
    let address: String
    let reason: String

    init(address: String, reason: String) {
        self.address = address
        self.reason = reason
    }

    init(address: String, errno: Int32) {
        self.init(
            address: address,
            reason: errno == EADDRINUSE ? "another program uses it" : String(cString: strerror(errno)))
    }

    var problem: Problem {
        Problem(
            .unavailable, code: "address_unavailable", detail: "The address \(address) cannot be opened: \(reason).",
            nextStep: "Stop the program that uses it, or choose another address.")
    }
}
