import FoundationEssentials

/// An application object: what its owner registered, once, in the home tenant.
struct AppRegistration: Sendable {
    /// Who may use the application (`signInAudience`).
    enum Audience: String, Sendable, CaseIterable {
        case homeTenant = "AzureADMyOrg"
        case anyTenant = "AzureADMultipleOrgs"
        case anyTenantAndPersonal = "AzureADandPersonalMicrosoftAccount"
    }

    /// Application permissions of one resource, by the values tokens carry.
    struct Permissions: Sendable {
        let resource: ResourceServer
        let roles: [String]
    }

    let clientID: GUID
    /// The identifier of the object itself, which paths of Graph name; another one than the client's.
    let objectID: GUID
    let created: Date
    /// From then on every replica of Graph knows it.
    let replicatedFrom: Date
    /// The name its owner gave it to find it again; never changes, and no other application of the tenant has it.
    let uniqueName: String?
    var displayName: String
    /// Identifier or domain of the tenant that owns the application; it need not exist here.
    var homeTenant: String
    var audience: Audience
    var redirectURIs: [String] = []
    var secrets: [Published<PasswordCredential>] = []
    var keys: [Published<KeyCredential>] = []
    var federatedCredentials: [Published<FederatedCredential>] = []
    /// What it asks for, as identifiers; ``Directory/permissions(of:)`` says what they mean.
    var requiredAccess: [RequiredAccess] = []
    /// Object identifiers of service principals and users. A scenario names applications by their client identifiers,
    /// since it cannot know what their service principals will be.
    var owners: [GUID] = []
    var tags: [String] = []
    /// Further members of Graph's entity, given back as they were written: nothing here depends on them.
    var settings: [String: JSON] = [:]

    /// Whether that tenant owns the application.
    func isHome(_ tenant: Tenant) -> Bool {
        homeTenant.lowercased() == tenant.id.text || tenant.domains.contains(homeTenant.lowercased())
    }

    /// Whether the application can be used in that tenant at all.
    func isAvailable(in tenant: Tenant) -> Bool {
        switch audience {
        case .anyTenant, .anyTenantAndPersonal: true
        case .homeTenant: isHome(tenant)
        }
    }

    /// Whether its tokens say which directory roles a user has (`groupMembershipClaims`).
    var wantsDirectoryRoles: Bool {
        guard let text = settings["groupMembershipClaims"]?.text else { return false }
        return text == "All" || Self.claims(text).contains("DirectoryRole")
    }

    /// Whether that can stand in `groupMembershipClaims`: one value, or several of those that name a kind of group.
    static func isGroupMembershipClaims(_ text: String) -> Bool {
        ["None", "All"].contains(text)
            || (!text.isEmpty
                && claims(text).allSatisfy { ["SecurityGroup", "DirectoryRole", "ApplicationGroup"].contains($0) })
    }

    private static func claims(_ text: String) -> [Substring] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { $0.drop { $0 == " " } }
    }

    /// Whether it may ask for tokens without a credential of its own.
    var isPublicClient: Bool {
        if case .bool(true) = settings["isFallbackPublicClient"] { return true }
        return false
    }
}
