import Glibc

/// A port on loopback that accepts connections and answers nothing: a place nobody should come to.
final class BackgroundListener: Sendable {
    struct Failed: Error {}

    let port: UInt16
    private let descriptor: Int32

    private init(port: UInt16, descriptor: Int32) {
        self.port = port
        self.descriptor = descriptor
    }

    static func open() throws -> BackgroundListener {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && listen(descriptor, 8) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isOpen else { throw Failed() }
        return BackgroundListener(port: UInt16(bigEndian: address.sin_port), descriptor: descriptor)
    }

    deinit { close(descriptor) }

    /// Whether anybody has connected.
    func wasReached() -> Bool {
        let visitor = accept(descriptor, nil, nil)
        if visitor >= 0 { close(visitor) }
        return visitor >= 0
    }
}
