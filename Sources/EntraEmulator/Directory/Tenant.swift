import FoundationEssentials

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

    /// How the token endpoint says that the application has no service principal; which of the two comes is not
    /// documented.
    enum MissingPrincipal: Int, Sendable, CaseIterable {
        case named = 7_000_229
        case unknownApplication = 700_016
    }

    /// A service principal in the bin.
    struct DeletedPrincipal: Sendable {
        let principal: ServicePrincipal
        let deleted: Date
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
    var missingPrincipal = MissingPrincipal.named
    /// How consent pages answer, `nil` for the plain way.
    var callback: Callback?
    /// What a scenario calls the way it behaves.
    var behaviourName: String?
    /// Whether it lived in this cloud and left it.
    var hasMoved = false
    /// Where they are not as usual.
    var resources: [ResourceCondition] = []
    /// By client identifier.
    var servicePrincipals: [GUID: ServicePrincipal] = [:]
    /// By client identifier, the one deleted last.
    var deletedPrincipals: [GUID: DeletedPrincipal] = [:]

    func state(of resource: ResourceServer) -> ResourceCondition.State {
        resources.last { resource.isNamed($0.name) }?.state ?? .available
    }

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

    /// Who decides when nobody says who does: the first listed account that may consent to anything.
    var firstAdministrator: User {
        offeredAccounts.first { $0.role.mayGrant(includingGraph: true) } ?? defaultAdministrator
    }

    /// The account that signs in under that name.
    func account(_ principalName: String) -> User? {
        let wanted = principalName.lowercased()
        return offeredAccounts.first { $0.signInName == wanted } ?? users.named.first { $0.signInName == wanted }
            ?? users.find(wanted)
    }
}
