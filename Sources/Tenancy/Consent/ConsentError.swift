/// Why a link was not made or an answer not taken.
package enum ConsentError: ExplainedError, Equatable {
    case otherCloud(Tenant, App)
    case cloudNotConfigured(Cloud)
    case invalidLife
    /// The app is registered for its home tenant alone.
    case ownTenantOnly(AppName)
    /// A state that we never issued.
    case unknownState
    case alreadyUsed(AttemptID)
    case expired(TenantID)
    /// The sign-in was begun in another browser than the one that said yes.
    case otherBrowser(AttemptID)
    case notOpen(AttemptID)
    case noConflict(Tenant)
    /// Roles that are granted and that a new consent would take away.
    case wouldNarrow(Tenant, [String])
    case store(StoreError)

    init(_ error: any Error) {
        self =
            switch error {
            case let error as ConsentError: error
            case let error as StoreError: .store(error)
            default: .store(.unavailable("unexpected failure"))
            }
    }

    package var problem: Problem {
        switch self {
        case .otherCloud(let tenant, let app):
            Problem(
                .conflict, code: "other_cloud",
                detail: "Tenant \(tenant.id) lives in cloud \(tenant.cloud.rawValue), "
                    + "app '\(app.name)' in \(app.cloud.rawValue); consent cannot cross.",
                nextStep: "Register the app in that cloud too and add it here.")
        case .cloudNotConfigured(let cloud):
            Problem(
                .invalid, code: "cloud_not_configured",
                detail: "This service has no authority for cloud \(cloud.rawValue).",
                nextStep: "Remove the custom authority from the settings, or use an app of its cloud.")
        case .invalidLife:
            Problem(
                .invalid, code: "link_life_invalid", detail: "A consent link cannot live for that time.",
                nextStep: "Choose from one minute to 30 days.")
        case .ownTenantOnly(let name):
            Problem(
                .conflict, code: "own_tenant_only",
                detail: "App '\(name)' works in its own tenant only, so no customer can consent to it.",
                nextStep: "Use another app, or register this one for AzureADMultipleOrgs with a redirect URI.")
        case .unknownState:
            Problem(
                .notFound, code: "state_unknown", detail: "This answer belongs to no link of ours.",
                nextStep: "Open the link you were sent and start again.")
        case .alreadyUsed:
            Problem(
                .gone, code: "state_used", detail: "This link was answered before.",
                nextStep: "Ask for a new link if something is still missing.")
        case .expired:
            Problem(.gone, code: "state_expired", detail: "This link has expired.", nextStep: "Ask for a new link.")
        case .otherBrowser:
            Problem(
                .forbidden, code: "sign_in_elsewhere",
                detail: "This sign-in was not begun by the browser that answered the link.",
                nextStep: "Open the link in the browser where you accepted, and sign in from there.")
        case .notOpen:
            Problem(
                .conflict, code: "link_not_open",
                detail: "That link is not open: it was used, cancelled or has expired.",
                nextStep: "List the links with `tenantry consent links TENANT`.")
        case .noConflict(let tenant):
            Problem(
                .conflict, code: "no_conflict", detail: "Tenant \(tenant.id) is in no conflict.",
                nextStep: "Look at it with `tenantry consent status \(tenant.id)`.")
        case .wouldNarrow(let tenant, let roles):
            Problem(
                .conflict, code: "would_narrow",
                detail:
                    "A consent of tenant \(tenant.id) by a new link would take back \(roles.joined(separator: ", ")), "
                    + "which the registration no longer asks for.",
                nextStep: "Put them back into the registration, or make the link with --allow-narrowing.")
        case .store(let error): error.problem
        }
    }
}
