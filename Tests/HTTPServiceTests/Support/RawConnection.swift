import Foundation
import Glibc

/// A TCP connection that says exactly what a test wants and hears everything that comes back.
enum RawConnection {
    /// Sends the text to a port of this machine and reads until the other side closes, as it must.
    ///
    /// - Returns: what was heard, and whether the other side closed; it did not when it was silent for half a minute.
    ///
    /// Blocking calls, so they run on a thread of their own: the server under test needs those of Swift's pool.
    static func exchange(_ text: String, port: Int) async -> (heard: String, isClosed: Bool) {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: blockingExchange(Array(text.utf8), port)) }
        }
    }

    private static func blockingExchange(_ bytes: [UInt8], _ port: Int) -> (heard: String, isClosed: Bool) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return ("", true) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { break }
            sent += count
        }
        var heard: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else {
                let isClosed = count == 0 || errno == ECONNRESET
                return (String(decoding: heard, as: UTF8.self), isClosed)
            }
            heard += buffer[..<count]
        }
    }
}
