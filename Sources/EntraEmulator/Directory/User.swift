/// One account of a tenant.
struct User: Sendable {
    /// The directory role that decides which consent the account may give.
    enum Role: String, Sendable, CaseIterable {
        case none
        case globalAdministrator = "global_administrator"
        case privilegedRoleAdministrator = "privileged_role_administrator"
        case applicationAdministrator = "application_administrator"
        case cloudApplicationAdministrator = "cloud_application_administrator"

        /// Application administrators may consent to anything but application permissions of Microsoft Graph
        /// (Microsoft: grant tenant-wide admin consent, prerequisites).
        func mayGrant(includingGraph graph: Bool) -> Bool {
            switch self {
            case .none: false
            case .globalAdministrator, .privilegedRoleAdministrator: true
            case .applicationAdministrator, .cloudApplicationAdministrator: !graph
            }
        }
    }

    let id: GUID
    let displayName: String
    let principalName: String
    let role: Role
}
