/// What an application asks for of one resource (`requiredResourceAccess`), by identifiers that may mean nothing.
struct RequiredAccess: Sendable {
    enum Kind: String, Sendable {
        /// An application permission.
        case role = "Role"
        /// A delegated permission.
        case scope = "Scope"
    }

    struct Entry: Sendable {
        let id: GUID
        let kind: Kind
    }

    let resource: GUID
    let entries: [Entry]

    init(resource: GUID, entries: [Entry]) {
        self.resource = resource
        self.entries = entries
    }

    /// Permissions given by name.
    init(_ permissions: AppRegistration.Permissions) {
        resource = permissions.resource.appID
        entries = permissions.roles.map {
            Entry(id: AppRole($0, of: permissions.resource.appID).id, kind: .role)
        }
    }
}
