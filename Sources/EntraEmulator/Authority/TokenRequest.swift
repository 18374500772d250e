/// A client-credentials request in good form, read from the body before anything is looked up.
struct TokenRequest {
    /// How the client proves who it is.
    enum Credential {
        case secret(String)
        case assertion(String)

        /// What the token says of it: `1` for a secret, `2` for an assertion.
        var strength: String {
            switch self {
            case .secret: "1"
            case .assertion: "2"
            }
        }
    }

    let clientID: String
    /// The resource as the client spelt it, without `/.default`.
    let resource: String
    let credential: Credential
    let claims: ClaimsRequest?

    /// - Parameter isV1: whether the request came to the endpoint that takes `resource` instead of `scope`.
    init(_ incoming: Incoming, form: FormFields, isV1: Bool) throws(AuthorityError) {
        if form.isMalformed { throw .malformedBody }
        guard let grant = form["grant_type"] else { throw .missingParameter("grant_type") }
        guard grant == "client_credentials" else { throw .unsupportedGrant(grant) }
        guard let clientID = Self.clientID(incoming, form: form) else { throw .missingParameter("client_id") }
        self.clientID = clientID
        resource = isV1 ? try Self.v1Resource(form) : try Self.v2Resource(form)
        guard let credential = try Self.credential(incoming, form: form) else { throw .missingCredential }
        self.credential = credential
        claims = try form["claims"].map { text throws(AuthorityError) in try ClaimsRequest(text) }
    }

    /// The client a request names, in the body or by HTTP Basic.
    static func clientID(_ incoming: Incoming, form: FormFields) -> String? {
        form["client_id"] ?? basicCredentials(incoming)?.user
    }

    /// The credential kind a request carries, for the history, even when the request is refused.
    static func kind(_ incoming: Incoming, form: FormFields) -> HistoryNote.Credential {
        if let text = form["client_assertion"] {
            let client = clientID(incoming, form: form) ?? ""
            return FederatedAssertion(text, client: client) == nil ? .certificate : .federated
        }
        return form["client_secret"] != nil || basicCredentials(incoming) != nil ? .secret : .none
    }

    private static func v1Resource(_ form: FormFields) throws(AuthorityError) -> String {
        guard let resource = form["resource"] else { throw .missingParameter("resource") }
        return resource
    }

    /// MSAL Go adds OpenID scopes to every request; they are dropped before the rest is judged.
    private static func v2Resource(_ form: FormFields) throws(AuthorityError) -> String {
        if form["resource"] != nil { throw .resourceNotSupported }
        guard let scope = form["scope"] else { throw .missingParameter("scope") }
        let named = scope.split(separator: " ").filter {
            !["openid", "offline_access", "profile", "email"].contains($0.lowercased())
        }
        guard !named.isEmpty else { throw .invalidScope(scope) }
        let suffix = "/.default"
        let defaults = Set(named.filter { $0.hasSuffix(suffix) }.map { String($0.dropLast(suffix.utf8.count)) })
        guard let resource = defaults.first else { throw .scopeNotDefault(scope) }
        guard defaults.count == 1 else { throw .severalResources }
        guard named.allSatisfy({ $0.hasSuffix(suffix) }), !resource.isEmpty else { throw .invalidScope(scope) }
        return resource
    }

    /// The proof a request carries, in the body or by HTTP Basic; `nil` for none.
    static func credential(_ incoming: Incoming, form: FormFields) throws(AuthorityError) -> Credential? {
        if let assertion = form["client_assertion"] {
            guard let type = form["client_assertion_type"] else { throw .missingParameter("client_assertion_type") }
            guard type == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" else {
                throw .invalidParameter("client_assertion_type")
            }
            return .assertion(assertion)
        }
        return (form["client_secret"] ?? basicCredentials(incoming)?.password).map { .secret($0) }
    }

    /// User and password of HTTP Basic, each form-encoded before the base64 (RFC 6749, 2.3.1).
    private static func basicCredentials(_ incoming: Incoming) -> (user: String, password: String)? {
        guard let header = incoming.header("authorization"), header.lowercased().hasPrefix("basic "),
            let bytes = Base64Text.decode(header.dropFirst(6)), let text = String(validating: bytes, as: UTF8.self),
            let colon = text.firstIndex(of: ":"),
            let user = Percent.decode(text[..<colon], plusIsSpace: true),
            let password = Percent.decode(text[text.index(after: colon)...], plusIsSpace: true)
        else { return nil }
        return (user, password)
    }
}
