import FoundationEssentials

/// A service principal as Graph shows it: an application's, or a resource's, which every tenant has.
struct PrincipalView {
    enum Subject {
        /// The application is `nil` when its owner deleted it.
        case client(GUID, ServicePrincipal, AppRegistration?)
        case resource(ResourceServer)
    }

    let subject: Subject
    private let tenant: Tenant
    private let directory: Directory

    static let filterable: Set<String> = ["id", "appId", "displayName", "servicePrincipalNames"]
    /// The tenant that owns Microsoft's own applications.
    private static let microsoft = GUID(constant: "f8cdef31-a31e-4b4a-93e4-5f571e91255a")

    private init(_ subject: Subject, _ tenant: Tenant, _ directory: Directory) {
        self.subject = subject
        self.tenant = tenant
        self.directory = directory
    }

    init?(objectID: GUID, tenant: Tenant, directory: Directory) {
        let found = Self.all(in: tenant, directory: directory).first { $0.objectID == objectID }
        guard let found else { return nil }
        self = found
    }

    init?(clientID: GUID, tenant: Tenant, directory: Directory) {
        let found = Self.all(in: tenant, directory: directory).first { $0.clientID == clientID }
        guard let found else { return nil }
        self = found
    }

    /// The tenant's principals: resources first, then applications by age.
    static func all(in tenant: Tenant, directory: Directory) -> [PrincipalView] {
        let clients = tenant.servicePrincipals.sorted {
            ($0.value.created, $0.key.text) < ($1.value.created, $1.key.text)
        }
        return directory.resources.map { PrincipalView(.resource($0), tenant, directory) }
            + clients.map { PrincipalView(.client($0.key, $0.value, directory.apps[$0.key]), tenant, directory) }
    }

    var objectID: GUID {
        switch subject {
        case .client(_, let principal, _): principal.objectID
        case .resource(let resource): resource.objectID(in: tenant.id)
        }
    }

    var clientID: GUID {
        switch subject {
        case .client(let id, _, _): id
        case .resource(let resource): resource.appID
        }
    }

    var displayName: String {
        switch subject {
        case .client(let id, _, let app): app?.displayName ?? id.text
        case .resource(let resource): resource.displayName
        }
    }

    /// `nil` for what was always there.
    var replicatedFrom: Date? {
        switch subject {
        case .client(_, let principal, _): principal.replicatedFrom
        case .resource: nil
        }
    }

    var filterValues: [String: [String]] {
        [
            "id": [objectID.text], "appId": [clientID.text], "displayName": [displayName],
            "servicePrincipalNames": names,
        ]
    }

    var json: JSON {
        var isEnabled = true
        var created: JSON = "2020-01-01T00:00:00Z"
        var audience = AppRegistration.Audience.anyTenant
        var owner: GUID? = Self.microsoft
        var tags: [String] = []
        var resource: ResourceServer?
        switch subject {
        case .client(_, let principal, let app):
            isEnabled = principal.isEnabled
            created = .string(Timestamps.iso(principal.created))
            audience = app?.audience ?? .anyTenant
            owner = app.map { directory.tenant(named: $0.homeTenant)?.id ?? GUID(naming: $0.homeTenant, "tenant") }
            tags = principal.tags
        case .resource(let server): resource = server
        }
        return [
            "id": .string(objectID.text), "deletedDateTime": .null, "accountEnabled": .bool(isEnabled),
            "appDisplayName": .string(displayName), "appId": .string(clientID.text),
            "appOwnerOrganizationId": owner.map { .string($0.text) } ?? .null, "appRoleAssignmentRequired": false,
            "createdDateTime": created, "disabledByMicrosoftStatus": .null, "displayName": .string(displayName),
            "servicePrincipalNames": .strings(names), "servicePrincipalType": "Application",
            "signInAudience": .string(audience.rawValue), "tags": .strings(tags),
            "appRoles": .array((resource?.roles ?? []).map(Self.role)),
            "oauth2PermissionScopes": .array(
                resource?.appID == ResourceServer.graphAppID ? DelegatedScope.ofGraph.map(Self.scope) : []),
        ]
    }

    private var names: [String] {
        switch subject {
        case .client(let id, _, _): [id.text]
        case .resource(let resource): [resource.appID.text] + resource.identifiers
        }
    }

    private static func role(_ role: AppRole) -> JSON {
        [
            "allowedMemberTypes": ["Application"], "description": .string(PermissionCatalog.title(of: role.value)),
            "displayName": .string(PermissionCatalog.title(of: role.value)), "id": .string(role.id.text),
            "isEnabled": true, "origin": "Application", "value": .string(role.value),
        ]
    }

    private static func scope(_ scope: DelegatedScope) -> JSON {
        [
            "adminConsentDescription": .string(PermissionCatalog.title(of: scope.value)),
            "adminConsentDisplayName": .string(PermissionCatalog.title(of: scope.value)),
            "id": .string(scope.id.text), "isEnabled": true,
            "type": .string(scope.value == "User.Read" ? "User" : "Admin"), "value": .string(scope.value),
        ]
    }
}
