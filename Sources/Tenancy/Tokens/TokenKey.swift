/// What a token is good for. A structured value: no two different keys can ever spell the same.
package struct TokenKey: Hashable, Sendable {
    package let cloud: Cloud
    package let tenant: TenantID
    package let clientID: ClientID
    package let resource: Resource

    package init(cloud: Cloud, tenant: TenantID, clientID: ClientID, resource: Resource) {
        self.cloud = cloud
        self.tenant = tenant
        self.clientID = clientID
        self.resource = resource
    }

    /// Cloud and app tell few keys apart, and hashing is what a hit spends its time with.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(tenant)
        hasher.combine(resource)
    }
}
