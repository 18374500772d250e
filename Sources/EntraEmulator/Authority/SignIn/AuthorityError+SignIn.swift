/// Refusals of the sign-in page and of the authorization code.
extension AuthorityError {
    static func singleTenantApplication(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 50194, error: "unauthorized_client", status: 400,
            message: "Application '\(app.clientID.text)'(\(app.displayName)) is not configured as a multi-tenant "
                + "application. Usage of the /common endpoint is not supported for such apps created after "
                + "'10/15/2018'. Use a tenant-specific endpoint or configure the application to be multi-tenant.")
    }

    static func responseTypeNotEnabled(_ type: String) -> AuthorityError {
        AuthorityError(
            code: 700_054, error: "unsupported_response_type", status: 400,
            message: "response_type '\(type)' is not enabled for the application.")
    }

    static let unsupportedResponseMode = AuthorityError(
        code: 70007, error: "invalid_request", status: 400,
        message: "The value of 'response_mode' is not supported when requesting a token.")

    static let unsupportedPrompt = AuthorityError(
        code: 90023, error: "invalid_request", status: 400, message: "Unsupported 'prompt' value.")

    static let nobodySignedIn = AuthorityError(
        code: 50058, error: "login_required", status: 400,
        message: "A silent sign-in request was sent but no user is signed in.")

    static let badCodeChallenge = AuthorityError(
        code: 501_491, error: "invalid_request", status: 400, message: "Invalid size of Code_Challenge parameter.")

    static func needsConsent(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 65001, error: "consent_required", status: 400,
            message: "The user or administrator has not consented to use the application with ID "
                + "'\(app.clientID.text)' named '\(app.displayName)'. Send an interactive authorization request for "
                + "this user and resource.")
    }

    // MARK: The code

    /// A code that this authority never made (seen live with `invalid_grant`, unlike the same number for a body).
    static let malformedCode = AuthorityError(
        code: 9_002_313, error: "invalid_grant", status: 400,
        message: "Invalid request. Request is malformed or invalid.")

    static let expiredCode = AuthorityError(
        code: 70008, error: "invalid_grant", status: 400,
        message: "The provided authorization code or refresh token has expired due to inactivity. Send a new "
            + "interactive authorization request for this user and resource.")

    static let redeemedCode = AuthorityError(
        code: 54005, error: "invalid_grant", status: 400,
        message: "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an "
            + "existing refresh token.")

    static let codeOfAnotherClient = AuthorityError(
        code: 70000, error: "invalid_grant", status: 400,
        message: "Provided grant is invalid or malformed. The code was issued to another client.")

    static let codeOfAnotherTenant = AuthorityError(
        code: 700_005, error: "invalid_grant", status: 400,
        message: "Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 "
            + "Authorization Code must be redeemed against same tenant it was acquired for (/common or /{tenant-ID} "
            + "as appropriate).")

    static func replyAddressChanged(_ given: String, expected: String) -> AuthorityError {
        AuthorityError(
            code: 500_112, error: "invalid_client", status: 400,
            message: "The reply address '\(given)' does not match the reply address '\(expected)' provided when "
                + "requesting Authorization code.")
    }

    static let wrongCodeVerifier = AuthorityError(
        code: 50148, error: "invalid_grant", status: 400,
        message: "The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.")
}
