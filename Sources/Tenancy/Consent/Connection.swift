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
    /// Counts changes of consent. Tokens of an earlier epoch are never served.
    package var epoch: Int
    package var note: Fault?
    package var check: PendingCheck?

    package init(
        tenant: TenantID, app: AppName, state: ConnectionState = .none, since: Date, release: Int? = nil,
        servicePrincipal: GUID? = nil, epoch: Int = 0, note: Fault? = nil, check: PendingCheck? = nil
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
    /// Whether a look has settled what is granted, so that the grants it saw replace the earlier ones.
    package var takesGrants: Bool { check == nil && [.granted, .behind, .narrowed].contains(state) }
}

/// How long proof is waited for after a callback said yes: Entra needs from seconds to some minutes.
package enum Patience {
    /// Pauses before the second, third … look, 15 minutes in all. The first look is at once.
    ///
    /// Source: lags of seconds to 15 minutes reported for roles in tokens and for error 650051.
    package static let pauses: [TimeInterval] = [1, 2, 3, 5, 9, 20, 40, 60, 120, 240, 400]
    /// A refusal of a proven tenant is looked at again after this time.
    package static let secondLook: TimeInterval = 10
    /// An authority that cannot be asked is asked again after this time; such looks are not counted.
    package static let authorityTrouble: TimeInterval = 15
    /// When our own credential or request is refused, only an operator can cure it.
    package static let ownTrouble: TimeInterval = 300
}
