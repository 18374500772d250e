package import FoundationEssentials

/// One line of the consent report: a tenant, and where it stands with the app.
package struct ConsentReportRow: Sendable, Equatable {
    package let tenant: Tenant
    package let connection: Connection
    /// Roles seen in the tenant's own token, sorted.
    package let granted: [String]
    /// Roles of the current release that were not seen, sorted.
    package let missing: [String]
    /// Whose move it is; `nil` when nobody has to do anything.
    package let whoMustAct: WhoMustAct?
    /// When the newest look of any check was taken.
    package let evidenceAt: Date?

    package init(_ status: ConsentStatus, release: Release) {
        tenant = status.tenant
        connection = status.connection
        granted = status.grants.map(\.role).sorted()
        missing = release.permissions.filter { permission in
            !status.grants.contains { $0.resource == permission.resource && $0.role == permission.role }
        }.map(\.role).sorted()
        whoMustAct = status.connection.state.mover(noted: status.connection.note?.whoMustAct)
        evidenceAt = status.evidenceAt
    }
}

extension ConnectionState {
    /// Whose move it is in that state, when the connection's note names somebody; `nil` when nobody has to do anything.
    package func mover(noted: WhoMustAct?) -> WhoMustAct? {
        switch self {
        case .granted: noted
        case .none: .you
        // What went wrong on our side was no answer of the customer's.
        case .invited: noted == .you ? .you : .customerAdmin
        case .claimed: noted ?? .nobodyWait
        case .verifying: .nobodyWait
        case .conflict: .you
        case .behind, .narrowed, .denied, .revoked, .unreachable: noted ?? .customerAdmin
        }
    }
}

/// Answers who has consented to what. Only reads.
package struct Reporter: Sendable {
    private let apps: any AppStore
    private let consent: any ConsentStore
    private let fleet: any FleetReader

    package init(apps: any AppStore, consent: any ConsentStore, fleet: any FleetReader) {
        self.apps = apps
        self.consent = consent
        self.fleet = fleet
    }

    /// Up to `limit` rows of selected tenants by id, after the given tenant.
    package func consentRows(
        of app: AppName, _ selector: Selector = .everything, after tenant: TenantID?, limit: Int
    ) async throws(StoreError) -> [ConsentReportRow] {
        let release = try await apps.currentRelease(of: app)
        return try await fleet.statuses(of: app, selector, after: tenant, limit: limit).map {
            ConsentReportRow($0, release: release)
        }
    }

    /// How many tenants stand where.
    package func consentSummary(of app: AppName) async throws(StoreError) -> ConsentSummary {
        let release = try await apps.currentRelease(of: app)
        return ConsentSummary(app: app, release: release.number, try await fleet.counts(of: app))
    }

    /// The row of one tenant; `nil` when it lives in another cloud than the app.
    package func consentRow(of tenant: Tenant, app: AppName) async throws(StoreError) -> ConsentReportRow? {
        let release = try await apps.currentRelease(of: app)
        guard let status = try await consent.status(of: tenant.id, app: app) else { return nil }
        return ConsentReportRow(status, release: release)
    }
}
