/// Refusals of the token endpoint that concern application, credential, scope or consent.
extension AuthorityError {
    static func unsupportedGrant(_ grant: String) -> AuthorityError {
        AuthorityError(
            code: 70003, error: "unsupported_grant_type", status: 400,
            message: "The app requested an unsupported grant type '\(grant)'.")
    }

    static func unknownApplication(_ client: String, in tenant: Tenant?) -> AuthorityError {
        AuthorityError(
            code: 700_016, error: "unauthorized_client", status: 400,
            message: "Application with identifier '\(client)' was not found in the directory "
                + "'\(tenant?.displayName ?? "of any tenant")'. This can happen if the application has not been "
                + "installed by the administrator of the tenant or consented to by any user in the tenant. You may "
                + "have sent your authentication request to the wrong tenant.")
    }

    static func missingServicePrincipal(_ app: AppRegistration, in tenant: Tenant) -> AuthorityError {
        AuthorityError(
            code: 7_000_229, error: "invalid_client", status: 401,
            message: "The client application \(app.clientID.text) is missing service principal in the tenant "
                + "\(tenant.id.text). See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119")
    }

    static func disabledServicePrincipal(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 7_000_112, error: "unauthorized_client", status: 400,
            message: "Application '\(app.clientID.text)'(\(app.displayName)) is disabled.")
    }

    static func blockedByPolicy(_ policy: GUID) -> AuthorityError {
        AuthorityError(
            code: 53003, error: "invalid_grant", status: 400,
            message: "Access has been blocked by Conditional Access policies. The access policy does not allow token "
                + "issuance.",
            suberror: "message_only",
            claims: #"{"access_token":{"capolids":{"essential":true,"values":["\#(policy.text)"]}}}"#)
    }

    // MARK: Scope and resource

    static func scopeNotDefault(_ scope: String) -> AuthorityError {
        AuthorityError(
            code: 1_002_012, error: "invalid_scope", status: 400,
            message: "The provided value for scope \(scope) is not valid. Client credential flows must have a scope "
                + "value with /.default suffixed to the resource identifier (application ID URI).")
    }

    static func invalidScope(_ scope: String) -> AuthorityError {
        AuthorityError(
            code: 70011, error: "invalid_scope", status: 400,
            message: "The provided request must include a 'scope' input parameter. The provided value for the input "
                + "parameter 'scope' is not valid. The scope \(scope) is not valid.")
    }

    static let severalResources = AuthorityError(
        code: 700_022, error: "invalid_scope", status: 400,
        message: "The provided value for the input parameter scope can't be empty when requesting an access token "
            + "using the provided authorization code, or names more than one resource. Please specify one resource.")

    static let resourceNotSupported = AuthorityError(
        code: 901_002, error: "invalid_request", status: 400,
        message: "The 'resource' request parameter is not supported.")

    static func unknownResource(_ name: String, in tenant: Tenant) -> AuthorityError {
        AuthorityError(
            code: 500_011, error: "invalid_resource", status: 400,
            message: "The resource principal named \(name) was not found in the tenant named \(tenant.displayName). "
                + "This can happen if the application has not been installed by the administrator of the tenant or "
                + "consented to by any user in the tenant. You might have sent your authentication request to the "
                + "wrong tenant.")
    }

    static func disabledResource(_ resource: ResourceServer) -> AuthorityError {
        AuthorityError(
            code: 500_014, error: "invalid_resource", status: 400,
            message: "The service principal for resource '\(resource.appID.text)' is disabled. This indicate that a "
                + "subscription within the tenant has lapsed, or that the administrator for this tenant has disabled "
                + "the application, preventing tokens from being issued for it.")
    }

    static func notAssigned(_ app: AppRegistration, to resource: ResourceServer) -> AuthorityError {
        AuthorityError(
            code: 501_051, error: "invalid_grant", status: 400,
            message: "Application '\(app.clientID.text)'(\(app.displayName)) is not assigned to a role for the "
                + "application '\(resource.appID.text)'(\(resource.displayName)).")
    }

    // MARK: Credentials

    static let missingCredential = AuthorityError(
        code: 7_000_216, error: "invalid_client", status: 401,
        message: "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant "
            + "type.")

    static func wrongSecret(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 7_000_215, error: "invalid_client", status: 401,
            message: "Invalid client secret provided. Ensure the secret being sent in the request is the client "
                + "secret value, not the client secret ID, for a secret added to app '\(app.clientID.text)'.")
    }

    static func expiredSecret(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 7_000_222, error: "invalid_client", status: 401,
            message: "The provided client secret keys for app '\(app.clientID.text)' are expired. Visit the Azure "
                + "portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
                + "certificate credentials for added security: https://aka.ms/certCreds.")
    }

    static func malformedAssertion(_ reason: String) -> AuthorityError {
        AuthorityError(
            code: 50027, error: "invalid_request", status: 400,
            message: "JWT token is invalid or malformed. \(reason)")
    }

    /// - Parameters:
    ///   - reason: the sentence in brackets.
    ///   - thumbprint: the bytes the client named, when it named any.
    static func rejectedKey(_ reason: String, thumbprint: [UInt8]?, app: AppRegistration) -> AuthorityError {
        let named = thumbprint.map { ", Thumbprint of key used by client: '\(Base64Text.hex($0))'" } ?? ""
        return AuthorityError(
            code: 700_027, error: "invalid_client", status: 401,
            message: "The certificate with identifier used to sign the client assertion is not registered on "
                + "application, or the assertion failed signature validation. [Reason - \(reason)\(named), Please "
                + "visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured keys for app Id "
                + "'\(app.clientID.text)'.]")
    }

    static let assertionNotByClient = AuthorityError(
        code: 700_021, error: "invalid_client", status: 401,
        message: "Client assertion application identifier doesn't match 'client_id' parameter.")

    static let assertionForAnotherAudience = AuthorityError(
        code: 700_023, error: "invalid_client", status: 401,
        message: "Client assertion audience claim does not match Realm issuer.")

    static func assertionOutsideItsTime(now: String, from: String, until: String) -> AuthorityError {
        AuthorityError(
            code: 700_024, error: "invalid_client", status: 401,
            message: "Client assertion is not within its valid time range. Current time: \(now), assertion valid from "
                + "\(from), expiry time of assertion \(until).")
    }
}
