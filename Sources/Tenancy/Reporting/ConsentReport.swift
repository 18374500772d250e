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

    package init(_ status: ConsentStatus, release: Release) {
        tenant = status.tenant
        connection = status.connection
        granted = status.grants.map(\.role).sorted()
        missing = release.permissions.filter { permission in
            !status.grants.contains { $0.resource == permission.resource && $0.role == permission.role }
        }.map(\.role).sorted()
        whoMustAct = Self.mover(of: status.connection)
    }

    private static func mover(of connection: Connection) -> WhoMustAct? {
        switch connection.state {
        case .granted: connection.note?.whoMustAct
        case .none: .you
        // What went wrong on our side was no answer of the customer's.
        case .invited: connection.note?.whoMustAct == .you ? .you : .customerAdmin
        case .claimed: connection.note?.whoMustAct ?? .nobodyWait
        case .verifying: .nobodyWait
        case .conflict: .you
        case .behind, .narrowed, .denied, .revoked, .unreachable: connection.note?.whoMustAct ?? .customerAdmin
        }
    }
}

/// Answers who has consented to what. Only reads.
package struct Reporter: Sendable {
    private let apps: any AppStore
    private let consent: any ConsentStore

    package init(apps: any AppStore, consent: any ConsentStore) {
        self.apps = apps
        self.consent = consent
    }

    /// Up to `limit` rows by tenant id, after the given tenant.
    package func consentRows(of app: AppName, after tenant: TenantID?, limit: Int) async throws(StoreError)
        -> [ConsentReportRow]
    {
        let release = try await apps.currentRelease(of: app)
        return try await consent.statuses(of: app, after: tenant, limit: limit).map {
            ConsentReportRow($0, release: release)
        }
    }

    /// The row of one tenant; `nil` when it lives in another cloud than the app.
    package func consentRow(of tenant: Tenant, app: AppName) async throws(StoreError) -> ConsentReportRow? {
        let release = try await apps.currentRelease(of: app)
        guard let status = try await consent.status(of: tenant.id, app: app) else { return nil }
        return ConsentReportRow(status, release: release)
    }
}
