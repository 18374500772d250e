/// A permission of a spec, found in the directory.
package struct ResolvedPermission: Sendable, Equatable {
    /// Client id of the API.
    package let api: GUID
    /// Object id of the API's service principal in the home tenant.
    package let principal: GUID
    package let role: DirectoryPrincipal.Role
    /// As releases keep it.
    package let permission: Permission

    var access: RequiredAccess { RequiredAccess(api: api, id: role.id, kind: .role) }
}

/// Finds the app roles that a spec names.
enum PermissionResolver {
    /// - Parameters:
    ///   - principals: the API's service principals, by the names that the spec uses.
    ///   - graph: the resource by which tokens for Microsoft Graph are asked in the spec's cloud.
    static func resolve(
        _ spec: RegistrationSpec, principals: [APIReference: DirectoryPrincipal], graph: Resource
    ) throws(SpecFault) -> [ResolvedPermission] {
        try check(spec)
        var resolved: [ResolvedPermission] = []
        for (index, wanted) in spec.permissions.enumerated() {
            let place = "permissions[\(index)]"
            guard let api = principals[wanted.api] else {
                throw SpecFault(
                    "\(place).api", "The home tenant knows no API '\(wanted.api)'.",
                    "Name it by its application ID URI or client id, and see that its service principal exists there.")
            }
            let role = try role(wanted.role, of: api, place)
            guard !resolved.contains(where: { $0.api == api.clientID && $0.role.id == role.id }) else {
                throw SpecFault("\(place).role", "Permission '\(role.value)' is listed twice.", "Remove one.")
            }
            try checkRisk(wanted, role.value, isGraph: api.clientID == Resource.graphID, place)
            resolved.append(
                ResolvedPermission(
                    api: api.clientID, principal: api.objectID, role: role,
                    permission: Permission(
                        resource: resource(wanted.api, api.clientID, spec.cloud, graph: graph), role: role.value,
                        reason: wanted.reason)))
        }
        return resolved
    }

    /// What can be said without a directory.
    ///
    /// - Returns: what the directory will have to settle.
    @discardableResult
    static func check(_ spec: RegistrationSpec) throws(SpecFault) -> [String] {
        var notes: [String] = []
        for (index, wanted) in spec.permissions.enumerated() where wanted.api == PermissionCatalogue.graph {
            let place = "permissions[\(index)]"
            try refuseDelegated(wanted.role, place, roles: PermissionCatalogue.graphRoles)
            try checkRisk(wanted, wanted.role, isGraph: true, place)
            let isKnown = PermissionCatalogue.graphRoles.contains {
                $0.value == wanted.role || GUID(wanted.role) == $0.id
            }
            if !isKnown {
                let near = NearMatch.of(wanted.role, in: PermissionCatalogue.graphRoles.map(\.value))
                notes.append(
                    "'\(wanted.role)' is not in the built-in catalogue; the directory decides."
                        + (near.isEmpty ? "" : " Similar: \(near.joined(separator: ", "))."))
            }
        }
        return notes
    }

    /// The permissions as releases keep them, without a directory: roles by value, for which ids are looked up in the
    /// catalogue.
    static func permissions(of spec: RegistrationSpec, graph: Resource) throws(SpecFault) -> [Permission] {
        try check(spec)
        var permissions: [Permission] = []
        for (index, wanted) in spec.permissions.enumerated() {
            var role = wanted.role
            if let id = GUID(role) {
                guard let known = PermissionCatalogue.graphRoles.first(where: { $0.id == id }) else {
                    throw SpecFault(
                        "permissions[\(index)].role", "The built-in catalogue does not know the role \(role).",
                        "Name it by its value here, or apply the spec, which asks the directory.")
                }
                role = known.value
            }
            let resource: Resource?
            switch wanted.api {
            case .appID(let id): resource = self.resource(wanted.api, id, spec.cloud, graph: graph)
            case .uri(let uri): resource = Resource(uri)
            case .name: resource = nil
            }
            guard let resource else {
                throw SpecFault(
                    "permissions[\(index)].api", "The built-in catalogue does not know the API '\(wanted.api)'.",
                    "Name it by its application ID URI or client id, or apply the spec, which asks the directory.")
            }
            permissions.append(Permission(resource: resource, role: role, reason: wanted.reason))
        }
        return permissions
    }

    private static func role(
        _ text: String, of api: DirectoryPrincipal, _ place: String
    ) throws(SpecFault) -> DirectoryPrincipal.Role {
        if let id = GUID(text) {
            if let role = api.roles.first(where: { $0.id == id }) { return role }
            if let scope = api.scopes.first(where: { $0.id == id }) {
                throw delegated(scope.value, place, roles: api.roles)
            }
            throw SpecFault(
                "\(place).role", "\(api.displayName) has no app role with the id \(text).",
                "Name the role by its value, such as User.Read.All.")
        }
        if let role = api.roles.first(where: { $0.value == text }) { return role }
        if api.scopes.contains(where: { $0.value == text }) { throw delegated(text, place, roles: api.roles) }
        let near = NearMatch.of(text, in: api.roles.map(\.value))
        throw SpecFault(
            "\(place).role", "\(api.displayName) has no application permission '\(text)'.",
            near.isEmpty ? "Look it up in the API's reference." : "Did you mean \(near.joined(separator: " or "))?")
    }

    private static func refuseDelegated(
        _ role: String, _ place: String, roles: [DirectoryPrincipal.Role]
    ) throws(SpecFault) {
        if PermissionCatalogue.delegatedOnly.contains(role) { throw delegated(role, place, roles: roles) }
    }

    private static func delegated(_ value: String, _ place: String, roles: [DirectoryPrincipal.Role]) -> SpecFault {
        let near = NearMatch.of(value, in: roles.map(\.value))
        return SpecFault(
            "\(place).role",
            "'\(value)' is a delegated permission. A daemon app has no signed-in user, so it can request application "
                + "permissions only.",
            near.isEmpty
                ? "Name an application permission."
                : "The application permission may be \(near.joined(separator: " or ")).")
    }

    private static func checkRisk(
        _ wanted: RegistrationSpec.Permission, _ value: String, isGraph: Bool, _ place: String
    ) throws(SpecFault) {
        guard isGraph, let risk = PermissionCatalogue.selfEscalating[value], !wanted.isRiskAcknowledged else { return }
        throw SpecFault(
            "\(place).role", "'\(value)' is more than it seems: \(risk). Customers will ask why.",
            "Ask for less; or, if it must be, say so with `acknowledge_risk: true`.")
    }

    private static func resource(
        _ reference: APIReference, _ appID: GUID, _ cloud: Cloud, graph: Resource
    ) -> Resource {
        if appID == Resource.graphID { return graph }
        if case .uri(let uri) = reference, let resource = Resource(uri) { return resource }
        let known = PermissionCatalogue.apis.first { $0.appID == appID && cloud == .public }
        return known.flatMap { Resource($0.uri) } ?? Resource(appID)
    }
}
