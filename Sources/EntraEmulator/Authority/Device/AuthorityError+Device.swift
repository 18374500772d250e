/// Refusals of the device-code flow. The OAuth values are those of RFC 8628, 3.5.
extension AuthorityError {
    static let authorizationPending = AuthorityError(
        code: 70016, error: "authorization_pending", status: 400,
        message: "OAuth 2.0 device flow error. Authorization is pending. Continue polling.")

    static let slowDown = AuthorityError(
        code: 70016, error: "slow_down", status: 400,
        message: "OAuth 2.0 device flow error. Authorization is pending. Poll less often than the interval allows.")

    static let authorizationDeclined = AuthorityError(
        code: 70018, error: "authorization_declined", status: 400,
        message: "Invalid verification code. Authorization isn't approved.")

    static let expiredDeviceCode = AuthorityError(
        code: 70020, error: "expired_token", status: 400,
        message: "The provided value for the input parameter 'device_code' is not valid. This device code has expired.")

    static let unknownDeviceCode = AuthorityError(
        code: 70000, error: "bad_verification_code", status: 400,
        message: "The provided value for the input parameter 'device_code' is not valid.")

    static let clientNotPublic = AuthorityError(
        code: 7_000_218, error: "invalid_client", status: 401,
        message: "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")

    static func unknownScope(_ scope: String) -> AuthorityError {
        AuthorityError(
            code: 650_053, error: "invalid_client", status: 400,
            message: "The application asked for scope '\(scope)' that doesn't exist on the resource "
                + "'\(ResourceServer.graphAppID.text)'.")
    }
}
