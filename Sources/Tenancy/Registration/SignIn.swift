package import FoundationEssentials

/// Names one sign-in: 160 bits, 32 characters of Base32, for whoever holds it may use the administrator's token.
package struct SignInID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 32, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) {
        description = Base32.encode(randomness.bytes(20))
    }
}

/// What an administrator is told in order to sign in.
package struct DeviceCode: Sendable {
    /// Ours to poll with; never shown.
    package let code: Secret<String>
    package let userCode: String
    package let address: String
    package let expiresAt: Date
    /// Seconds between two polls.
    package let interval: TimeInterval

    package init(code: Secret<String>, userCode: String, address: String, expiresAt: Date, interval: TimeInterval) {
        self.code = code
        self.userCode = userCode
        self.address = address
        self.expiresAt = expiresAt
        self.interval = interval
    }
}

/// The device authorization grant at the home tenant's authority (RFC 8628).
package protocol DeviceCodeEndpoint: Sendable {
    /// The client that administrators sign in to, unless the settings name another: a public client of Microsoft's.
    var client: ClientID { get }

    func begin(cloud: Cloud, tenant: TenantID, scopes: [String]) async throws(SignInError) -> DeviceCode

    /// Asks once.
    ///
    /// - Returns: `nil` while the administrator has not finished. A `slowDown` wants a longer interval from now on.
    func poll(_ code: DeviceCode, cloud: Cloud, tenant: TenantID) async throws(SignInError) -> DevicePoll
}

package enum DevicePoll: Sendable {
    case pending, slowDown
    case token(UnverifiedToken)
}

/// Why nobody is signed in.
package enum SignInError: ExplainedError, Equatable {
    case declined, expired, unknown
    /// The administrator has not finished it.
    case unfinished
    case refused(String, AuthorityTrace)
    case unavailable(String)
    /// The administrator belongs to another tenant than the registration.
    case otherTenant
    case cloudNotConfigured

    package var problem: Problem {
        switch self {
        case .declined:
            Problem(
                .forbidden, code: "sign_in_declined", detail: "The sign-in was declined.",
                nextStep: "Run the command again and approve.")
        case .expired:
            Problem(
                .gone, code: "sign_in_expired", detail: "Nobody finished the sign-in in time.",
                nextStep: "Run the command again.")
        case .unknown:
            Problem(
                .notFound, code: "sign_in_unknown", detail: "There is no such sign-in; they end with the service.",
                nextStep: "Run the command again.")
        case .unfinished:
            Problem(
                .conflict, code: "sign_in_unfinished", detail: "The administrator has not finished the sign-in.",
                nextStep: "Wait until it says that somebody is signed in.", isRetryable: true)
        case .refused(let error, let trace):
            Problem(
                .upstream, code: "sign_in_refused", detail: "The authority refused the sign-in with '\(error)'.",
                nextStep: trace.aadsts.flatMap(AuthorityCode.lookUp)?.remedy
                    ?? "Look the code up with `tenantry explain`.",
                trace: trace)
        case .unavailable(let what):
            Problem(
                .unavailable, code: "authority_unavailable", detail: "The authority could not be asked: \(what).",
                whoMustAct: .nobodyWait, nextStep: "Run the command again.", isRetryable: true)
        case .otherTenant:
            Problem(
                .forbidden, code: "sign_in_other_tenant",
                detail: "Who signed in belongs to another tenant than the registration's home tenant.",
                nextStep: "Sign in with an administrator's account of the home tenant.")
        case .cloudNotConfigured:
            Problem(
                .invalid, code: "cloud_not_configured", detail: "This service has no authority for that cloud.",
                nextStep: "Remove the custom authority from the settings, or use a registration of its cloud.")
        }
    }
}

/// One sign-in as a caller sees it.
package struct SignIn: Sendable {
    package let id: SignInID
    package let userCode: String
    package let address: String
    package let expiresAt: Date
    package let isSignedIn: Bool
}
