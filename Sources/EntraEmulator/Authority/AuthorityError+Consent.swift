/// Refusals of the admin-consent pages.
extension AuthorityError {
    static func unregisteredReplyAddress(_ uri: String, app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 50011, error: "invalid_request", status: 400,
            message: "The redirect URI '\(uri)' specified in the request does not match the redirect URIs configured "
                + "for the application '\(app.clientID.text)'. Make sure the redirect URI sent in the request matches "
                + "one added to your application in the Azure portal.")
    }

    static let noReplyAddress = AuthorityError(
        code: 900_971, error: "invalid_request", status: 400, message: "No reply address provided.")

    static func foreignUser(_ name: String, tenant: Tenant, app: AppRegistration) -> AuthorityError {
        foreignUser(name, tenant: tenant, client: app.clientID, called: app.displayName)
    }

    static func foreignUser(
        _ name: String, tenant: Tenant, client: GUID, called displayName: String
    ) -> AuthorityError {
        AuthorityError(
            code: 50020, error: "invalid_grant", status: 400,
            message: "User account '\(name)' from identity provider does not exist in tenant "
                + "'\(tenant.displayName)' and cannot access the application '\(client.text)'"
                + "(\(displayName)) in that tenant. The account needs to be added as an external user in the "
                + "tenant first. Sign out and sign in again with a different account.")
    }

    static func unknownUser(_ name: String) -> AuthorityError {
        AuthorityError(
            code: 50034, error: "invalid_grant", status: 400,
            message: "The user account \(name) does not exist in any directory. To sign into this application, the "
                + "account must be added to the directory.")
    }

    static func needsAdministrator(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 90094, error: "consent_required", status: 403,
            message: "Need admin approval. \(app.displayName) needs permission to access resources in your "
                + "organization that only an admin can grant. Please ask an admin to grant permission to this app "
                + "before you can use it.")
    }

    static func approvalRequested(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 90095, error: "consent_required", status: 200,
            message: "Request sent. Your request for \(app.displayName) was sent to your admin for review. Nothing is "
                + "granted until an admin approves it.")
    }

    static func principalInTheWay(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 650_051, error: "invalid_client", status: 400,
            message: "The application needs to be consented to, but the consent action failed: the service principal "
                + "name '\(app.clientID.text)' is already present for the tenant.")
    }

    static func resourceNotProvisioned(_ resource: ResourceServer, app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 650_052, error: "invalid_client", status: 400,
            message:
                "The app is trying to access a service '\(resource.appID.text)'(\(resource.displayName)) that your "
                + "organization lacks a service principal for. Contact your IT Admin to review the configuration of "
                + "your service subscriptions or consent to the application in order to create the required service "
                + "principal. Client app ID: \(app.clientID.text).")
    }

    static let declined = AuthorityError(
        code: 65004, error: "access_denied", status: 400, message: "User declined to consent to access the app.")

    static func nothingToConsentTo(_ app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 650_056, error: "invalid_request", status: 400,
            message: "Misconfigured application. This could be due to one of the following: the client has not listed "
                + "any permissions in its application registration, or the admin has not consented in the tenant. "
                + "Client app ID: \(app.clientID.text).")
    }

    static func resourceNotListed(_ name: String, app: AppRegistration) -> AuthorityError {
        AuthorityError(
            code: 650_057, error: "invalid_resource", status: 400,
            message: "Invalid resource. The client has requested access to a resource which is not listed in the "
                + "requested permissions in the client's application registration. Client app ID: "
                + "\(app.clientID.text)(\(app.displayName)). Resource value from request: \(name).")
    }
}
