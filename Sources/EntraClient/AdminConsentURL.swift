package import Tenancy

/// Builds the address of Microsoft's admin-consent page, v2.
///
/// Source: learn.microsoft.com/entra/identity-platform/v2-admin-consent. Application permissions are granted through
/// `.default` only, and the tenant stands in the path, so that no other directory can answer.
package struct AdminConsentURL: AdminConsentAddress {
    private let table: CloudTable

    package init(table: CloudTable) {
        self.table = table
    }

    package func adminConsentURL(
        cloud: Cloud, tenant: TenantID, clientID: ClientID, resources: [Resource], redirectURI: String,
        state: OneTimeState
    ) -> Secret<String>? {
        guard let endpoints = table[cloud] else { return nil }
        let query = PercentEncoding.form([
            ("client_id", clientID.description), ("redirect_uri", redirectURI), ("state", state.exposed),
            ("scope", resources.map(\.defaultScope).joined(separator: " ")),
        ])
        return Secret("\(endpoints.authority)/\(tenant)/v2.0/adminconsent?\(query)")
    }
}
