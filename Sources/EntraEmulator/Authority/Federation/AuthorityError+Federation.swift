/// Refusals of another issuer's token.
extension AuthorityError {
    private static let advice =
        "Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
        + "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"

    static func noFederatedIssuer(_ issuer: String) -> AuthorityError {
        federated(
            700_211, "No matching federated identity record found for presented assertion issuer '\(issuer)'. \(advice)"
        )
    }

    static func noFederatedSubject(_ subject: String) -> AuthorityError {
        federated(
            700_213,
            "No matching federated identity record found for presented assertion subject '\(subject)'. \(advice)")
    }

    static func federatedSubjectCase(_ subject: String) -> AuthorityError {
        federated(
            7_002_138,
            "No matching federated identity record found for presented assertion subject '\(subject)'. The subject "
                + "matches with case-insensitive comparison, but not with case-sensitive comparison. \(advice)")
    }

    static func noFederatedAudience(_ audience: String) -> AuthorityError {
        federated(
            7_002_121,
            "No matching federated identity record found for presented assertion audience '\(audience)'. The expected "
                + "audience is '\(WorkloadIssuer.audience)'. \(advice)")
    }

    static func unreachableIssuer(_ issuer: String) -> AuthorityError {
        AuthorityError(
            code: 50166, error: "invalid_request", status: 400,
            message: "Request to External OIDC endpoint failed: the metadata of the issuer '\(issuer)' could not be "
                + "read.")
    }

    static let federatedSignature = federated(
        50013, "Assertion failed signature validation. [Reason - The key was not found.]")

    static let ownTokenAsAssertion = federated(
        700_222, "AAD-issued tokens may not be used for federated identity flows.")

    private static func federated(_ code: Int, _ message: String) -> AuthorityError {
        AuthorityError(code: code, error: "invalid_client", status: 401, message: message)
    }
}
