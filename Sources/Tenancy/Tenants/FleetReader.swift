/// Asks for many tenants at once. Only reads; each method sees one state of the store.
///
/// Pages begin after a key and never count rows. A selector that asks about consent is asked with an app; without one
/// such a term holds for no tenant. A selector that names a group that is not there throws
/// ``StoreError/notFound(_:)``.
package protocol FleetReader: Sendable {
    /// Up to `limit` selected tenants by id, after the given one.
    func tenants(
        _ selector: Selector, app: AppName?, after tenant: TenantID?, limit: Int
    ) async throws(StoreError) -> [Tenant]

    /// Every selected tenant, by id.
    func members(_ selector: Selector, app: AppName?) async throws(StoreError) -> [TenantID]

    /// Up to `limit` selected tenants of the app's cloud and where they stand, by id, after the given one. Tenants
    /// nothing happened to are in state `none`.
    func statuses(
        of app: AppName, _ selector: Selector, after tenant: TenantID?, limit: Int
    ) async throws(StoreError) -> [ConsentStatus]

    /// How many tenants of the app's cloud stand where; tenants nothing happened to are in state `none`.
    func counts(of app: AppName) async throws(StoreError) -> [ConsentCount]
}
