/// Refusals that concern the tenant or the shape of the request.
extension AuthorityError {
    static func unknownTenant(_ name: String) -> AuthorityError {
        AuthorityError(
            code: 90002, error: "invalid_tenant", status: 400,
            message: "Tenant '\(name)' not found. Check to make sure you have the correct tenant ID and are signing "
                + "into the correct cloud. Check with your subscription administrator, this may happen if there are "
                + "no active subscriptions for the tenant.")
    }

    static func emptyTenant(_ name: String) -> AuthorityError {
        AuthorityError(
            code: 900_021, error: "invalid_tenant", status: 400,
            message: "Requested tenant identifier '\(name)' is not valid. Tenant identifiers may not be an empty GUID.")
    }

    static func malformedTenant(_ name: String) -> AuthorityError {
        AuthorityError(
            code: 900_023, error: "invalid_request", status: 400,
            message: "Specified tenant identifier '\(name)' is neither a valid DNS name, nor a valid external domain.")
    }

    static func unknownInstance(_ host: String) -> AuthorityError {
        AuthorityError(
            code: 50049, error: "invalid_instance", status: 400,
            message: "Unknown or invalid instance. The authority host '\(host)' is not known.")
    }

    static let malformedDiscovery = AuthorityError(
        code: 50050, error: "invalid_request", status: 400,
        message: "The discovery request is malformed. It must name an api-version of 1.0 or 1.1 and an "
            + "authorization_endpoint.")

    static let noTenantInformation = AuthorityError(
        code: 50059, error: "invalid_request", status: 400,
        message: "No tenant-identifying information found in either the request or implied by any provided "
            + "credentials.")

    static let grantNotForSharedTenant = AuthorityError(
        code: 9_001_023, error: "invalid_request", status: 400,
        message: "The grant type is not supported over the /common or /consumers endpoints. Please use the "
            + "/organizations or tenant-specific endpoint.")

    static let crossCloud = AuthorityError(
        code: 900_382, error: "invalid_request", status: 400,
        message: "Confidential Client is not supported in Cross Cloud request.")

    static let nationalCloud = AuthorityError(
        code: 90038, error: "invalid_request", status: 400,
        message: "The tenant belongs to a national cloud. Sign in at the login address of that cloud.")

    static func wrongMethod(_ method: String) -> AuthorityError {
        AuthorityError(
            code: 900_561, error: "invalid_request", status: 400,
            message: "The endpoint only accepts POST requests. Received a \(method) request.")
    }

    static func missingParameter(_ name: String) -> AuthorityError {
        AuthorityError(
            code: 900_144, error: "invalid_request", status: 400,
            message: "The request body must contain the following parameter: '\(name)'.")
    }

    static func invalidParameter(_ name: String) -> AuthorityError {
        AuthorityError(
            code: 90013, error: "invalid_request", status: 400,
            message: "Invalid input received from the user. The value of '\(name)' is not supported.")
    }

    static let malformedBody = AuthorityError(
        code: 9_002_313, error: "invalid_request", status: 400,
        message: "Invalid request. Request is malformed or invalid.")

    static let directoryUnavailable = AuthorityError(
        code: 90033, error: "temporarily_unavailable", status: 503,
        message: "A transient error has occurred. Please try again.")
}
