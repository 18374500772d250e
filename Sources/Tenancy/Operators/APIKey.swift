package import FoundationEssentials

/// The public half of an API key: 12 characters of Base32. Names a key in lists and in the audit log.
package struct APIKeyID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 12, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) {
        description = String(Base32.encode(randomness.bytes(8)).prefix(12))
    }
}

/// What the bearer of an API key may do. Each role includes those before it.
package enum OperatorRole: String, Sendable, Codable, CaseIterable, Comparable {
    /// Reads everything but secrets.
    case viewer
    /// Onboards tenants, makes links, verifies, runs jobs.
    case `operator`
    /// Also registers apps, makes keys and takes tokens out.
    case admin

    package static func < (left: OperatorRole, right: OperatorRole) -> Bool {
        (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
    }
}

/// An API key as it is remembered: everything but its secret.
package struct APIKey: Sendable, Equatable {
    package let id: APIKeyID
    package let name: String
    package let role: OperatorRole
    package let createdAt: Date
    package let revokedAt: Date?

    package init(id: APIKeyID, name: String, role: OperatorRole, createdAt: Date, revokedAt: Date? = nil) {
        self.id = id
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.revokedAt = revokedAt
    }
}

/// The text a caller presents: `tn_<role>_<id>_<secret><checksum>`.
///
/// The checksum (CRC-32 of all before it, 7 characters of Base32) lets scanners recognise a leaked key and lets the
/// server refuse a mistyped one before it looks anything up.
package struct APIKeyText: Sendable {
    package let id: APIKeyID
    /// 160 bits, 32 characters of Base32.
    package let secret: Secret<String>
    package let role: OperatorRole

    package init(id: APIKeyID, secret: Secret<String>, role: OperatorRole) {
        self.id = id
        self.secret = secret
        self.role = role
    }

    /// A new key text with a secret from that source.
    package init(role: OperatorRole, randomness: Randomness) {
        self.init(id: APIKeyID(randomness), secret: Secret(Base32.encode(randomness.bytes(20))), role: role)
    }

    /// `nil` unless the form and the checksum are right.
    package init?(parsing text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "tn", let role = OperatorRole(rawValue: String(parts[1])),
            let id = APIKeyID(String(parts[2])), parts[3].utf8.count == 39, Base32.isEncoded(String(parts[3]))
        else { return nil }
        self.init(id: id, secret: Secret(String(parts[3].prefix(32))), role: role)
        guard full.exposed == text else { return nil }
    }

    /// The whole key, shown once.
    package var full: Secret<String> {
        let body = "tn_\(role.rawValue)_\(id)_\(secret.exposed)"
        let crc = CRC32.checksum(body.utf8)
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: crc >> (24 - 8 * UInt32($0))) }
        return Secret(body + Base32.encode(bytes))
    }
}

/// The CRC-32 of IEEE 802.3 (as in zip and PNG). Guards against slips of the hand, not against people.
enum CRC32 {
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
    }
}

/// Remembers API keys by a hash of their secret. Every method is one transaction.
package protocol APIKeyStore: Sendable {
    /// Stores the key with a hash of its secret, durably.
    func add(_ key: APIKey, secret: Secret<String>, by actor: Actor) async throws(StoreError)

    /// The live key that the text proves, compared in constant time; `nil` for an unknown, revoked or wrong one.
    func authenticate(_ text: APIKeyText) async throws(StoreError) -> APIKey?

    func keys() async throws(StoreError) -> [APIKey]

    /// Ends the key at that instant; ending it again changes nothing.
    ///
    /// - Throws: ``StoreError/notFound(_:)`` for an unknown id.
    func revoke(_ id: APIKeyID, at instant: Date, by actor: Actor) async throws(StoreError)
}
