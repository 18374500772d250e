import CurlHTTP
import FoundationEssentials
import Tenancy

/// The reply of a token endpoint that grants a token, read strictly: what two readers could understand in two ways is
/// no token.
///
/// Source: RFC 6749 section 5.1.
struct TokenReply {
    let accessToken: String
    /// Seconds.
    let expiresIn: TimeInterval
    /// Seconds, of long-lived tokens.
    let refreshIn: TimeInterval?

    /// Why it is no token, as the end of a sentence. Nothing of the reply is in it.
    struct Flaw: Error {
        let clause: String
    }

    private struct Body: Decodable {
        let tokenType: String?
        let accessToken: String?
        let expiresIn: LenientSeconds?
        let refreshIn: LenientSeconds?
        let error: JSONValue?

        enum CodingKeys: String, CodingKey {
            case tokenType = "token_type"
            case accessToken = "access_token"
            case expiresIn = "expires_in"
            case refreshIn = "refresh_in"
            case error
        }
    }

    init(_ response: CurlResponse) throws(Flaw) {
        let type = response.header("content-type")?.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard type == "application/json" else { throw Flaw(clause: "its answer is not JSON") }
        guard let body = StrictJSON.decode(Body.self, from: response.body) else {
            throw Flaw(clause: "its answer is JSON of another kind")
        }
        guard body.error == nil else { throw Flaw(clause: "its answer is an error with the status of success") }
        guard let token = body.accessToken, let life = body.expiresIn?.seconds, body.tokenType?.lowercased() == "bearer"
        else { throw Flaw(clause: "its answer holds no bearer token") }
        accessToken = token
        expiresIn = life
        refreshIn = body.refreshIn?.seconds
    }
}
