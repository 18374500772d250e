package import FoundationEssentials

/// What can be changed of a tenant that is known. A value; ``applied(to:at:)`` holds the rules.
package enum TenantChange: Sendable, Equatable {
    /// Sets the name, where one is given, and these tags, and takes those away.
    case edit(name: String?, set: [String: String], remove: Set<String>)
    /// Only ``TenantState/active``, `paused` and `quarantined` are entered so.
    case enter(TenantState, reason: String?)

    /// What became of a change.
    package enum Outcome: Sendable, Equatable {
        case changed(Tenant)
        /// It was so already.
        case unchanged(Tenant)
        case refused(Tenant, Refusal)
    }

    /// Why one tenant does not take the change.
    package enum Refusal: Sendable, Equatable {
        /// Of tags there are 32 at most.
        case tooManyTags
        /// The customer is leaving or has left.
        case leaving(TenantState)
    }
}

extension TenantChange {
    package static let longestReason = 500

    /// Reads the state that an operator may put a tenant into.
    package static func entering(_ state: TenantState, reason: String?) throws(TenantChangeError) -> TenantChange {
        guard [.active, .paused, .quarantined].contains(state) else { throw .stateReserved(state) }
        let reason = reason.flatMap { $0.isEmpty ? nil : $0 }
        if let reason {
            guard reason.count <= longestReason,
                !reason.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { throw .invalidReason }
        }
        guard state != .quarantined || reason != nil else { throw .reasonMissing }
        return .enter(state, reason: reason)
    }

    /// Reads an edit of tags.
    package static func tagging(set: [String: String], remove: [String]) throws(TenantChangeError) -> TenantChange {
        guard !set.isEmpty || !remove.isEmpty else { throw .nothing }
        guard Tags(set) != nil, remove.allSatisfy(Tags.isWord), remove.allSatisfy({ set[$0] == nil }) else {
            throw .invalidTags
        }
        return .edit(name: nil, set: set, remove: Set(remove))
    }

    /// Reads a new name, and an edit of tags that goes with it.
    package static func renaming(
        _ name: String, set: [String: String] = [:], remove: [String] = []
    ) throws(TenantChangeError) -> TenantChange {
        guard Tenant.isName(name) else { throw .invalidName }
        if !set.isEmpty || !remove.isEmpty { _ = try tagging(set: set, remove: remove) }
        return .edit(name: name, set: set, remove: Set(remove))
    }

    /// The tenant as it is afterwards. Pure; the store calls it inside its transaction.
    package func applied(to tenant: Tenant, at now: Date) -> Outcome {
        switch self {
        case .edit(let name, let set, let remove):
            guard let tags = tenant.tags.setting(set, removing: remove) else { return .refused(tenant, .tooManyTags) }
            let next = tenant.with(name: name ?? tenant.name, tags: tags)
            return next == tenant ? .unchanged(tenant) : .changed(next)
        case .enter(let state, let reason):
            guard tenant.state != .leaving, tenant.state != .gone else {
                return .refused(tenant, .leaving(tenant.state))
            }
            if tenant.state == state, state == .active || tenant.stateReason == reason { return .unchanged(tenant) }
            return .changed(tenant.entering(state, at: now, reason: reason))
        }
    }
}

extension TenantChange.Refusal {
    package var code: String {
        switch self {
        case .tooManyTags: "tags_too_many"
        case .leaving: "tenant_leaving"
        }
    }

    /// One sentence.
    package var detail: String {
        switch self {
        case .tooManyTags: "It would have more than 32 tags."
        case .leaving(let state): "Its customer is \(state.rawValue)."
        }
    }
}

extension Tenant {
    fileprivate func with(name: String, tags: Tags) -> Tenant {
        Tenant(
            id: id, cloud: cloud, name: name, domain: domain, tags: tags, addedAt: addedAt, state: state,
            stateSince: stateSince, stateReason: stateReason)
    }

    fileprivate func entering(_ state: TenantState, at now: Date, reason: String?) -> Tenant {
        Tenant(
            id: id, cloud: cloud, name: name, domain: domain, tags: tags, addedAt: addedAt, state: state,
            stateSince: state == self.state ? stateSince : now, stateReason: reason)
    }
}

/// Why a change cannot be asked for.
package enum TenantChangeError: ExplainedError, Equatable {
    case nothing
    case invalidTags
    case invalidName
    case invalidReason
    case reasonMissing
    case stateReserved(TenantState)
    case refused(TenantID, TenantChange.Refusal)

    package var problem: Problem {
        switch self {
        case .nothing:
            Problem(
                .invalid, code: "change_empty", detail: "There is nothing to change.",
                nextStep: "Say what is to be set or taken away.")
        case .invalidTags:
            Problem(
                .invalid, code: "tags_invalid", detail: "The tags cannot be used.",
                nextStep: "Write key=value to set and key- to take away, each key once, with letters, digits, '.', "
                    + "'_' and '-', at most 63 each.")
        case .invalidName:
            Problem(
                .invalid, code: "tenant_name_invalid", detail: "The name cannot be used.",
                nextStep: "Use 1 to 200 characters without control characters.")
        case .invalidReason:
            Problem(
                .invalid, code: "reason_invalid", detail: "The reason cannot be used.",
                nextStep: "Use up to \(TenantChange.longestReason) characters without control characters.")
        case .reasonMissing:
            Problem(
                .invalid, code: "reason_missing", detail: "A quarantine needs a reason.",
                nextStep: "Say in one sentence what is wrong, for whoever is to end it.")
        case .stateReserved(let state):
            Problem(
                .invalid, code: "state_reserved", detail: "A tenant cannot be put into state '\(state.rawValue)' here.",
                nextStep: "Use active, paused or quarantined.")
        case .refused(let id, let refusal):
            Problem(
                .conflict, code: refusal.code, detail: "Tenant \(id) was not changed. \(refusal.detail)",
                nextStep: "Look at it with `tenantry tenant show \(id)`.")
        }
    }
}
