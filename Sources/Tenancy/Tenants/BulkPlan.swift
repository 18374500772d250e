package import FoundationEssentials

/// A plan's id: 128 random bits in Base32.
package struct BulkPlanID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == 26, Base32.isEncoded(text) else { return nil }
        description = text
    }

    package init(_ randomness: Randomness) { description = Base32.encode(randomness.bytes(16)) }
}

/// An action over the tenants that a selector meant when somebody looked. It is carried out once, and only while the
/// selector still means the very same tenants.
package struct BulkPlan: Sendable, Equatable {
    package let id: BulkPlanID
    package let action: BulkAction
    package let selector: Selector
    /// Whose connections the selector asks about.
    package let app: AppName?
    /// By id.
    package let tenants: [TenantID]
    package let createdAt: Date

    /// Long enough to read a preview and to type a command, short enough that nobody forgets what was meant.
    package static let life: TimeInterval = 15 * 60

    package init(
        id: BulkPlanID, action: BulkAction, selector: Selector, app: AppName?, tenants: [TenantID], createdAt: Date
    ) {
        self.id = id
        self.action = action
        self.selector = selector
        self.app = app
        self.tenants = tenants
        self.createdAt = createdAt
    }

    package var expiresAt: Date { createdAt + Self.life }

    package var tenantsHash: String { TenantID.hash(of: tenants) }
}

extension TenantID {
    /// Equal for equal sets, for people to compare by eye; what decides is the set itself.
    package static func hash(of tenants: [TenantID]) -> String {
        var hash = FNV1a()
        for tenant in tenants { hash.take(tenant.description) }
        return Base32.encode((0..<8).map { UInt8(truncatingIfNeeded: hash.value >> (56 - 8 * UInt64($0))) })
    }
}

/// Remembers plans, and carries them out. Every method is one transaction, durable when it returns.
package protocol BulkStore: Sendable {
    /// Asks who is meant and remembers that. Plans that ended a day ago are forgotten.
    func plan(
        _ id: BulkPlanID, _ action: BulkAction, selector: Selector, app: AppName?, at now: Date
    ) async throws(BulkError) -> BulkPlan

    /// Uses the plan up, unless the selector means other tenants by now, and changes every tenant of it, each with its
    /// event and audit entry. A tenant that refuses stops no other. Consent links are left to the caller.
    ///
    /// - Parameter action: what the caller believes the plan to do, when it says so.
    /// - Returns: the plan, and what became of each tenant, by id; no outcomes for links.
    /// - Throws: ``BulkError`` with `unknown`, `expired`, `used`, `changed` or `otherAction`; nothing was changed.
    func carryOut(
        _ id: BulkPlanID, believing action: BulkAction?, selector: Selector?, at now: Date, by actor: Actor
    ) async throws(BulkError) -> (plan: BulkPlan, outcomes: [TenantChange.Outcome])
}

/// Why a plan was not made or carried out. Nothing was changed.
package enum BulkError: ExplainedError, Equatable {
    case unknown(String)
    case expired(BulkPlanID)
    case used(BulkPlanID)
    /// So many tenants came and went since the plan was made.
    case changed(came: Int, went: Int)
    /// The plan does something else than the caller says.
    case otherAction(BulkPlanID)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .unknown(let text):
            Problem(
                .notFound, code: "plan_unknown", detail: "There is no plan '\(text.prefix(40))'.",
                nextStep: "Make a plan with --dry-run, and use the id it prints.")
        case .expired(let id):
            Problem(
                .gone, code: "plan_expired", detail: "Plan \(id) is older than 15 minutes.", nextStep: "Make a new one."
            )
        case .used(let id):
            Problem(
                .gone, code: "plan_used", detail: "Plan \(id) was carried out before.",
                nextStep: "Make a new one if something is left to do.")
        case .changed(let came, let went):
            Problem(
                .conflict, code: "plan_changed",
                detail: "The selector means other tenants than when the plan was made: \(came) came, \(went) went. "
                    + "Nothing was changed.",
                nextStep: "Make a new plan and look at it again.")
        case .otherAction(let id):
            Problem(
                .conflict, code: "plan_changed",
                detail: "Plan \(id) is for another action or selector than the one asked for. Nothing was changed.",
                nextStep: "Ask for what the plan was made for, or make a new plan.")
        case .store(let error): error.problem
        }
    }
}
