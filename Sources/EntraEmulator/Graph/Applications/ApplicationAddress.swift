/// How a path names one application.
enum ApplicationAddress: Sendable {
    case objectID(String)
    case clientID(String)
    case uniqueName(String)

    init?(key: (name: String, value: String)) {
        switch key.name {
        case "appId": self = .clientID(key.value)
        case "uniqueName": self = .uniqueName(key.value)
        case "id": self = .objectID(key.value)
        default: return nil
        }
    }

    var text: String {
        switch self {
        case .objectID(let text), .clientID(let text), .uniqueName(let text): text
        }
    }

    /// The application of that name among those the tenant owns.
    func find(in directory: Directory, home tenant: Tenant) -> AppRegistration? {
        let found: AppRegistration? =
            switch self {
            case .objectID(let text): GUID(text).flatMap { id in directory.apps.values.first { $0.objectID == id } }
            case .clientID(let text): GUID(text).flatMap { directory.apps[$0] }
            case .uniqueName(let name):
                directory.apps.values.first { $0.uniqueName == name && $0.isHome(tenant) }
            }
        return found.flatMap { $0.isHome(tenant) ? $0 : nil }
    }
}
