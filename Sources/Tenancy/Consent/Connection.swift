package import FoundationEssentials

/// Where a tenant stands with an app.
package enum ConnectionState: String, Sendable, Codable, CaseIterable {
    case none, invited, claimed, verifying, granted, behind, narrowed, revoked, denied, conflict, unreachable
}

/// A check that is due at the authority.
package struct PendingCheck: Sendable, Equatable {
    package enum Reason: String, Sendable {
        /// A callback said yes; proof is sought with patience.
        case claim
        /// The authority refused a proven tenant once; a second look decides.
        case doubt
    }

    package let reason: Reason
    /// Looks taken so far.
    package let looks: Int
    package let due: Date

    package init(reason: Reason, looks: Int, due: Date) {
        self.reason = reason
        self.looks = looks
        self.due = due
    }
}

/// One tenant × one app: what is known of consent. A value; ``applying(_:at:)`` is the whole state machine.
package struct Connection: Sendable, Equatable {
    package let tenant: TenantID
    package let app: AppName
    package var state: ConnectionState
    /// When the state was entered.
    package var since: Date
    /// The release that was proven.
    package var release: Int?
    /// The object id of our service principal in the tenant.
    package var servicePrincipal: GUID?
    /// Counts changes of consent. Tokens of an earlier epoch are never served, and the store gives none twice: a
    /// connection that is deleted and comes again goes on where it ended.
    package var epoch: Int
    package var note: Fault?
    package var check: PendingCheck?
    /// When the tenant is looked at again though nobody waits for it; `nil` for never.
    package var recheckDue: Date?
    /// How many looks in a row found the tenant unreachable.
    package var unreachableLooks: Int

    package init(
        tenant: TenantID, app: AppName, state: ConnectionState = .none, since: Date, release: Int? = nil,
        servicePrincipal: GUID? = nil, epoch: Int = 0, note: Fault? = nil, check: PendingCheck? = nil,
        recheckDue: Date? = nil, unreachableLooks: Int = 0
    ) {
        self.tenant = tenant
        self.app = app
        self.state = state
        self.since = since
        self.release = release
        self.servicePrincipal = servicePrincipal
        self.epoch = epoch
        self.note = note
        self.check = check
        self.recheckDue = recheckDue
        self.unreachableLooks = unreachableLooks
    }
}

extension Connection {
    /// Whether every role of a release was proven once, and consent has not been disproven since; only then are tokens
    /// handed out. `narrowed` without a release is a first consent that was never whole.
    package var isProven: Bool {
        switch state {
        case .granted, .behind, .narrowed: release != nil
        case .none, .invited, .claimed, .verifying, .revoked, .denied, .conflict, .unreachable: false
        }
    }
}

extension Connection {
    /// Whether what was proven once still stands: it is proven now, or the tenant is merely out of reach. Such a tenant
    /// need prove nothing anew, and no answer that failed takes anything from it.
    package var hasStandingProof: Bool { isProven || state == .unreachable && release != nil }
}

extension Connection {
    /// The release that is proven now; `nil` for none. A narrowed one is not: something of it is missing.
    package var provenRelease: Int? { state.isConsented ? release : nil }
}

extension ConnectionState {
    /// Whether a whole release is proven.
    package var isConsented: Bool { self == .granted || self == .behind }
}

extension Connection {
    /// Whether a look has settled what is granted, so that the grants it saw replace the earlier ones.
    package var takesGrants: Bool { check == nil && [.granted, .behind, .narrowed].contains(state) }
}
