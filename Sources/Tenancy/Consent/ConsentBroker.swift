package import FoundationEssentials

/// Builds Microsoft's admin-consent address. Implemented where the clouds' hosts are known.
package protocol AdminConsentAddress: Sendable {
    /// The v2 endpoint of that very tenant, asking for everything registered for the resources.
    ///
    /// - Returns: `nil` when the cloud is not configured.
    func adminConsentURL(
        cloud: Cloud, tenant: TenantID, clientID: ClientID, resources: [Resource], redirectURI: String,
        state: OneTimeState
    ) -> Secret<String>?
}

/// A link as it is handed to the operator. It carries the one-time state, so it is for the customer's eyes.
package struct ConsentLink: Sendable {
    package let attempt: ConsentAttempt
    package let tenant: Tenant
    /// Microsoft's page, directly.
    package let adminConsentURL: Secret<String>
}

/// What the page behind a link shows.
package struct ConsentInvitation: Sendable {
    package let app: App
    package let tenant: Tenant
    package let permissions: [Permission]
    package let expiresAt: Date
    /// `nil` when the link can no longer be used.
    package let adminConsentURL: Secret<String>?
    package let outcome: ConsentAttempt.Outcome?
    package let connection: Connection
}

/// Makes consent links and receives what comes back on them.
package struct ConsentBroker: Sendable {
    private let apps: any AppStore
    private let tenants: any TenantStore
    private let store: any ConsentStore
    private let address: any AdminConsentAddress
    private let clock: WallClock
    private let randomness: Randomness

    /// Links live this long unless said otherwise, and never longer than ``longestLife``.
    package static let defaultLife: TimeInterval = 7 * 86_400
    package static let longestLife: TimeInterval = 30 * 86_400

    package init(
        apps: any AppStore, tenants: any TenantStore, store: any ConsentStore, address: any AdminConsentAddress,
        clock: WallClock, randomness: Randomness
    ) {
        self.apps = apps
        self.tenants = tenants
        self.store = store
        self.address = address
        self.clock = clock
        self.randomness = randomness
    }

    /// Makes a link for that tenant and app. Earlier links stay valid until they expire or are used.
    package func link(
        tenant: Tenant, app: App, life: TimeInterval = defaultLife, by actor: Actor
    ) async throws(ConsentError) -> ConsentLink {
        guard tenant.cloud == app.cloud else { throw .otherCloud(tenant, app) }
        guard life >= 60, life <= Self.longestLife else { throw .invalidLife }
        guard let redirectURI = app.redirectURI, app.audience == .anyTenant else { throw .ownTenantOnly(app.name) }
        do {
            let release = try await apps.currentRelease(of: app.name)
            let now = clock.now()
            let attempt = ConsentAttempt(
                id: AttemptID(randomness), tenant: tenant.id, app: app.name, release: release.number,
                redirectURI: redirectURI, createdAt: now, expiresAt: now + life)
            guard url(for: attempt, app: app, release: release, state: Secret("")) != nil else {
                throw ConsentError.cloudNotConfigured(app.cloud)
            }
            let state = try await store.open(attempt, by: actor)
            guard let url = url(for: attempt, app: app, release: release, state: state) else {
                throw ConsentError.cloudNotConfigured(app.cloud)
            }
            return ConsentLink(attempt: attempt, tenant: tenant, adminConsentURL: url)
        } catch {
            throw ConsentError(error)
        }
    }

    /// What the page of that link shows; `nil` for an unknown link. Uses nothing up, so previews do no harm.
    package func invitation(_ id: AttemptID) async throws(ConsentError) -> ConsentInvitation? {
        do {
            guard let (attempt, state) = try await store.attempt(id), let app = try await apps.app(attempt.app),
                let tenant = try await tenants.tenant(.id(attempt.tenant))
            else { return nil }
            let release = try await apps.currentRelease(of: app.name)
            let connection = try await store.connection(attempt.tenant, attempt.app)
            let url =
                attempt.isOpen(at: clock.now()) ? url(for: attempt, app: app, release: release, state: state) : nil
            return ConsentInvitation(
                app: app, tenant: tenant, permissions: release.permissions, expiresAt: attempt.expiresAt,
                adminConsentURL: url, outcome: attempt.outcome, connection: connection)
        } catch {
            throw ConsentError(error)
        }
    }

    /// Takes what a browser brought. The answer is recorded durably, and proof is due at once, before this returns.
    package func receive(_ callback: UnverifiedConsentCallback) async throws(ConsentError) -> (
        ConsentAttempt, ConsentAnswer
    ) {
        do {
            guard let attempt = try await store.attempt(provenBy: callback.state) else {
                throw ConsentError.unknownState
            }
            guard attempt.outcome == nil else { throw ConsentError.alreadyUsed(attempt.id) }
            let now = clock.now()
            guard now < attempt.expiresAt else { throw ConsentError.expired(attempt.tenant) }
            let answer = callback.answer(to: attempt)
            let won = try await store.settle(
                attempt.id, with: answer, evidence: evidence(for: answer, at: now), at: now)
            guard won else { throw ConsentError.alreadyUsed(attempt.id) }
            return (attempt, answer)
        } catch {
            throw ConsentError(error)
        }
    }

    private func evidence(for answer: ConsentAnswer, at now: Date) -> [Evidence] {
        var rows = [Evidence(.stateMatched, passed: true, saw: "The state was ours and unused.", at: now)]
        switch answer {
        case .approved:
            rows.append(
                Evidence(.tenantPinned, passed: true, saw: "The answer names the tenant that was asked.", at: now))
        case .misdirected:
            rows.append(Evidence(.tenantPinned, passed: false, saw: answer.note?.detail ?? "", at: now))
        case .delayed, .declined, .failed: break
        }
        return rows
    }

    private func url(for attempt: ConsentAttempt, app: App, release: Release, state: OneTimeState) -> Secret<String>? {
        address.adminConsentURL(
            cloud: app.cloud, tenant: attempt.tenant, clientID: app.clientID, resources: release.resources,
            redirectURI: attempt.redirectURI, state: state)
    }
}

/// Why a link was not made or an answer not taken.
package enum ConsentError: ExplainedError, Equatable {
    case otherCloud(Tenant, App)
    case cloudNotConfigured(Cloud)
    case invalidLife
    /// The app is registered for its home tenant alone.
    case ownTenantOnly(AppName)
    /// A state that we never issued.
    case unknownState
    case alreadyUsed(AttemptID)
    case expired(TenantID)
    case store(StoreError)

    init(_ error: any Error) {
        self =
            switch error {
            case let error as ConsentError: error
            case let error as StoreError: .store(error)
            default: .store(.unavailable("unexpected failure"))
            }
    }

    package var problem: Problem {
        switch self {
        case .otherCloud(let tenant, let app):
            Problem(
                .conflict, code: "other_cloud",
                detail: "Tenant \(tenant.id) lives in cloud \(tenant.cloud.rawValue), "
                    + "app '\(app.name)' in \(app.cloud.rawValue); consent cannot cross.",
                nextStep: "Register the app in that cloud too and add it here.")
        case .cloudNotConfigured(let cloud):
            Problem(
                .invalid, code: "cloud_not_configured",
                detail: "This service has no authority for cloud \(cloud.rawValue).",
                nextStep: "Remove the custom authority from the settings, or use an app of its cloud.")
        case .invalidLife:
            Problem(
                .invalid, code: "link_life_invalid", detail: "A consent link cannot live for that time.",
                nextStep: "Choose from one minute to 30 days.")
        case .ownTenantOnly(let name):
            Problem(
                .conflict, code: "own_tenant_only",
                detail: "App '\(name)' works in its own tenant only, so no customer can consent to it.",
                nextStep: "Use another app, or register this one for AzureADMultipleOrgs with a redirect URI.")
        case .unknownState:
            Problem(
                .notFound, code: "state_unknown", detail: "This answer belongs to no link of ours.",
                nextStep: "Open the link you were sent and start again.")
        case .alreadyUsed:
            Problem(
                .gone, code: "state_used", detail: "This link was answered before.",
                nextStep: "Ask for a new link if something is still missing.")
        case .expired:
            Problem(.gone, code: "state_expired", detail: "This link has expired.", nextStep: "Ask for a new link.")
        case .store(let error): error.problem
        }
    }
}
