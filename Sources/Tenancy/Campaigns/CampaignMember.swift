package import FoundationEssentials

/// Where a tenant stands in a campaign. Derived from its connection and its link, never stored.
package enum MemberState: String, Sendable, CaseIterable {
    /// Its wave is not open yet, or its link is about to be made.
    case waiting
    /// It has a link and has not answered.
    case sent
    /// It said yes; proof is being sought.
    case verifying
    /// What the campaign asks for is proven.
    case granted
    case declined
    /// Another tenant answered.
    case conflict
    /// No link could be made for it.
    case refused
    /// The link ran out without a yes.
    case expired

    /// Whether nothing more is done for it.
    package var isSettled: Bool {
        switch self {
        case .granted, .declined, .refused: true
        case .waiting, .sent, .verifying, .conflict, .expired: false
        }
    }

    /// - Parameters:
    ///   - proven: the release that the tenant's connection proves now; `nil` for none.
    ///   - release: that the campaign asks for.
    ///   - link: how the newest of the campaign for the tenant was answered, and whether it can be.
    package init(
        isRefused: Bool, proven: Int?, connection: ConnectionState, release: Int,
        link: (outcome: ConsentAttempt.Outcome?, isOpen: Bool)?
    ) {
        if let proven, proven >= release {
            self = .granted
        } else if isRefused {
            self = .refused
        } else if let link {
            switch link.outcome {
            case .approved, .delayed: self = .verifying
            case .declined: self = .declined
            case .misdirected where connection == .conflict: self = .conflict
            case nil, .requested, .failed, .misdirected, .cancelled: self = link.isOpen ? .sent : .expired
            }
        } else {
            self = .waiting
        }
    }
}

/// One tenant of a campaign.
package struct CampaignMember: Sendable, Equatable {
    package let tenant: Tenant
    /// Counted from 1.
    package let wave: Int
    package let state: MemberState
    package let link: ConsentAttempt?
    /// Reminders that were sent.
    package let reminders: Int
    /// Why no link could be made.
    package let fault: Fault?

    package init(
        tenant: Tenant, wave: Int, state: MemberState, link: ConsentAttempt?, reminders: Int, fault: Fault?
    ) {
        self.tenant = tenant
        self.wave = wave
        self.state = state
        self.link = link
        self.reminders = reminders
        self.fault = fault
    }
}

/// How many tenants of one wave stand where.
package struct WaveProgress: Sendable, Equatable {
    /// Counted from 1.
    package let wave: Int
    package let counts: [MemberState: Int]

    package init(wave: Int, counts: [MemberState: Int]) {
        self.wave = wave
        self.counts = counts
    }

    package var tenants: Int { counts.values.reduce(0, +) }
    package var isSettled: Bool { counts.allSatisfy { $0.value == 0 || $0.key.isSettled } }
}

/// Remembers campaigns. Every method is one transaction, durable when it returns.
package protocol CampaignStore: Sendable {
    /// Adds the campaign with its tenants, in the order of the waves.
    func start(_ campaign: Campaign, waves: [[TenantID]], by actor: Actor) async throws(StoreError)

    /// Every campaign, the newest first.
    func campaigns() async throws(StoreError) -> [Campaign]

    func campaign(_ id: CampaignID) async throws(StoreError) -> Campaign?

    /// Changes the state of a campaign that is not over, with its event and audit entry.
    ///
    /// - Returns: the campaign as it is then; `nil`, with nothing changed, when it was over or unknown.
    func change(
        _ id: CampaignID, to state: CampaignState, by actor: Actor, at now: Date
    ) async throws(StoreError) -> Campaign?

    /// Opens the next wave earlier than planned.
    ///
    /// - Returns: `false`, with nothing changed, when the campaign does not run or every wave is open.
    func hurry(_ id: CampaignID, by actor: Actor, at now: Date) async throws(StoreError) -> Bool

    func progress(_ id: CampaignID, at now: Date) async throws(StoreError) -> [WaveProgress]

    /// Up to `limit` tenants by id, after the given one.
    func members(
        _ id: CampaignID, after tenant: TenantID?, limit: Int, at now: Date
    ) async throws(StoreError) -> [CampaignMember]

    /// Up to `limit` active tenants of that wave and the ones before that have no link of the campaign yet, are not
    /// refused and have not granted the release. None when the campaign does not run.
    func withoutLink(
        _ id: CampaignID, throughWave wave: Int, limit: Int
    ) async throws(StoreError) -> [TenantID]

    /// No link can be made for the tenant. Changes nothing when the campaign does not run.
    func refuse(_ tenant: TenantID, in id: CampaignID, _ fault: Fault) async throws(StoreError)

    /// The next wave is open, and its links are made. Changes nothing when the campaign does not run.
    func opened(wave: Int, of id: CampaignID, next: Date?, at now: Date) async throws(StoreError)

    /// Up to `limit` active tenants whose next reminder is due and who have neither said yes nor no.
    func dueReminders(
        _ id: CampaignID, at now: Date, limit: Int
    ) async throws(StoreError) -> [CampaignMember]

    /// The reminder of that number, counted from 1: an event for whoever writes to customers, and never twice. Those
    /// before it are not made up for. It does not hold the link, which is a key to the customer's page; who may send it asks for it.
    func remind(_ tenant: TenantID, in id: CampaignID, number: Int, at now: Date) async throws(StoreError)
}
