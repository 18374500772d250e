/// What a caller may do with applications, service principals and their roles.
///
/// A delegated token needs both: its scope, and a directory role of its user that allows the same.
extension GraphCaller {
    private static let allApplications = "Application.ReadWrite.All"
    private static let ownApplications = "Application.ReadWrite.OwnedBy"
    private static let directory: Set<String> = ["Directory.Read.All", "Directory.ReadWrite.All"]

    func requireReadingApplications() throws(GraphError) {
        try requireAny(
            Self.directory.union([Self.allApplications, Self.ownApplications, "Application.Read.All"]))
    }

    func requireCreatingApplications() throws(GraphError) {
        switch kind {
        case .app: try requireAny([Self.allApplications, Self.ownApplications])
        case .user(let user):
            try requireAny([Self.allApplications])
            guard user?.role.mayManageApplications == true else { throw .denied }
        }
    }

    /// - Parameter owners: of the application; an owner may change it with the lesser permission, a user without role.
    func requireChanging(ownedBy owners: [GUID]) throws(GraphError) {
        switch kind {
        case .app:
            if permissions.contains(Self.allApplications) { return }
            let isOwner = owners.contains { $0 == objectID || $0.text == clientID }
            guard permissions.contains(Self.ownApplications), isOwner else { throw .denied }
        case .user(let user):
            try requireAny([Self.allApplications])
            guard user?.role.mayManageApplications == true || owners.contains(objectID) else { throw .denied }
        }
    }

    func requireReadingAssignments() throws(GraphError) {
        try requireAny(
            Self.directory.union([
                Self.allApplications, "Application.Read.All", "AppRoleAssignment.ReadWrite.All",
            ]))
    }

    func requireAssigningRoles(of resource: GUID) throws(GraphError) {
        try requireAny(["AppRoleAssignment.ReadWrite.All"])
        guard case .user(let user) = kind else { return }
        let isGraph = resource == ResourceServer.graphAppID
        guard user?.role.mayGrant(includingGraph: isGraph) == true else { throw .denied }
    }

    /// Whether the caller is this application, which may roll its own certificate without any permission.
    func isItself(_ app: AppRegistration) -> Bool {
        if case .app = kind { clientID == app.clientID.text } else { false }
    }
}

extension User.Role {
    /// Whether the role lets a user make and change every application (Microsoft Entra built-in roles).
    var mayManageApplications: Bool {
        switch self {
        case .globalAdministrator, .applicationAdministrator, .cloudApplicationAdministrator: true
        case .none, .privilegedRoleAdministrator: false
        }
    }
}
