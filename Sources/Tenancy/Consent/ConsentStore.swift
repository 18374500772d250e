package import FoundationEssentials

/// One observed permission.
package struct Grant: Sendable, Equatable {
    package let resource: Resource
    package let role: String
    package let observedAt: Date

    package init(resource: Resource, role: String, observedAt: Date) {
        self.resource = resource
        self.role = role
        self.observedAt = observedAt
    }
}

/// One check of the proof: what was looked at, when, what it showed.
package struct Evidence: Sendable, Equatable {
    package enum Check: String, Sendable, CaseIterable {
        case stateMatched = "state_matched"
        case tenantPinned = "tenant_pinned"
        case token
        case roles
    }

    package let check: Check
    package let passed: Bool
    /// One sentence; never a token or a state.
    package let saw: String
    package let at: Date

    package init(_ check: Check, passed: Bool, saw: String, at: Date) {
        self.check = check
        self.passed = passed
        self.saw = saw
        self.at = at
    }
}

/// A tenant and where it stands with an app.
package struct ConsentStatus: Sendable, Equatable {
    package let tenant: Tenant
    package let connection: Connection
    package let grants: [Grant]

    package init(tenant: Tenant, connection: Connection, grants: [Grant]) {
        self.tenant = tenant
        self.connection = connection
        self.grants = grants
    }
}

/// Remembers consent. Every method is one transaction and durable when it returns.
package protocol ConsentStore: Sendable {
    /// Stores the attempt and applies `invited`. The state is derived, kept as a hash only, and returned.
    func open(_ attempt: ConsentAttempt, by actor: Actor) async throws(StoreError) -> OneTimeState

    /// The attempt of that id with its state; `nil` for an unknown id.
    func attempt(_ id: AttemptID) async throws(StoreError) -> (attempt: ConsentAttempt, state: OneTimeState)?

    /// The attempt that the state belongs to, whether open or not; `nil` for a state that was never issued.
    func attempt(provenBy state: OneTimeState) async throws(StoreError) -> ConsentAttempt?

    /// Uses the attempt up with that answer and applies the answer to its connection.
    ///
    /// - Returns: `false`, with nothing changed, when the attempt was used or had expired at that instant. Of any
    ///   number of simultaneous calls exactly one gets `true`.
    func settle(
        _ attempt: AttemptID, with answer: ConsentAnswer, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool

    /// The connection; one in state `none` when nothing happened yet.
    func connection(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> Connection

    /// Applies the event with ``Connection/applying(_:at:)`` and adds the evidence. Grants replace the earlier ones
    /// when the connection then ``Connection/takesGrants``; a connection that becomes `revoked` loses them. When the
    /// epoch moves, the tenant's stored tokens are deleted.
    ///
    /// - Returns: the connection as it is now.
    func apply(
        _ event: ConnectionEvent, to tenant: TenantID, _ app: AppName, grants: [Grant]?, evidence: [Evidence],
        at now: Date, by actor: Actor
    ) async throws(StoreError) -> Connection

    /// Connections whose check is due at that instant, the longest waiting first.
    func dueChecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)]

    /// When the next check is due; `nil` when none is.
    func nextCheck() async throws(StoreError) -> Date?

    /// Tenants of the app's cloud, by id, after the given one. Tenants nothing happened to are in state `none`.
    func statuses(of app: AppName, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [ConsentStatus]

    /// The status of one tenant; `nil` when it is unknown or lives in another cloud than the app.
    func status(of tenant: TenantID, app: AppName) async throws(StoreError) -> ConsentStatus?

    /// The evidence of a connection, newest look of each check.
    func evidence(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> [Evidence]
}
