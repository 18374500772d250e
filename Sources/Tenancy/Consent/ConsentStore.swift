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
        /// Somebody signed in at the tenant whose directory role allows consent.
        case administrator
        case token
        case roles
        /// Graph, asked with the token, names that very tenant.
        case probe
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

/// What ties an administrator's sign-in to one attempt. Derived, never stored.
package struct SignInBinding: Sendable {
    /// The `state` of the sign-in; it names the attempt and proves that we issued it.
    package let state: OneTimeState
    package let nonce: Secret<String>
    /// PKCE, RFC 7636.
    package let codeVerifier: Secret<String>
    /// A cookie that the browser which said yes holds; a sign-in that was begun elsewhere has it not.
    package let browser: Secret<String>

    package init(
        state: OneTimeState, nonce: Secret<String>, codeVerifier: Secret<String>, browser: Secret<String>
    ) {
        self.state = state
        self.nonce = nonce
        self.codeVerifier = codeVerifier
        self.browser = browser
    }
}

/// A tenant and where it stands with an app.
package struct ConsentStatus: Sendable, Equatable {
    package let tenant: Tenant
    package let connection: Connection
    package let grants: [Grant]
    /// When the newest look of any check was taken; `nil` when there was none.
    package let evidenceAt: Date?

    package init(tenant: Tenant, connection: Connection, grants: [Grant], evidenceAt: Date? = nil) {
        self.tenant = tenant
        self.connection = connection
        self.grants = grants
        self.evidenceAt = evidenceAt
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

    /// Records the answer on the attempt and applies it to its connection. A yes uses the attempt up; any other answer
    /// leaves it open, and one that says what the last one said changes nothing.
    ///
    /// - Returns: `false`, with nothing changed, when the attempt was used up or had expired at that instant. Of any
    ///   number of simultaneous calls with a yes exactly one gets `true`.
    func settle(
        _ attempt: AttemptID, with answer: ConsentAnswer, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool

    /// Up to `limit` attempts of that tenant and app, the newest first.
    func attempts(of tenant: TenantID, _ app: AppName, limit: Int) async throws(StoreError) -> [ConsentAttempt]

    /// Takes an open attempt back, so that nobody can answer it. The connection is released when it was the last one.
    ///
    /// - Returns: `false`, with nothing changed, when it was not open at that instant.
    func cancel(_ attempt: AttemptID, by actor: Actor, at now: Date) async throws(StoreError) -> Bool

    /// What a sign-in after that attempt is bound to; the same each time.
    func signIn(after attempt: ConsentAttempt) -> SignInBinding

    /// The attempt whose ``SignInBinding/state`` that is; `nil` for a state that was never issued.
    func attempt(signedInBy state: OneTimeState) async throws(StoreError) -> ConsentAttempt?

    /// Records who signed in after the attempt and applies `confirmed`.
    ///
    /// - Returns: `false`, with nothing changed, when somebody had signed in before.
    func confirm(
        _ attempt: AttemptID, administrator: GUID, evidence: [Evidence], at now: Date
    ) async throws(StoreError) -> Bool

    /// Adds evidence that changes nothing else.
    func note(_ evidence: [Evidence], of tenant: TenantID, _ app: AppName) async throws(StoreError)

    /// The connection; one in state `none` when nothing happened yet.
    func connection(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> Connection

    /// Applies the event with ``Connection/applying(_:at:)`` and adds the evidence. Grants replace the earlier ones
    /// when the connection then ``Connection/takesGrants``; a connection that becomes `revoked` loses them.
    ///
    /// - Returns: the connection as it is now.
    func apply(
        _ event: ConnectionEvent, to tenant: TenantID, _ app: AppName, grants: [Grant]?, evidence: [Evidence],
        at now: Date, by actor: Actor
    ) async throws(StoreError) -> Connection

    /// Applies the verdict of a look that began while the connection was in that epoch, as ``apply(_:to:_:grants:evidence:at:by:)``
    /// does. When it is in another one by now, somebody was refused or saw something else meanwhile, and an older look
    /// must not undo that: `overtaken` is applied instead, without grants and evidence.
    ///
    /// - Returns: the connection as it is now, and whether the verdict counted.
    func judge(
        _ verdict: Verdict, seenIn epoch: Int, of tenant: TenantID, _ app: AppName, grants: [Grant]?,
        evidence: [Evidence], at now: Date, by actor: Actor
    ) async throws(StoreError) -> (connection: Connection, counts: Bool)

    /// Connections whose check is due at that instant, the longest waiting first.
    func dueChecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)]

    /// Connections without a pending check whose routine look is due at that instant, the longest waiting first.
    func dueRechecks(at now: Date, limit: Int) async throws(StoreError) -> [(tenant: TenantID, app: AppName)]

    /// When the next check is due; `nil` when none is.
    func nextCheck() async throws(StoreError) -> Date?

    /// Tenants of the app's cloud, by id, after the given one. Tenants nothing happened to are in state `none`.
    func statuses(of app: AppName, after tenant: TenantID?, limit: Int) async throws(StoreError) -> [ConsentStatus]

    /// The status of one tenant; `nil` when it is unknown or lives in another cloud than the app.
    func status(of tenant: TenantID, app: AppName) async throws(StoreError) -> ConsentStatus?

    /// The evidence of a connection, newest look of each check.
    func evidence(_ tenant: TenantID, _ app: AppName) async throws(StoreError) -> [Evidence]
}
