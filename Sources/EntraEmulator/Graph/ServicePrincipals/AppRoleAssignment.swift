import Crypto
import FoundationEssentials

/// One application permission that a tenant granted to one application.
struct AppRoleAssignment {
    let principal: PrincipalView
    let resource: PrincipalView
    let role: AppRole
    private let created: Date

    static let filterable: Set<String> = ["principalId", "resourceId", "appRoleId", "principalDisplayName"]

    var filterValues: [String: [String]] {
        [
            "principalId": [principal.objectID.text], "resourceId": [resource.objectID.text],
            "appRoleId": [role.id.text], "principalDisplayName": [principal.displayName],
        ]
    }

    /// Opaque, and always the same for the same grant: nothing but the grant itself is stored.
    var id: String {
        let text = [principal.objectID, resource.objectID, role.id].map(\.text).joined(separator: "/")
        return Base64Text.urlEncode(SHA256.hash(data: Array(text.utf8)))
    }

    /// Every grant of the tenant, those that tokens do not show yet included.
    static func all(in tenant: Tenant, directory: Directory) -> [AppRoleAssignment] {
        let principals = PrincipalView.all(in: tenant, directory: directory)
        return principals.flatMap { principal -> [AppRoleAssignment] in
            guard case .client(_, let client, _) = principal.subject else { return [] }
            return principals.flatMap { resource -> [AppRoleAssignment] in
                guard case .resource(let server) = resource.subject, let grant = client.grants[server.appID] else {
                    return []
                }
                return grant.granted.map { value in
                    AppRoleAssignment(
                        principal: principal, resource: resource, role: AppRole(value, of: server.appID),
                        created: client.created)
                }
            }
        }
    }

    var json: JSON {
        [
            "id": .string(id), "deletedDateTime": .null, "appRoleId": .string(role.id.text),
            "createdDateTime": .string(Timestamps.iso(created)),
            "principalDisplayName": .string(principal.displayName),
            "principalId": .string(principal.objectID.text), "principalType": "ServicePrincipal",
            "resourceDisplayName": .string(resource.displayName), "resourceId": .string(resource.objectID.text),
        ]
    }
}
