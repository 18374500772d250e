import Glibc

struct SystemFailure: Error {
    let call: String
    let code = errno
}

/// A socket bound to a free loopback port or to a path.
struct ListeningSocket {
    let descriptor: CInt
    /// 0 for a Unix socket.
    let port: UInt16

    /// - Parameter backlog: nil binds only, so that every connection is refused while nobody else can get the port.
    init(backlog: CInt? = 512) throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure(call: "socket") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        try Self.bind(descriptor, &address, length)
        if let backlog, listen(descriptor, backlog) != 0 { throw SystemFailure(call: "listen") }
        var actual = length
        let descriptor = descriptor
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &actual) }
        }
        port = UInt16(bigEndian: address.sin_port)
    }

    init(path: String) throws {
        descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure(call: "socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        try Self.bind(descriptor, &address, socklen_t(MemoryLayout<sockaddr_un>.size))
        guard listen(descriptor, 16) == 0 else { throw SystemFailure(call: "listen") }
        port = 0
    }

    private static func bind<Address>(_ socket: CInt, _ address: inout Address, _ length: socklen_t) throws {
        let code = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(socket, $0, length) }
        }
        guard code == 0 else { throw SystemFailure(call: "bind") }
    }
}
