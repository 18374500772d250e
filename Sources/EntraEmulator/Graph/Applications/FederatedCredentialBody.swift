/// A federated credential as a request gives it (Microsoft: workload identity federation, considerations).
struct FederatedCredentialBody {
    let name: String?
    private let issuer: String?
    private let subject: String?
    private let audience: String?
    private let description: String?
    private let body: GraphBody

    private static let textLimit = 600

    init(_ request: GraphRequest) throws(GraphError) {
        body = try request.body(
            "FederatedIdentityCredential", known: ["name", "issuer", "subject", "audiences", "description"])
        name = try body.string("name")
        issuer = try body.string("issuer")
        subject = try body.string("subject")
        description = try body.string("description")
        let audiences = try body.strings("audiences")
        guard audiences.map({ $0.count == 1 }) ?? true else { throw body.invalid("audiences") }
        audience = audiences?.first
        for (name, text) in [("issuer", issuer), ("subject", subject), ("description", description)] {
            if let text, text.utf8.count > Self.textLimit { throw body.invalid(name) }
        }
        if let name, !Self.isName(name) { throw body.invalid("name") }
    }

    /// A new credential; `named` where the path says the name.
    func credential(id: GUID, named: String? = nil) throws(GraphError) -> FederatedCredential {
        guard let name = named ?? name else { throw body.missing("name") }
        guard Self.isName(name) else { throw body.invalid("name") }
        guard let issuer else { throw body.missing("issuer") }
        guard let subject else { throw body.missing("subject") }
        guard let audience else { throw body.missing("audiences") }
        return FederatedCredential(
            id: id, name: name, issuer: issuer, subject: subject, audience: audience, description: description)
    }

    /// The credential with what was given set. Its name stays.
    func changing(_ old: FederatedCredential) throws(GraphError) -> FederatedCredential {
        guard name == nil || name == old.name else {
            throw .badRequest("Property 'name' is read-only and cannot be set.")
        }
        return FederatedCredential(
            id: old.id, name: old.name, issuer: issuer ?? old.issuer, subject: subject ?? old.subject,
            audience: audience ?? old.audience, description: description ?? old.description)
    }

    /// 3 to 120 characters that can stand in an address, a letter or digit first.
    private static func isName(_ text: String) -> Bool {
        guard (3...120).contains(text.utf8.count), text.first?.isLetter == true || text.first?.isNumber == true else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
