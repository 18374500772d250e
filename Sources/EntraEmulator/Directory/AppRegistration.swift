import FoundationEssentials

/// An application object: what its owner registered, once, in the home tenant.
struct AppRegistration: Sendable {
    /// Who may use the application (`signInAudience`).
    enum Audience: String, Sendable, CaseIterable {
        case homeTenant = "AzureADMyOrg"
        case anyTenant = "AzureADMultipleOrgs"
        case anyTenantAndPersonal = "AzureADandPersonalMicrosoftAccount"
    }

    /// A password credential.
    struct Secret: Sendable {
        let value: String
        /// The instant from which it is refused, `nil` for never.
        let expires: Date?
    }

    /// Application permissions of one resource (`requiredResourceAccess` of type Role).
    struct Permissions: Sendable {
        let resource: ResourceServer
        let roles: [String]
    }

    let clientID: GUID
    var displayName: String
    /// Identifier or domain of the tenant that owns the application; it need not exist here.
    var homeTenant: String
    var audience: Audience
    var redirectURIs: [String]
    var secrets: [Secret]
    var certificates: [RegisteredCertificate]
    var permissions: [Permissions]

    /// Whether the application can be used in that tenant at all.
    func isAvailable(in tenant: Tenant) -> Bool {
        switch audience {
        case .anyTenant, .anyTenantAndPersonal: true
        case .homeTenant: homeTenant.lowercased() == tenant.id.text || tenant.domains.contains(homeTenant.lowercased())
        }
    }
}
