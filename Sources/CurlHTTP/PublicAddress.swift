import CCurl
import Glibc

/// Which IP addresses belong to the public Internet. Everything else is ours, our neighbours', or nobody's, and whoever
/// makes us call a URL of his choice must not reach it.
///
/// Sources: the IANA special-purpose address registries (RFC 6890 and its successors), RFC 6052 and 8215 (NAT64),
/// RFC 3056 (6to4), RFC 4380 (Teredo). Of IPv6 only 2000::/3, which is all that was ever given out, is let through.
package enum PublicAddress {
    /// An address as text, without brackets; `nil` when it is none.
    package static func isPublic(_ text: String) -> Bool? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return isPublic(fourBytes: UInt32(bigEndian: four.s_addr)) }
        var six = in6_addr()
        // A zone, as in fe80::1%eth0, names an interface of this machine.
        guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &six) == 1 else { return nil }
        return withUnsafeBytes(of: &six) { isPublic(sixteenBytes: Array($0)) }
    }

    /// The address that a socket is about to be opened for. Other families, such as Unix sockets, are not public.
    static func isPublic(_ address: UnsafePointer<sockaddr>) -> Bool {
        let raw = UnsafeRawPointer(address)
        switch Int32(address.pointee.sa_family) {
        case AF_INET:
            return isPublic(fourBytes: UInt32(bigEndian: raw.loadUnaligned(as: sockaddr_in.self).sin_addr.s_addr))
        case AF_INET6:
            var six = raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return withUnsafeBytes(of: &six) { isPublic(sixteenBytes: Array($0)) }
        default: return false
        }
    }

    private static func isPublic(fourBytes address: UInt32) -> Bool {
        !reservedIPv4.contains { network, length in (address ^ network) >> (32 - length) == 0 }
    }

    private static func isPublic(sixteenBytes address: [UInt8]) -> Bool {
        // 2000::/3. Leaves out loopback, link-local, ULA, multicast, v4-mapped, v4-compatible and both NAT64 prefixes.
        guard address[0] & 0xE0 == 0x20 else { return false }
        return !reservedIPv6.contains { address.starts(with: $0) } && !isWithinIETF(address)
    }

    /// 2001::/23: protocol assignments, Teredo among them.
    private static func isWithinIETF(_ address: [UInt8]) -> Bool {
        address[0] == 0x20 && address[1] == 0x01 && address[2] & 0xFE == 0
    }

    /// Network and length of its prefix.
    private static let reservedIPv4: [(UInt32, UInt32)] = [
        (0x0000_0000, 8), (0x0A00_0000, 8), (0x6440_0000, 10), (0x7F00_0000, 8), (0xA9FE_0000, 16),
        (0xAC10_0000, 12), (0xC000_0000, 24), (0xC000_0200, 24), (0xC058_6300, 24), (0xC0A8_0000, 16),
        (0xC612_0000, 15), (0xC633_6400, 24), (0xCB00_7100, 24), (0xE000_0000, 4), (0xF000_0000, 4),
    ]

    /// Whole bytes of prefixes: documentation (two), 6to4.
    private static let reservedIPv6: [[UInt8]] = [[0x20, 0x01, 0x0D, 0xB8], [0x3F, 0xFF], [0x20, 0x02]]
}
