/// Why a tenant was not onboarded. Nothing was changed.
package struct OnboardingError: ExplainedError, Equatable {
    package enum Reason: Sendable, Equatable {
        /// The text cannot name a tenant; why not.
        case malformed(String)
        case invalidName
        case invalidTags
        /// No cloud knows it.
        case unknown
        /// It means different tenants in these clouds.
        case ambiguous([DiscoveredTenant])
        /// The authority could not be asked; what went wrong.
        case undecided(String)
        case alreadyOnboarded(TenantID)
        case store(StoreError)
    }

    /// The tenant as the caller named it, shortened.
    package let subject: String
    package let reason: Reason

    package init(_ subject: String, _ reason: Reason) {
        self.subject = String(subject.prefix(60)) + (subject.count > 60 ? "…" : "")
        self.reason = reason
    }

    package var problem: Problem {
        switch reason {
        case .malformed(let why):
            Problem(
                .invalid, code: "tenant_malformed", detail: "'\(subject)' cannot name a tenant: \(why).",
                nextStep: "Use the tenant's GUID or one of its domains.")
        case .invalidName:
            Problem(
                .invalid, code: "tenant_name_invalid", detail: "The name given for '\(subject)' cannot be used.",
                nextStep: "Use 1 to 200 characters without control characters.")
        case .invalidTags:
            Problem(
                .invalid, code: "tags_invalid", detail: "The tags given for '\(subject)' cannot be used.",
                nextStep: "Write them as key=value, with letters, digits, '.', '_' and '-', at most 63 each.")
        case .unknown:
            Problem(
                .notFound, code: "tenant_unknown", detail: "Microsoft knows no tenant '\(subject)' in any cloud asked.",
                nextStep: "Check the spelling with the customer, or ask for the tenant's GUID.")
        case .ambiguous(let found):
            Problem(
                .conflict, code: "tenant_ambiguous",
                detail: "'\(subject)' names different tenants: "
                    + found.map { "\($0.id) in cloud \($0.cloud.rawValue)" }.joined(separator: ", ") + ".",
                nextStep: "Add it by GUID and name its cloud.")
        case .undecided(let why):
            Problem(
                .unavailable, code: "tenant_undecided", detail: "Tenant '\(subject)' could not be looked up: \(why).",
                whoMustAct: .nobodyWait, nextStep: "Try again in a moment.", isRetryable: true)
        case .alreadyOnboarded(let id):
            Problem(
                .conflict, code: "tenant_already_onboarded",
                detail: "Tenant \(id)\(subject == id.description ? "" : " ('\(subject)')") is already onboarded.",
                nextStep: "Look at it with `tenantry tenant show \(id)`.")
        case .store(let error): error.problem
        }
    }
}
