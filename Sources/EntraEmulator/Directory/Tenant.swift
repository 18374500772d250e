/// One customer's directory.
struct Tenant: Sendable {
    /// How the tenant's administrator meets an admin-consent link when nobody decides for them.
    enum Administrator: String, Sendable, CaseIterable {
        case approves
        case declines
        /// Closes the tab: no callback ever comes.
        case ignores
        /// Approves; whoever runs the scenario revokes later through the control plane.
        case approvesThenRevokes = "approves_then_revokes"
    }

    let id: GUID
    /// In lower case, the initial domain first.
    var domains: [String]
    var displayName: String
    var users: UserList
    var cloud: Cloud
    var administrator: Administrator
    /// How long a change of roles by consent takes to reach tokens.
    var rolesDelaySeconds: Double
    /// How long a new service principal takes to reach the token endpoint.
    var servicePrincipalDelaySeconds: Double
    var tokenLifetimeSeconds: Int
    /// Whether Conditional Access refuses every token.
    var isBlocked: Bool
    /// By client identifier.
    var servicePrincipals: [GUID: ServicePrincipal] = [:]

    /// The lifetime MSAL's clients see most (Microsoft: 60 to 90 minutes by default).
    static let defaultTokenLifetimeSeconds = 3599

    /// The account that decides when a scenario names no administrator. Graph does not list it, so that
    /// `"users": 12` means twelve.
    var defaultAdministrator: User {
        let name = "admin@\(domains.first ?? "tenant.example")"
        return User(
            id: GUID(naming: id.text, name), displayName: "\(displayName) Administrator", principalName: name,
            role: .globalAdministrator)
    }

    /// Accounts offered by the sign-in chooser: those with a directory role, and one without.
    var offeredAccounts: [User] {
        let withRole = users.named.filter { $0.role != .none }
        let someone = (0..<users.count).lazy.map { users[$0] }.first { $0.role == .none }
        let hasGrantor = withRole.contains { $0.role.mayGrant(includingGraph: true) }
        return (hasGrantor ? [] : [defaultAdministrator]) + withRole + (someone.map { [$0] } ?? [])
    }

    /// The account of that principal name.
    func account(_ principalName: String) -> User? {
        let wanted = principalName.lowercased()
        return offeredAccounts.first { $0.principalName == wanted } ?? users.find(wanted)
    }
}
