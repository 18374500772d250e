package import FoundationEssentials

/// Why there is no token for a key.
package struct TokenError: ExplainedError, Equatable {
    package enum Reason: Sendable, Equatable {
        /// The connection is not proven; its state.
        case notConnected(ConnectionState)
        /// The authority refused; what its answer means.
        case refused(AuthorityCode.Class)
        /// The authority refused for a reason this version does not know; the OAuth error.
        case refusedUnknown(String)
        /// Asked too much; ask again after so many seconds.
        case throttled(TimeInterval)
        /// The authority is overloaded or out, and has said when to come again; seconds.
        case overloaded(TimeInterval)
        /// The authority could not be reached or failed; what happened.
        case unavailable(String)
        /// Not asked at all, so that the authority is spared; why, and the seconds until it may be.
        case heldBack(HeldBack, TimeInterval)
        /// The token belongs to somebody else; the claim that shows it. A security event.
        case mismatch(String)
        /// The token names its API otherwise than it was asked for, so the two cannot be compared; its audience.
        case foreignAudience(String)
        /// The token is not a JWT, so nobody can tell whose it is.
        case unreadable
        /// Our own certificate cannot sign, for example because it has expired; why.
        case credentialUnusable(String)
        case noSuchApp
        case cloudNotConfigured
        case store(StoreError)
    }

    /// Why a request was not sent.
    package enum HeldBack: Sendable, Equatable {
        /// The authority's host fails for everybody.
        case authorityDown
        /// More requests wait than the budget lets through soon.
        case overBudget
        /// This tenant has as many requests running as one tenant may.
        case tenantBusy
        /// It failed a moment ago for this tenant; what happened.
        case failing(String)
    }

    package let tenant: TenantID
    package let clientID: ClientID
    package let resource: Resource
    package let reason: Reason
    package let trace: AuthorityTrace?

    package init(_ key: TokenKey, _ reason: Reason, trace: AuthorityTrace? = nil) {
        tenant = key.tenant
        clientID = key.clientID
        resource = key.resource
        self.reason = reason
        self.trace = trace
    }

    init(
        tenant: TenantID, clientID: ClientID, resource: Resource, reason: Reason, trace: AuthorityTrace?
    ) {
        self.tenant = tenant
        self.clientID = clientID
        self.resource = resource
        self.reason = reason
        self.trace = trace
    }

    /// Whether the authority said that consent is not there.
    package var deniesConsent: Bool { reason == .refused(.consentMissing) }

    /// Whether it tells against every token of the tenant: they were issued under what is no longer so. Everything else
    /// leaves them in use while they live.
    var condemnsTokens: Bool {
        switch reason {
        case .refused(.consentMissing), .refused(.disabledByCustomer), .refused(.blockedByPolicy),
            .refused(.tenantInvalid), .notConnected, .mismatch("oid"):
            true
        default: false
        }
    }

    package var problem: Problem {
        switch reason {
        case .notConnected(let state):
            Problem(
                .forbidden, code: "consent_required",
                detail: "Tenant \(tenant) has no proven consent for app \(clientID) (state: \(state.rawValue)).",
                whoMustAct: .customerAdmin,
                nextStep:
                    "Send a link with `tenantry consent link \(tenant)`, or look with `tenantry consent verify \(tenant)`."
            )
        case .refused(let meaning): refusal(meaning)
        case .refusedUnknown(let error):
            Problem(
                .upstream, code: "authority_refused",
                detail: "The authority refused a token for tenant \(tenant) with '\(error)'.",
                nextStep: "Look the code up with `tenantry explain`, and keep the correlation id for support.",
                trace: trace)
        case .throttled(let seconds):
            Problem(
                .throttled, code: "authority_throttled", detail: "The authority throttles tenant \(tenant).",
                whoMustAct: .nobodyWait, nextStep: "Try again in \(Int(seconds.rounded(.up))) s.", isRetryable: true,
                retryAfter: .seconds(seconds), trace: trace)
        case .heldBack(let why, let seconds): heldBack(why, for: seconds)
        case .overloaded(let seconds):
            Problem(
                .unavailable, code: "authority_overloaded",
                detail: "The authority was too busy to give a token for tenant \(tenant).", whoMustAct: .nobodyWait,
                nextStep: "Try again in \(Int(seconds.rounded(.up))) s.", isRetryable: true,
                retryAfter: .seconds(seconds), trace: trace)
        case .unavailable(let what):
            Problem(
                .unavailable, code: "authority_unavailable",
                detail: "The authority gave no token for tenant \(tenant): \(what).", whoMustAct: .nobodyWait,
                nextStep: "Try again; if it stays, check the network and Microsoft's service status.",
                isRetryable: true, retryAfter: .seconds(2), trace: trace)
        case .mismatch(let claim):
            Problem(
                .upstream, code: "token_mismatch",
                detail:
                    "The authority answered for tenant \(tenant) with a token whose '\(claim)' is another's; it was destroyed.",
                nextStep: "Report this to Microsoft as a security event, with the correlation id.", trace: trace)
        case .foreignAudience(let audience):
            Problem(
                .upstream, code: "token_audience_unknown",
                detail:
                    "The token for tenant \(tenant) names its API '\(audience.prefix(60).filter(\.isASCII))', which cannot be "
                    + "held against '\(resource)'; it was destroyed.",
                nextStep: "Name the API in the permissions and requests as its tokens do.", trace: trace)
        case .unreadable:
            Problem(
                .upstream, code: "token_unreadable",
                detail: "The token for tenant \(tenant) is in no form that tells whose it is; it was destroyed.",
                nextStep: "Check that the resource \(resource) is an API that Entra protects.", trace: trace)
        case .credentialUnusable(let why):
            Problem(
                .failure, code: "our_credential", detail: "The credential of app \(clientID) cannot be used. \(why)",
                nextStep: "Replace the app's credential; no tenant is to blame.")
        case .noSuchApp:
            Problem(
                .notFound, code: "app_unknown", detail: "No app with client id \(clientID) is known here.",
                nextStep: "See `tenantry app list`.")
        case .cloudNotConfigured:
            Problem(
                .invalid, code: "cloud_not_configured", detail: "This service has no authority for the app's cloud.",
                nextStep: "Remove the custom authority from the settings, or use an app of its cloud.")
        case .store(let error): error.problem
        }
    }

    private func heldBack(_ why: HeldBack, for seconds: TimeInterval) -> Problem {
        let (code, detail) =
            switch why {
            case .authorityDown:
                ("authority_down", "The authority gives no answers, so tenant \(tenant) was not asked for a token.")
            case .overBudget:
                (
                    "token_budget_exhausted",
                    "More tokens are wanted than this service asks for at a time; tenant \(tenant) was not asked."
                )
            case .tenantBusy:
                ("tenant_busy", "So many requests for tenant \(tenant) are on their way that no further one was sent.")
            case .failing(let what):
                ("authority_unavailable", "The authority gave no token for tenant \(tenant) a moment ago: \(what).")
            }
        return Problem(
            .unavailable, code: code, detail: detail, whoMustAct: .nobodyWait,
            nextStep: "Try again in \(Int(seconds.rounded(.up))) s.", isRetryable: true, retryAfter: .seconds(seconds),
            trace: trace)
    }

    private func refusal(_ meaning: AuthorityCode.Class) -> Problem {
        let entry = trace?.aadsts.flatMap(AuthorityCode.lookUp)
        let code = trace?.aadsts.map { " (AADSTS\($0))" } ?? ""
        let kind: Problem.Kind =
            switch meaning {
            case .transient: .unavailable
            // The same answer as once the connection knows it.
            case .consentMissing: .forbidden
            default: .upstream
            }
        return Problem(
            kind, code: meaning.rawValue,
            detail: "No token for tenant \(tenant): \(entry?.meaning ?? "the authority refused.")\(code)",
            whoMustAct: entry?.whoMustAct ?? .you,
            nextStep: entry?.remedy ?? "Look the code up with `tenantry explain`.",
            isRetryable: meaning == .transient, trace: trace)
    }

    /// The same, as a note on the tenant's connection.
    package var note: Fault { Fault(problem) }
}
