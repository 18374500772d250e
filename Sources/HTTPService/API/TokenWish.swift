import FoundationEssentials
import Hummingbird
import NIOCore
import Tenancy

/// What the body of `POST /v1/tokens` asks for.
struct TokenWish: Decodable {
    var tenant = ""
    var resource: String?
    var app: String?
    var minValidS: Int?
    var not: String?
    /// A JSON object, or a text as it stands in a `WWW-Authenticate` header.
    var claims: JSONValue?

    /// Every token is asked for through here, so the plain form is read by hand.
    static func read(from request: Request) async throws -> TokenWish {
        let body = try await request.body.collect(upTo: JSONBody.largest)
        return try TokenWish(plain: body) ?? JSONBody.decode(TokenWish.self, body)
    }

    /// `nil` when the body is of another form, which may be a right one all the same.
    init?(plain body: ByteBuffer) {
        var json = PlainJSON(body)
        var seen: Set<String> = []
        guard json.take("{") else { return nil }
        repeat {
            guard let name = json.string(), seen.insert(name).inserted, json.take(":") else { return nil }
            guard take(name, from: &json) else { return nil }
        } while json.take(",")
        guard json.take("}"), json.isAtEnd, seen.contains("tenant") else { return nil }
    }

    private mutating func take(_ name: String, from json: inout PlainJSON) -> Bool {
        if name == "min_valid_s" {
            minValidS = json.number()
            return minValidS != nil
        }
        guard let text = json.string() else { return false }
        switch name {
        case "tenant": tenant = text
        case "resource": resource = text
        case "app": app = text
        case "not": not = text
        case "claims": claims = .string(text)
        default: return false
        }
        return true
    }

    /// - Throws: ``RequestError``, in words for whoever wrote the body.
    func request(app: App, tenant: TenantID, resource: Resource) throws(RequestError) -> TokenRequest {
        TokenRequest(
            app: app, tenant: tenant, resource: resource, minimumLife: try minimumLife(), rejected: try rejected(),
            claims: try challenge())
    }

    private func minimumLife() throws(RequestError) -> TimeInterval? {
        guard let minValidS else { return nil }
        guard (0...86_400).contains(minValidS) else {
            throw .parameter("min_valid_s", rule: "a whole number from 0 to 86400, or leave it out")
        }
        return TimeInterval(minValidS)
    }

    private func rejected() throws(RequestError) -> TokenDigest? {
        guard let not else { return nil }
        guard let digest = TokenDigest(not) else {
            // What was sent may be the token itself, so it is not repeated.
            throw .parameter(
                "not", rule: "the SHA-256 of the token that was refused, as `sha256:` and 64 hexadecimal digits")
        }
        return digest
    }

    private func challenge() throws(RequestError) -> ClaimsChallenge? {
        guard let claims else { return nil }
        let text: String? = if case .string(let text) = claims { text } else { try? JSONBody.text(claims) }
        guard let challenge = text.flatMap({ ClaimsChallenge($0) }) else {
            throw .parameter(
                "claims", rule: "a JSON object of up to 8 KiB, or the Base64 of it as WWW-Authenticate has it")
        }
        return challenge
    }
}
