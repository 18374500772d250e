import Crypto

/// What binds a code to whoever asked for it (RFC 7636).
enum CodeChallenge: Sendable {
    case sha256(String)
    case plain(String)

    /// - Returns: `nil` when the request has none.
    init?(_ query: FormFields) throws(AuthorityError) {
        guard let challenge = query["code_challenge"] else { return nil }
        switch query["code_challenge_method"] {
        case "S256":
            // The hash is 32 bytes, which base64url without padding spells in 43 characters.
            guard challenge.utf8.count == 43, Base64Text.decode(challenge)?.count == 32 else {
                throw .badCodeChallenge
            }
            self = .sha256(challenge)
        case "plain", nil:
            guard (43...128).contains(challenge.utf8.count) else { throw .badCodeChallenge }
            self = .plain(challenge)
        default: throw .invalidParameter("code_challenge_method")
        }
    }

    func isMet(by verifier: String) -> Bool {
        guard (43...128).contains(verifier.utf8.count) else { return false }
        return switch self {
        case .sha256(let hash): Base64Text.urlEncode(SHA256.hash(data: Array(verifier.utf8))) == hash
        case .plain(let text): text == verifier
        }
    }
}
