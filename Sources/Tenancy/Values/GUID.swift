package import FoundationEssentials

/// A directory identifier: 128 bits, never all zeros, printed in lower case with hyphens.
///
/// Entra compares identifiers without regard to case; one spelling per value keeps keys and files unambiguous.
package struct GUID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Its halves, the first byte the highest: two numbers are hashed and compared sooner than sixteen bytes.
    private let high: UInt64
    private let low: UInt64

    /// Accepts the form `8-4-4-4-12` only; braces, missing hyphens and the empty GUID are refused.
    package init?(_ text: String) {
        // By hand, and so is the description: every token and every row has some, and UUID does both by scanf and printf.
        guard text.utf8.count == 36 else { return nil }
        var halves: (high: UInt64, low: UInt64) = (0, 0)
        for (position, digit) in text.utf8.enumerated() {
            if Self.isHyphen(position) {
                guard digit == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let value = Self.value(digit) else { return nil }
            halves = (halves.high << 4 | halves.low >> 60, halves.low << 4 | value)
        }
        self.init(high: halves.high, low: halves.low)
    }

    package init?(_ uuid: UUID) {
        let (high, low) = withUnsafeBytes(of: uuid.uuid) { bytes in
            (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: high), low: UInt64(bigEndian: low))
    }

    private init?(high: UInt64, low: UInt64) {
        guard (high, low) != (0, 0) else { return nil }
        self.high = high
        self.low = low
    }

    package var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var (high, low) = (high, low)
            for position in 0..<36 {
                if Self.isHyphen(position) {
                    text[position] = UInt8(ascii: "-")
                    continue
                }
                let value = UInt8(high >> 60)
                text[position] = value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
                (high, low) = (high << 4 | low >> 60, low << 4)
            }
            return 36
        }
    }

    /// Its 16 bytes in the order in which they are printed.
    package var bytes: [UInt8] { withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { Array($0) } }

    /// The last of its bytes, one of the random ones.
    var lastByte: UInt8 { UInt8(truncatingIfNeeded: low) }

    package static func < (left: GUID, right: GUID) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    /// Of the form `8-4-4-4-12`.
    private static func isHyphen(_ position: Int) -> Bool {
        position == 8 || position == 13 || position == 18 || position == 23
    }

    private static func value(_ digit: UInt8) -> UInt64? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(digit - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(digit - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(digit - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}

/// A type that is one ``GUID`` with a meaning of its own.
package protocol GUIDWrapper: Hashable, Sendable, Comparable, CustomStringConvertible {
    var guid: GUID { get }
    init(_ guid: GUID)
}

extension GUIDWrapper {
    /// Reads the canonical or upper-case form; `nil` for anything else.
    package init?(_ text: String) {
        guard let guid = GUID(text) else { return nil }
        self.init(guid)
    }

    package var description: String { guid.description }

    package static func < (left: Self, right: Self) -> Bool { left.guid < right.guid }
}

/// A customer's directory, by its GUID.
package struct TenantID: GUIDWrapper {
    package let guid: GUID
    package init(_ guid: GUID) { self.guid = guid }
}

/// An application's client id (Entra: `appId`), not the object id of its registration.
package struct ClientID: GUIDWrapper {
    package let guid: GUID
    package init(_ guid: GUID) { self.guid = guid }
}
