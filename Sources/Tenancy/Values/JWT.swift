import FoundationEssentials

/// Reads JSON Web Tokens.
enum JWT {
    /// What a token says of itself; its signature is not looked at. `nil` when it is no token, or says something else.
    static func payload<Claims: Decodable>(_ type: Claims.Type, of jwt: String) -> Claims? {
        let segments = jwt.split(separator: ".", omittingEmptySubsequences: false)
        guard segments.count == 3, let payload = Base64URL.decode(segments[1]) else { return nil }
        return try? JSONDecoder().decode(type, from: payload)
    }
}
