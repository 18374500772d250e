/// Why it is not proven who signed in.
package enum AdministratorSignInError: ExplainedError, Equatable {
    /// What is wrong with the token that should say who signed in.
    package enum Flaw: String, Sendable, CaseIterable {
        /// No token, or not in its compact form, or too large.
        case malformed
        /// Another algorithm than RS256, `none` included.
        case algorithm
        /// Signed by a key that the tenant's authority does not publish.
        case unknownKey = "unknown_key"
        /// The key is no RSA key of at least 2,048 bits.
        case unfitKey = "unfit_key"
        case signature
        case audience
        case issuer
        case tenant
        case nonce
        case notYetValid = "not_yet_valid"
        case expired
        case subject
    }

    case cloudNotConfigured(Cloud)
    /// The authority does not take the code; its OAuth error.
    case refused(String, AuthorityTrace)
    /// The authority does not take the app's own credential, or there is none that can be used; why.
    case credentialUnusable(String, AuthorityTrace? = nil)
    case unverifiable(Flaw)
    case unavailable(String)
    /// The account holds no role that can consent.
    case notAnAdministrator(TenantID)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .cloudNotConfigured(let cloud):
            Problem(
                .invalid, code: "cloud_not_configured",
                detail: "This service has no authority for cloud \(cloud.rawValue).",
                nextStep: "Remove the custom authority from the settings, or use an app of its cloud.")
        case .refused(let error, let trace):
            Problem(
                .upstream, code: "sign_in_refused", detail: "The authority refused the sign-in with '\(error)'.",
                whoMustAct: trace.aadsts.flatMap(AuthorityCode.lookUp)?.whoMustAct ?? .customerAdmin,
                nextStep: trace.aadsts.flatMap(AuthorityCode.lookUp)?.remedy ?? "Open the link and sign in again.",
                trace: trace)
        case .credentialUnusable(let why, let trace):
            Problem(
                .failure, code: "our_credential", detail: "The app's own credential cannot be used. \(why)",
                nextStep: "Replace the app's credential; no tenant is to blame.", trace: trace)
        case .unverifiable(let flaw):
            Problem(
                .upstream, code: "sign_in_unverifiable",
                detail: "The answer of the authority does not prove who signed in: \(flaw.clause).",
                nextStep: flaw.nextStep)
        case .unavailable(let what):
            Problem(
                .unavailable, code: "authority_unavailable", detail: "The authority could not be asked: \(what).",
                whoMustAct: .nobodyWait, nextStep: "Open the link and sign in again.", isRetryable: true)
        case .notAnAdministrator(let tenant):
            Problem(
                .forbidden, code: "not_an_administrator",
                detail: "The account that signed in holds no role in tenant \(tenant) that can consent.",
                whoMustAct: .customerAdmin,
                nextStep: "Sign in as a Global Administrator or Privileged Role Administrator of that tenant.")
        case .store(let error): error.problem
        }
    }
}

extension AdministratorSignInError.Flaw {
    /// The end of a sentence. It never quotes the token.
    fileprivate var clause: String {
        switch self {
        case .malformed: "it holds no token that can be read"
        case .algorithm: "the token is not signed by RS256"
        case .unknownKey: "the tenant's authority does not publish the key that signed the token"
        case .unfitKey: "the key that signed the token is no RSA key of at least 2048 bits"
        case .signature: "the token's signature is wrong"
        case .audience: "the token was made for another app"
        case .issuer: "the token was issued by another authority"
        case .tenant: "the token is of another tenant"
        case .nonce: "the token belongs to another sign-in"
        case .notYetValid: "the token is not valid yet"
        case .expired: "the token has expired"
        case .subject: "the token does not name the account"
        }
    }

    fileprivate var nextStep: String {
        switch self {
        case .notYetValid, .expired: "Check the clock of this machine (NTP), then sign in again."
        case .tenant, .issuer: "Sign in with an account of the tenant that the link is for."
        case .nonce: "Open the link and sign in again, in one browser window."
        default: "Open the link and sign in again; if it stays, report it as a security event."
        }
    }
}
