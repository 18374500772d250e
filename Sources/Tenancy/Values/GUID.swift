package import FoundationEssentials

/// A directory identifier: 128 bits, never all zeros, printed in lower case with hyphens.
///
/// Entra compares identifiers without regard to case; one spelling per value keeps keys and files unambiguous.
package struct GUID: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let uuid: UUID

    /// Accepts the form `8-4-4-4-12` only; braces, missing hyphens and the empty GUID are refused.
    package init?(_ text: String) {
        // By hand, and so is the description: every token and every row has some, and UUID does both by scanf and printf.
        var text = text
        guard let uuid = text.withUTF8({ Self.read($0) }) else { return nil }
        self.init(uuid)
    }

    package init?(_ uuid: UUID) {
        guard uuid != UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) else { return nil }
        self.uuid = uuid
    }

    package var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            var position = 0
            withUnsafeBytes(of: uuid.uuid) { bytes in
                for byte in bytes {
                    if Self.isHyphen(position) {
                        text[position] = UInt8(ascii: "-")
                        position += 1
                    }
                    text[position] = Self.digit(byte >> 4)
                    text[position + 1] = Self.digit(byte & 15)
                    position += 2
                }
            }
            return position
        }
    }

    /// Of the form `8-4-4-4-12`.
    private static func isHyphen(_ position: Int) -> Bool {
        position == 8 || position == 13 || position == 18 || position == 23
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func read(_ text: UnsafeBufferPointer<UInt8>) -> UUID? {
        guard text.count == 36 else { return nil }
        var bytes: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        let isRead = withUnsafeMutableBytes(of: &bytes) { bytes in
            var position = 0
            for index in bytes.indices {
                if isHyphen(position) {
                    guard text[position] == UInt8(ascii: "-") else { return false }
                    position += 1
                }
                guard let high = value(text[position]), let low = value(text[position + 1]) else { return false }
                bytes[index] = high << 4 | low
                position += 2
            }
            return true
        }
        return isRead ? UUID(uuid: bytes) : nil
    }

    /// The last of its bytes, one of the random ones.
    var lastByte: UInt8 { uuid.uuid.15 }

    /// Its 16 bytes in the order in which they are printed.
    package var bytes: [UInt8] { withUnsafeBytes(of: uuid.uuid) { Array($0) } }

    package static func < (left: GUID, right: GUID) -> Bool { left.uuid < right.uuid }
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
