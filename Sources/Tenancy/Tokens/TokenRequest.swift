package import FoundationEssentials

/// What a caller asks the broker for.
package struct TokenRequest: Sendable {
    package internal(set) var key: TokenKey
    package let app: AppName
    /// Seconds that the token must still live. `nil`: what suits the token, see ``TokenBroker/defaultMargin``.
    package var minimumLife: TimeInterval?
    /// A token that the resource has refused; any other one will do.
    package var rejected: TokenDigest?
    /// What the resource demands. Passes the cache by, and what comes replaces what was there.
    package var claims: ClaimsChallenge?

    package init(
        app: App, tenant: TenantID, resource: Resource, minimumLife: TimeInterval? = nil,
        rejected: TokenDigest? = nil, claims: ClaimsChallenge? = nil
    ) {
        key = TokenKey(cloud: app.cloud, tenant: tenant, clientID: app.clientID, resource: resource)
        self.app = app.name
        self.minimumLife = minimumLife
        self.rejected = rejected
        self.claims = claims
    }

    func keyed(by key: TokenKey) -> TokenRequest {
        var copy = self
        copy.key = key
        return copy
    }
}

/// The SHA-256 of a token's text: names a token without being one.
package struct TokenDigest: Hashable, Sendable, CustomStringConvertible {
    private let words: InlineWords

    private struct InlineWords: Hashable, Sendable {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var third: UInt64 = 0
        var fourth: UInt64 = 0
    }

    /// `nil` unless there are 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        func word(_ start: Int) -> UInt64 { bytes[start..<start + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        words = InlineWords(first: word(0), second: word(8), third: word(16), fourth: word(24))
    }

    /// Reads `sha256:` and 64 hexadecimal digits of either case; the prefix may be left out.
    package init?(_ text: String) {
        let digits = text.hasPrefix("sha256:") ? text.dropFirst(7) : text[...]
        guard digits.utf8.count == 64 else { return nil }
        let values = digits.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue.map { UInt8($0) } }
        guard values.count == 64 else { return nil }
        self.init(stride(from: 0, to: 64, by: 2).map { values[$0] << 4 | values[$0 + 1] })
    }

    /// Digit by digit, for it stands in every reply with a token.
    package var description: String {
        var text = Array("sha256:".utf8)
        text.reserveCapacity(71)
        for word in [words.first, words.second, words.third, words.fourth] {
            for shift in stride(from: 60, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The claims that a resource demands when it refuses a token: the `claims` of a `WWW-Authenticate` header.
///
/// Source: learn.microsoft.com/entra/identity-platform/claims-challenge.
package struct ClaimsChallenge: Hashable, Sendable {
    /// A JSON object, as it goes to the authority.
    package let json: String

    private static let largest = 8_192

    /// Reads the JSON object itself, or the Base64 or Base64URL of it that stands in the header.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.largest else { return nil }
        guard let bytes = text.hasPrefix("{") ? Data(text.utf8) : Base64URL.decode(text) else { return nil }
        guard let value = try? JSONDecoder().decode(JSONValue.self, from: bytes), case .object = value else {
            return nil
        }
        json = String(decoding: bytes, as: UTF8.self)
    }
}
