package import FoundationEssentials

/// A directory identifier: 128 bits, never all zeros, printed in lower case with hyphens.
///
/// Entra compares identifiers without regard to case; one spelling per value keeps keys and files unambiguous.
package struct GUID: Hashable, Sendable, Comparable, CustomStringConvertible {
    private let uuid: UUID

    /// Accepts the form `8-4-4-4-12` only; braces, missing hyphens and the empty GUID are refused.
    package init?(_ text: String) {
        guard text.utf8.count == 36, let uuid = UUID(uuidString: text) else { return nil }
        self.init(uuid)
    }

    package init?(_ uuid: UUID) {
        guard uuid != UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) else { return nil }
        self.uuid = uuid
    }

    package var description: String { uuid.uuidString.lowercased() }

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
