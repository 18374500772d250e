/// What an OAuth error or an HTTP status means when no AADSTS code says more.
///
/// Source: RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core section 3.1.2.6, RFC 8628 section 3.5 and
/// learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow.
struct OAuthErrorEntry: Sendable {
    /// `invalid_client`, or `HTTP 429`.
    let name: String
    let `class`: AuthorityCode.Class?
    let meaning: String
    let whoMustAct: WhoMustAct
    let remedy: String
    let customerAction: CustomerAction?

    private init(
        _ name: String, _ class: AuthorityCode.Class?, _ meaning: String, _ whoMustAct: WhoMustAct, _ remedy: String,
        asking customerAction: CustomerAction? = nil
    ) {
        self.name = name
        self.class = `class`
        self.meaning = meaning
        self.whoMustAct = whoMustAct
        self.remedy = remedy
        self.customerAction = customerAction
    }

    static func lookUp(_ error: String) -> OAuthErrorEntry? { catalogue[error.lowercased()] }

    static func lookUp(_ status: Int) -> OAuthErrorEntry? {
        let name = "HTTP \(status)"
        switch status {
        case 408, 429:
            return OAuthErrorEntry(
                name, .transient, "The authority throttles, or took too long.", .nobodyWait,
                "Wait for the time that Retry-After names, else a minute, then try again.")
        case 500...599:
            return OAuthErrorEntry(
                name, .transient, "The authority has trouble of its own.", .nobodyWait,
                "Try again; if it stays, look at Microsoft's service status.")
        case 401:
            return OAuthErrorEntry(
                name, nil, "The authority did not accept who asks.", .you,
                "Check the app's credential with `tenantry doctor`.")
        case 403:
            return OAuthErrorEntry(
                name, nil, "The authority or the API knows who asks and does not allow it.", .you,
                "Compare what is granted with what is needed, with `tenantry consent status`.")
        case 400...499:
            return OAuthErrorEntry(
                name, .ourRequest, "The authority did not take the request.", .you,
                "Look for the AADSTS code in the reply and explain that.")
        default: return nil
        }
    }

    /// Every OAuth error that is known, in order.
    static let all: [OAuthErrorEntry] = [
        OAuthErrorEntry(
            "access_denied", .declined, "The approval was declined, or its page was left.",
            .customerAdmin, "Ask again with a new link, after a word with the customer.", asking: .considerAgain),
        OAuthErrorEntry(
            "authorization_pending", .transient, "The sign-in is not finished yet.",
            .nobodyWait, "Finish the sign-in in the browser."),
        OAuthErrorEntry(
            "consent_required", .consentMissing, "No administrator has consented to the app in this tenant.",
            .customerAdmin, "Open the consent link and approve.", asking: .consent),
        OAuthErrorEntry(
            "expired_token", nil, "The sign-in was not finished in time.",
            .you, "Begin the sign-in again."),
        OAuthErrorEntry(
            "interaction_required", .blockedByPolicy, "A policy of the tenant wants a person to interact.",
            .customerAdmin, "Exclude the app's service principal from that policy.", asking: .securityPolicy),
        OAuthErrorEntry(
            "invalid_client", .ourCredential, "The credential was not accepted, or the app is not known in the tenant.",
            .you, "Check the app's credential; the AADSTS code of the reply says which of the two it is."),
        OAuthErrorEntry(
            "invalid_grant", nil, "What was to be exchanged for a token is expired, used, or blocked by a policy.",
            .you, "Look for the AADSTS code in the reply and explain that."),
        OAuthErrorEntry(
            "invalid_instance", .ourRequest, "The authority host is not a known Microsoft cloud.",
            .you, "Check the configured authority."),
        OAuthErrorEntry(
            "invalid_request", .ourRequest, "The request is malformed or incomplete.",
            .you, "Look for the AADSTS code in the reply, and report this as a defect."),
        OAuthErrorEntry(
            "invalid_resource", .resourceMissing, "The API asked for is not known in this tenant.",
            .you, "Check the resource; if it is right, the customer must enable or license that API."),
        OAuthErrorEntry(
            "invalid_scope", .ourRequest, "The scope is malformed.",
            .you, "Ask for one resource with the suffix /.default."),
        OAuthErrorEntry(
            "invalid_tenant", .tenantInvalid, "The tenant does not exist in this cloud.",
            .you, "Check the tenant's GUID and cloud with the customer."),
        OAuthErrorEntry(
            "login_required", .declined, "Nobody is signed in.",
            .customerAdmin, "Open the link again and sign in.", asking: .signInAgain),
        OAuthErrorEntry(
            "permission_denied", .declined, "The approval was declined.",
            .customerAdmin, "Ask again with a new link, after a word with the customer.", asking: .considerAgain),
        OAuthErrorEntry(
            "server_error", .transient, "The authority has trouble of its own.",
            .nobodyWait, "Try again; if it stays, look at Microsoft's service status."),
        OAuthErrorEntry(
            "slow_down", .transient, "The authority was asked too often.",
            .nobodyWait, "Ask less often."),
        OAuthErrorEntry(
            "temporarily_unavailable", .transient, "The authority has no time at the moment.",
            .nobodyWait, "Try again."),
        OAuthErrorEntry(
            "unauthorized_client", .consentMissing, "The app is not known in this tenant, or is disabled there.",
            .customerAdmin, "Open the consent link and approve.", asking: .consent),
        OAuthErrorEntry(
            "unsupported_grant_type", .ourRequest, "The grant type is not supported.",
            .you, "Report this as a defect."),
    ]

    private static let catalogue = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
}
