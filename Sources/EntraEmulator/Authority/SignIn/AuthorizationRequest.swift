/// What a sign-in link asks for, when all of it is in order (OpenID Connect Core 1.0, 3.1.2.1).
struct AuthorizationRequest {
    let challenge: CodeChallenge?
    let nonce: String?
    let permissions: DelegatedPermissions
    /// The account the page chooses beforehand.
    let loginHint: String?

    /// What every user may grant to an application that signs them in. Anything else takes a consent of its own.
    private static let signInScopes: Set<String> = ["openid", "profile", "email", "user.read"]

    init(_ query: FormFields, app: AppRegistration, directory: Directory) throws(AuthorityError) {
        guard !query.isMalformed else { throw .malformedBody }
        guard let type = query["response_type"] else { throw .missingParameter("response_type") }
        guard type == "code" else { throw .responseTypeNotEnabled(type) }
        guard let scope = query["scope"] else { throw .missingParameter("scope") }
        challenge = try CodeChallenge(query)
        switch query["prompt"] {
        case nil, "login", "select_account", "consent": break
        // This authority keeps no sessions, so nobody is ever signed in already.
        case "none": throw .nobodySignedIn
        default: throw .unsupportedPrompt
        }
        permissions = try DelegatedPermissions(scope, directory: directory)
        guard permissions.scopes.allSatisfy({ Self.signInScopes.contains($0.lowercased()) }) else {
            throw .needsConsent(app)
        }
        nonce = query["nonce"]
        loginHint = query["login_hint"]
    }
}
