/// The `claims` parameter of a token request: what a client can do and what a resource demands of the token.
///
/// Source: openid.net/specs/openid-connect-core-1_0.html#ClaimsParameter;
/// learn.microsoft.com/entra/identity-platform/claims-challenge.
struct ClaimsRequest {
    /// As it came, letter by letter.
    let text: String
    private let accessToken: JSON?

    /// - Throws: `AADSTS50117` for anything but a JSON object.
    init(_ text: String) throws(AuthorityError) {
        guard let value = try? JSON(parsing: Array(text.utf8)), case .object = value else {
            throw .unreadableClaims
        }
        self.text = text
        accessToken = value["access_token"]
    }

    /// The capabilities that the client declares, such as `cp1`: it understands claims challenges. The token repeats
    /// them.
    var capabilities: [String] {
        guard let declared = accessToken?["xms_cc"] else { return [] }
        if let value = declared["value"]?.text { return [value] }
        guard case .array(let values) = declared["values"] else { return [] }
        return values.compactMap(\.text)
    }
}

extension AuthorityError {
    static let unreadableClaims = AuthorityError(
        code: 50117, error: "invalid_request", status: 400,
        message: "Failed to deserialize policy specified in the request's claim parameter.")
}
