package import FoundationEssentials

/// Where a tenant stands with an app, why, and whose move it is: one answer for whoever is asked by the customer.
package struct TenantExplanation: Sendable, Equatable {
    package let tenant: Tenant
    package let app: AppName
    package let state: ConnectionState
    /// When the state was entered.
    package let since: Date
    /// What the state means: one sentence.
    package let meaning: String
    /// What went wrong last; `nil` when nothing did.
    package let fault: Fault?
    /// The authority's code of that fault, explained; `nil` when it gave none that this version knows.
    package let cause: Explanation?
    /// `nil` when nobody has to do anything.
    package let whoMustAct: WhoMustAct?
    /// One sentence.
    package let nextStep: String
    /// Ready to be sent; `nil` when it is not the customer's move.
    package let customerMessage: String?

    package init(_ row: ConsentReportRow, of app: App) {
        let connection = row.connection
        tenant = row.tenant
        self.app = app.name
        state = connection.state
        since = connection.since
        meaning = connection.state.meaning
        fault = connection.note
        let cause = connection.note?.trace?.aadsts.flatMap { Explanation.of(aadsts: $0, error: nil, status: nil) }
        self.cause = cause
        whoMustAct = row.whoMustAct
        let action = row.whoMustAct == .customerAdmin ? cause?.customerAction ?? connection.customerAction : nil
        customerMessage = action?.message(
            app: app.displayName,
            tenant: "\(row.tenant.name) (\(row.tenant.domain?.description ?? "\(row.tenant.id)"))",
            code: cause?.code)
        nextStep = Self.nextStep(connection, of: row.tenant, mover: row.whoMustAct, cause: cause)
    }

    private static func nextStep(
        _ connection: Connection, of customer: Tenant, mover: WhoMustAct?, cause: Explanation?
    ) -> String {
        if let cause, cause.whoMustAct == mover { return cause.remedy }
        let tenant = connection.tenant
        switch connection.state {
        case .granted where mover == nil && customer.state == .active: return "Nothing to do."
        case .granted where mover == nil:
            return
                "It gets no jobs while it is \(customer.state.rawValue); go on with `tenantry tenant resume \(tenant)`."
        case .none: return "Make a link with `tenantry consent link \(tenant)` and send it to the customer."
        case .claimed,
            .verifying where mover == .nobodyWait:
            return "Wait; it is looked again by itself."
        case .conflict:
            return
                "See `tenantry consent links \(tenant)`, then end it with `tenantry consent dismiss-conflict \(tenant)`."
        case .invited where connection.note?.code == Fault.requestSent:
            return "Send the message to the customer; an administrator of theirs must approve the request."
        case .unreachable where mover == .customerAdmin: return "Send the message to the customer."
        default: break
        }
        switch mover {
        case .you: return "Run `tenantry doctor`, then look again with `tenantry consent verify \(tenant)`."
        case .customerAdmin:
            return "Send the message to the customer, with a link that `tenantry consent link \(tenant)` makes."
        case .microsoft, .nobodyWait, nil:
            return "Wait, then look again with `tenantry consent verify \(tenant)`."
        }
    }
}

extension ConnectionState {
    /// What the state means: one sentence.
    package var meaning: String {
        switch self {
        case .none: "Nobody was asked for consent yet."
        case .invited: "A link was made, and no administrator has approved yet."
        case .claimed: "An administrator is said to have approved; the proof is being sought."
        case .verifying: "An administrator is said to have approved, and Microsoft does not show it yet."
        case .granted: "Everything is granted and proven."
        case .behind: "An earlier release is granted and works; the current one asks for more."
        case .narrowed: "Some of the permissions are not granted."
        case .revoked: "What was granted is no longer there."
        case .denied: "The customer's administrator did not approve."
        case .conflict: "Another tenant than the one asked answered the link."
        case .unreachable: "The tenant's authority refuses the app for a reason that lies in the tenant."
        }
    }
}

extension Connection {
    /// What to ask of the customer when no code of the authority says it better.
    fileprivate var customerAction: CustomerAction {
        switch state {
        case _ where note?.code == Fault.requestSent: .approveRequest
        case _ where note?.code == Fault.administratorMissing: .confirm
        case .none, .invited, .claimed, .verifying, .granted, .revoked, .conflict: .consent
        case .behind, .narrowed: .approveMore
        case .denied: .considerAgain
        case .unreachable: .unblockApp
        }
    }
}
