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
    /// Roles the tenant has granted that a new consent would take away, sorted.
    package let wouldRemove: [String]
}

/// What the page behind a link shows.
package struct ConsentInvitation: Sendable {
    package let app: App
    package let tenant: Tenant
    package let permissions: [Permission]
    /// Those of the permissions that the tenant has granted already.
    package let granted: [Permission]
    package let attempt: ConsentAttempt
    /// `nil` when the link can no longer be used.
    package let adminConsentURL: Secret<String>?
    /// Where the administrator who said yes signs in to confirm it; `nil` when that is not wanted any more.
    package let signIn: (url: Secret<String>, browser: Secret<String>)?
    package let connection: Connection
    package let evidence: [Evidence]
}

/// Makes consent links, and receives what comes back on them.
package struct ConsentBroker: Sendable {
    let apps: any AppStore
    private let tenants: any TenantStore
    private let registrations: any RegistrationStore
    let store: any ConsentStore
    private let address: any AdminConsentAddress
    let authority: any AdministratorAuthority
    let clock: WallClock
    private let randomness: Randomness
    /// One code of a link is redeemed at a time: who holds the link may bring any number of them.
    let signIns = Turns<AttemptID>()

    /// Links live this long unless said otherwise, and never longer than ``longestLife``.
    package static let defaultLife: TimeInterval = 7 * 86_400
    package static let longestLife: TimeInterval = 30 * 86_400

    package init(
        apps: any AppStore, tenants: any TenantStore, registrations: any RegistrationStore, store: any ConsentStore,
        address: any AdminConsentAddress, authority: any AdministratorAuthority, clock: WallClock,
        randomness: Randomness
    ) {
        self.apps = apps
        self.tenants = tenants
        self.registrations = registrations
        self.store = store
        self.address = address
        self.authority = authority
        self.clock = clock
        self.randomness = randomness
    }

    /// Makes a link for that tenant and app. Earlier links stay valid until they expire, are used or are cancelled.
    ///
    /// - Parameter mayNarrow: whether it may be made though a consent by it would take roles away that are granted.
    /// - Throws: ``ConsentError/wouldNarrow(_:_:)`` naming those roles, when it may not.
    package func link(
        tenant: Tenant, app: App, life: TimeInterval = defaultLife, mayNarrow: Bool = false, campaign: String? = nil,
        by actor: Actor
    ) async throws(ConsentError) -> ConsentLink {
        guard tenant.cloud == app.cloud else { throw .otherCloud(tenant, app) }
        guard life >= 60, life <= Self.longestLife else { throw .invalidLife }
        guard let redirectURI = app.redirectURI, app.audience == .anyTenant else { throw .ownTenantOnly(app.name) }
        do {
            let release = try await apps.currentRelease(of: app.name)
            let demand = try await demand(of: app, release, from: tenant.id)
            guard demand.wouldRemove.isEmpty || mayNarrow else {
                throw ConsentError.wouldNarrow(tenant, demand.wouldRemove)
            }
            let now = clock.now()
            let attempt = ConsentAttempt(
                id: AttemptID(randomness), tenant: tenant.id, app: app.name, release: release.number,
                redirectURI: redirectURI, createdAt: now, expiresAt: now + life, campaign: campaign)
            guard url(for: attempt, app: app, demand, state: Secret("")) != nil else {
                throw ConsentError.cloudNotConfigured(app.cloud)
            }
            let state = try await store.open(attempt, by: actor)
            guard let url = url(for: attempt, app: app, demand, state: state) else {
                throw ConsentError.cloudNotConfigured(app.cloud)
            }
            return ConsentLink(
                attempt: attempt, tenant: tenant, adminConsentURL: url, wouldRemove: demand.wouldRemove)
        } catch {
            throw ConsentError(error)
        }
    }

    /// What a consent given now asks for.
    private struct Demand {
        /// In what follows `/.default`: of the release, and whatever else was granted, so that a consent by the link
        /// takes nothing away.
        let resources: [Resource]
        let wouldRemove: [String]
    }

    /// A consent makes what is registered the whole of what is granted, so the union of both is asked for. What is
    /// registered no longer cannot be asked for.
    private func demand(of app: App, _ release: Release, from tenant: TenantID) async throws(StoreError) -> Demand {
        let grants = try await store.status(of: tenant, app: app.name)?.grants ?? []
        let registered = try await registrations.registration(app.name)?.applied?.permissions ?? release.permissions
        let askable = registered + release.permissions
        var resources = release.resources
        for grant in grants where !resources.contains(grant.resource) {
            if askable.contains(where: { $0.resource == grant.resource }) { resources.append(grant.resource) }
        }
        let lost = grants.filter { grant in
            !askable.contains { $0.resource == grant.resource && $0.role == grant.role }
        }
        return Demand(resources: resources, wouldRemove: lost.map(\.role).sorted())
    }

    private func url(for attempt: ConsentAttempt, app: App, _ demand: Demand, state: OneTimeState) -> Secret<String>? {
        address.adminConsentURL(
            cloud: app.cloud, tenant: attempt.tenant, clientID: app.clientID, resources: demand.resources,
            redirectURI: attempt.redirectURI, state: state)
    }

    /// What the page of that link shows; `nil` for an unknown link. Uses nothing up, so previews do no harm.
    package func invitation(_ id: AttemptID) async throws(ConsentError) -> ConsentInvitation? {
        do {
            guard let (attempt, state) = try await store.attempt(id), let app = try await apps.app(attempt.app),
                let tenant = try await tenants.tenant(.id(attempt.tenant)),
                let status = try await store.status(of: attempt.tenant, app: attempt.app)
            else { return nil }
            let release = try await apps.currentRelease(of: app.name)
            let demand = try await demand(of: app, release, from: attempt.tenant)
            return ConsentInvitation(
                app: app, tenant: tenant, permissions: release.permissions,
                granted: release.permissions.filter { permission in
                    status.grants.contains { $0.resource == permission.resource && $0.role == permission.role }
                },
                attempt: attempt,
                adminConsentURL: attempt.isOpen(at: clock.now())
                    && !(attempt.outcome == .delayed && status.connection.isProven)
                    ? url(for: attempt, app: app, demand, state: state) : nil,
                signIn: signIn(after: attempt, app: app, status.connection), connection: status.connection,
                evidence: try await store.evidence(attempt.tenant, attempt.app))
        } catch {
            throw ConsentError(error)
        }
    }

    private func signIn(
        after attempt: ConsentAttempt, app: App, _ connection: Connection
    ) -> (url: Secret<String>, browser: Secret<String>)? {
        guard app.administratorSignIn == .required, attempt.isApproved, attempt.administrator == nil,
            !connection.isProven
        else { return nil }
        let binding = store.signIn(after: attempt)
        return authority.signInURL(AdministratorSignIn(after: attempt, app: app, bound: binding)).map {
            ($0, binding.browser)
        }
    }

    /// Takes an open link back.
    ///
    /// - Throws: ``ConsentError/notOpen(_:)`` when it was used, has expired or was never made.
    package func cancel(_ id: AttemptID, by actor: Actor) async throws(ConsentError) {
        do {
            guard try await store.cancel(id, by: actor, at: clock.now()) else { throw ConsentError.notOpen(id) }
        } catch {
            throw ConsentError(error)
        }
    }

    /// Ends a conflict: what another tenant answered counts for nothing, and the customer's own tenant is where it
    /// was before.
    ///
    /// - Throws: ``ConsentError/noConflict(_:)``.
    package func dismissConflict(
        of tenant: Tenant, app: App, by actor: Actor
    ) async throws(ConsentError) -> Connection {
        do {
            guard try await store.connection(tenant.id, app.name).state == .conflict else {
                throw ConsentError.noConflict(tenant)
            }
            let now = clock.now()
            let open = try await store.attempts(of: tenant.id, app.name, limit: 20).contains { $0.isOpen(at: now) }
            return try await store.apply(
                .released(hasOpenLink: open), to: tenant.id, app.name, grants: nil, evidence: [], at: now, by: actor)
        } catch {
            throw ConsentError(error)
        }
    }
}
