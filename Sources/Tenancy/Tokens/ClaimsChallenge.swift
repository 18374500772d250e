import FoundationEssentials

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
