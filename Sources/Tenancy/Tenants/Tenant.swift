package import FoundationEssentials

/// A customer's directory that the ISV works for.
package struct Tenant: Sendable, Equatable {
    package let id: TenantID
    package let cloud: Cloud
    /// What the ISV calls the customer: 1 to 200 characters, without control characters.
    package let name: String
    /// The domain it was added by, when it was added by one.
    package let domain: TenantDomain?
    package let tags: Tags
    package let addedAt: Date
    package let state: TenantState
    /// When the state was entered.
    package let stateSince: Date
    /// Why, in the words of whoever changed it.
    package let stateReason: String?

    /// - Parameter stateSince: when it was added, unless said otherwise.
    package init(
        id: TenantID, cloud: Cloud, name: String, domain: TenantDomain?, tags: Tags, addedAt: Date,
        state: TenantState = .active, stateSince: Date? = nil, stateReason: String? = nil
    ) {
        self.id = id
        self.cloud = cloud
        self.name = name
        self.domain = domain
        self.tags = tags
        self.addedAt = addedAt
        self.state = state
        self.stateSince = stateSince ?? addedAt
        self.stateReason = stateReason
    }
}

extension Tenant {
    /// Whether the text can be what a customer is called.
    package static func isName(_ text: String) -> Bool {
        (1...200).contains(text.count)
            && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
    }
}

/// What Microsoft's discovery says about a tenant.
package struct DiscoveredTenant: Sendable, Hashable {
    package let id: TenantID
    package let cloud: Cloud

    package init(id: TenantID, cloud: Cloud) {
        self.id = id
        self.cloud = cloud
    }
}

/// Asks the authority which tenant a name stands for.
package protocol TenantDiscovery: Sendable {
    /// Asks the host of every configured cloud, or of one, and refuses a name that means different tenants.
    ///
    /// - Throws: ``OnboardingError`` with `unknown`, `ambiguous` or `undecided` (an authority could not be asked).
    func discover(_ reference: TenantReference, in cloud: Cloud?) async throws(OnboardingError) -> DiscoveredTenant
}

/// Remembers tenants. Every method is one transaction.
package protocol TenantStore: Sendable {
    /// Adds the tenants and carries the changes out, with an audit entry for each, durably, all or none. A change that
    /// a tenant refuses changes nothing of that tenant.
    ///
    /// - Throws: ``StoreError/alreadyExists(_:)`` naming the first tenant that is there already.
    func add(
        _ tenants: [Tenant], changing known: [(id: TenantID, change: TenantChange)], at now: Date, by actor: Actor
    ) async throws(StoreError)

    /// Changes one tenant, with its event and audit entry, durably. A change that changes nothing leaves no trace.
    ///
    /// - Returns: `nil` for an unknown tenant.
    func change(
        _ id: TenantID, _ change: TenantChange, at now: Date, by actor: Actor
    ) async throws(StoreError) -> TenantChange.Outcome?

    /// The tenant with that id, or the one that was added by that domain; `nil` when there is none.
    func tenant(_ reference: TenantReference) async throws(StoreError) -> Tenant?

    /// Up to `limit` tenants ordered by id, after the given one.
    func tenants(after id: TenantID?, limit: Int) async throws(StoreError) -> [Tenant]
}

extension TenantStore {
    /// Adds the tenants and one audit entry for each, durably, all or none.
    ///
    /// - Throws: ``StoreError/alreadyExists(_:)`` naming the first tenant that is there already.
    package func add(_ tenants: [Tenant], by actor: Actor) async throws(StoreError) {
        try await add(tenants, changing: [], at: Date.distantPast, by: actor)
    }
}
