/// What a federated assertion says of itself. Entra matches it letter by letter.
struct FederationClaims: Equatable {
    let issuer: String
    let subject: String
    let audience: String

    init(jwt: Secret<String>) throws(AssertionError) {
        guard let claims = JWT.payload(Payload.self, of: jwt.exposed) else {
            throw AssertionError("is no JWT with one issuer, subject and audience")
        }
        issuer = claims.iss
        subject = claims.sub
        audience = claims.aud.value
    }

    /// Entra allows one federated credential of an issuer and subject.
    func match(_ federation: DirectoryFederation) -> Bool {
        federation.issuer == issuer && federation.subject == subject
    }

    private struct Payload: Decodable {
        let iss: String
        let sub: String
        let aud: Audience
    }

    /// A text, or a list of one.
    private struct Audience: Decodable {
        let value: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                value = text
                return
            }
            let list = try container.decode([String].self)
            guard list.count == 1 else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "several audiences")
            }
            value = list[0]
        }
    }
}
