/// Users as JSON gives them: a number of made-up ones, or a list.
struct UserSpecifications: Sendable {
    private struct Entry: Sendable {
        let id: GUID?
        let displayName: String
        let principalName: String
        let role: User.Role
        let isGuest: Bool
    }

    private let entries: [Entry]
    private let generated: Int

    /// The most users a tenant can be given by number, and how far a listing can go.
    static let limit = 1_000_000

    init(_ shape: JSONShape, member: String) throws(ShapeError) {
        if case .array = shape.value(member) {
            var entries: [Entry] = []
            for element in try shape.elements(member) ?? [] {
                entries.append(try Self.entry(element.value, at: element.path))
            }
            self.entries = entries
            generated = 0
        } else {
            entries = []
            generated = try shape.integer(member, in: 0...Self.limit) ?? 0
        }
    }

    func list(tenant: GUID, domain: String) -> UserList {
        UserList(named: named(tenant: tenant, domain: domain), generated: generated, tenant: tenant, domain: domain)
    }

    /// Adds these users to a list.
    func append(to list: inout UserList) {
        list.named += named(tenant: list.tenant, domain: list.domain)
        list.generated += generated
    }

    private func named(tenant: GUID, domain: String) -> [User] {
        entries.map { entry in
            let home = entry.principalName
            return User(
                id: entry.id ?? GUID(naming: tenant.text, home), displayName: entry.displayName,
                principalName: entry.isGuest ? "\(home.replacing("@", with: "_"))#EXT#@\(domain)" : home,
                role: entry.role, homeName: entry.isGuest ? home : nil)
        }
    }

    private static func entry(_ value: JSON, at path: String) throws(ShapeError) -> Entry {
        let shape = try JSONShape(
            value, at: path, known: ["id", "display_name", "user_principal_name", "role", "user_type"])
        let name = try shape.requiredString("user_principal_name").lowercased()
        guard name.split(separator: "@").count == 2 else {
            throw shape.error("user_principal_name", "must be of the form name@domain")
        }
        var id: GUID?
        if let text = try shape.string("id") {
            guard let known = GUID(text) else { throw shape.error("id", "must be a GUID") }
            id = known
        }
        var role = User.Role.none
        if let text = try shape.string("role") {
            guard let known = User.Role(rawValue: text) else {
                let names = User.Role.allCases.map(\.rawValue).joined(separator: ", ")
                throw shape.error("role", "must be one of \(names)")
            }
            role = known
        }
        let type = try shape.string("user_type") ?? "member"
        guard ["member", "guest"].contains(type) else { throw shape.error("user_type", "must be member or guest") }
        return Entry(
            id: id, displayName: try shape.string("display_name") ?? name, principalName: name, role: role,
            isGuest: type == "guest")
    }
}
