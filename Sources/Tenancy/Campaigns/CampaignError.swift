/// Why a campaign was not started or changed. Nothing was changed.
package enum CampaignError: ExplainedError, Equatable {
    /// One sentence on what is wrong with it.
    case schedule(String)
    case invalidName
    case unknown(String)
    case over(CampaignID)
    case notRunning(CampaignID)
    /// Links ask for what is registered now, so only the newest release can be asked for.
    case notCurrent(wanted: Int, current: Int)
    /// Nobody is selected who lacks the release.
    case nobody(selected: Int)
    /// The selector means other tenants than when somebody looked.
    case changed(String)
    case ownTenantOnly(AppName)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .schedule(let why):
            Problem(
                .invalid, code: "campaign_schedule_invalid", detail: why,
                nextStep: "Write waves as 1,5%,25%,rest and times as 12h or 3d.")
        case .invalidName:
            Problem(
                .invalid, code: "campaign_name_invalid", detail: "The campaign's name cannot be used.",
                nextStep: "Use 1 to 100 characters, without control characters.")
        case .unknown(let text):
            Problem(
                .notFound, code: "campaign_unknown", detail: "There is no campaign '\(text.prefix(40))'.",
                nextStep: "List them with `tenantry campaign list`.")
        case .over(let id):
            Problem(
                .conflict, code: "campaign_over", detail: "Campaign \(id) has ended.",
                nextStep: "Start a new one for the tenants that are left.")
        case .notRunning(let id):
            Problem(
                .conflict, code: "campaign_not_running", detail: "Campaign \(id) has no wave to open now.",
                nextStep: "Look at it with `tenantry campaign show \(id)`.")
        case .notCurrent(let wanted, let current):
            Problem(
                .conflict, code: "release_not_current",
                detail: "A consent asks for what is registered now, which is release \(current), not \(wanted).",
                nextStep: "Start the campaign for release \(current), or publish the release you mean.")
        case .nobody(let selected):
            Problem(
                .conflict, code: "campaign_empty",
                detail: selected == 0
                    ? "The selector means no active tenant of the app's cloud."
                    : "All of the \(selected) selected tenants have granted the release already.",
                nextStep: "Choose another selector, or rejoice.")
        case .changed(let hash):
            Problem(
                .conflict, code: "plan_changed",
                detail:
                    "The selector means other tenants than when you looked; the set is now \(hash). Nothing was changed.",
                nextStep: "Look again with --dry-run.")
        case .ownTenantOnly(let name): ConsentError.ownTenantOnly(name).problem
        case .store(let error): error.problem
        }
    }
}
