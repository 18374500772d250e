import FoundationEssentials

/// Any object of a tenant that an identifier can name: what owners and principals are.
enum DirectoryObject {
    case application(AppRegistration, Tenant)
    case principal(PrincipalView)
    case user(User)

    init?(_ id: GUID, tenant: Tenant, directory: Directory) {
        if let principal = PrincipalView(objectID: id, tenant: tenant, directory: directory) {
            self = .principal(principal)
        } else if let app = directory.apps.values.first(where: { $0.objectID == id && $0.isHome(tenant) }) {
            self = .application(app, tenant)
        } else if let user = tenant.user(id) {
            self = .user(user)
        } else {
            return nil
        }
    }

    var id: GUID {
        switch self {
        case .application(let app, _): app.objectID
        case .principal(let view): view.objectID
        case .user(let user): user.id
        }
    }

    /// From then on every replica knows it; `nil` for what was always there.
    var replicatedFrom: Date? {
        switch self {
        case .application(let app, _): app.replicatedFrom
        case .principal(let view): view.replicatedFrom
        case .user: nil
        }
    }

    /// The object with its type, as listings of mixed objects show it.
    var json: JSON {
        let (type, value): (String, JSON) =
            switch self {
            case .application(let app, let tenant):
                ("application", ApplicationView(app: app, tenant: tenant).json())
            case .principal(let view): ("servicePrincipal", view.json)
            case .user(let user):
                (
                    "user",
                    [
                        "id": .string(user.id.text), "displayName": .string(user.displayName),
                        "userPrincipalName": .string(user.principalName),
                    ]
                )
            }
        guard case .object(let members) = value else { return value }
        return .object([.init(name: "@odata.type", value: .string("#microsoft.graph.\(type)"))] + members)
    }
}
