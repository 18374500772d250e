/// One change to the directory.
package enum RegistrationStep: Sendable, Equatable {
    /// With everything that the spec says of the application object.
    case createApplication
    case setDisplayName(from: String, to: String)
    case setAudience(from: String, to: String)
    case setRedirectURIs(added: [String], removed: [String])
    /// Application permissions added; entries removed, delegated ones among them.
    case setPermissions(added: [ResolvedPermission], removed: [RequiredAccess])
    case createPrincipal
    case addOwner(GUID)
    /// Admin consent in the home tenant.
    case grant(ResolvedPermission)

    /// Stable, for machines.
    package var code: String {
        switch self {
        case .createApplication: "create_application"
        case .setDisplayName: "set_display_name"
        case .setAudience: "set_audience"
        case .setRedirectURIs: "set_redirect_uris"
        case .setPermissions: "set_permissions"
        case .createPrincipal: "create_service_principal"
        case .addOwner: "add_owner"
        case .grant: "grant_permission"
        }
    }
}

/// What is true of a registration now, as far as a spec speaks of it.
struct RegistrationSurvey: Sendable {
    let spec: RegistrationSpec
    let home: TenantID
    let session: DirectorySession
    let permissions: [ResolvedPermission]
    /// `nil` when there is none yet.
    let application: DirectoryApplication?
    let principal: DirectoryPrincipal?
    let owners: Set<GUID>
    /// Who must be owners: those that the spec names, and who began the registration.
    let wantedOwners: [GUID]
    /// `nil` when grants are not asked for.
    let assignments: Set<RoleAssignment>?
    /// Names of roles that an application asks for and the spec does not, for people.
    let roleNames: [GUID: String]
}

/// The exact difference between a spec and the directory.
package struct RegistrationPlan: Sendable, Equatable {
    package let spec: RegistrationSpec
    package let home: TenantID
    package let clientID: ClientID?
    package let objectID: GUID?
    package let steps: [RegistrationStep]
    /// What a person should know before it is carried out.
    package let warnings: [String]
    let roleNames: [GUID: String]

    init(_ survey: RegistrationSurvey) {
        spec = survey.spec
        home = survey.home
        clientID = survey.application?.clientID
        objectID = survey.application?.objectID
        roleNames = survey.roleNames
        let wanted = survey.permissions
        guard let application = survey.application else {
            steps =
                [.createApplication, .createPrincipal] + survey.wantedOwners.map { .addOwner($0) }
                + (survey.assignments == nil ? [] : wanted.map { .grant($0) })
            warnings = Self.risks(wanted)
            return
        }
        var steps = Self.changes(of: application, to: survey.spec, wanted)
        if survey.principal == nil { steps.append(.createPrincipal) }
        steps += survey.wantedOwners.filter { !survey.owners.contains($0) }.map { .addOwner($0) }
        if let assignments = survey.assignments {
            steps += wanted.filter {
                !assignments.contains(RoleAssignment(resource: $0.principal, role: $0.role.id))
            }.map { .grant($0) }
        }
        self.steps = steps
        warnings = Self.risks(wanted) + Self.shrinkage(steps)
    }

    private static func changes(
        of application: DirectoryApplication, to spec: RegistrationSpec, _ wanted: [ResolvedPermission]
    ) -> [RegistrationStep] {
        var steps: [RegistrationStep] = []
        if application.displayName != spec.displayName {
            steps.append(.setDisplayName(from: application.displayName, to: spec.displayName))
        }
        if application.audience != spec.audience.rawValue {
            steps.append(.setAudience(from: application.audience, to: spec.audience.rawValue))
        }
        let missingURIs = spec.redirectURIs.filter { !application.redirectURIs.contains($0) }
        let strangeURIs = application.redirectURIs.filter { !spec.redirectURIs.contains($0) }
        if !missingURIs.isEmpty || !strangeURIs.isEmpty {
            steps.append(.setRedirectURIs(added: missingURIs, removed: strangeURIs))
        }
        let added = wanted.filter { !application.access.contains($0.access) }
        let removed = application.access.filter { access in !wanted.contains { $0.access == access } }
        if !added.isEmpty || !removed.isEmpty { steps.append(.setPermissions(added: added, removed: removed)) }
        return steps
    }

    private static func risks(_ permissions: [ResolvedPermission]) -> [String] {
        permissions.compactMap { permission in
            guard permission.api == Resource.graphID else { return nil }
            return PermissionCatalogue.selfEscalating[permission.role.value].map {
                "\(permission.role.value): \($0). The spec acknowledges it."
            }
        }
    }

    private static func shrinkage(_ steps: [RegistrationStep]) -> [String] {
        let shrinks = steps.contains { step in
            if case .setPermissions(_, let removed) = step { removed.contains { $0.kind == .role } } else { false }
        }
        var warnings = shrinks ? ["A customer who consents again loses the permissions that are removed here."] : []
        for step in steps {
            switch step {
            case .setAudience(_, Audience.ownTenant.rawValue):
                warnings.append("Every customer's tenant loses the app: only its home tenant will get tokens.")
            case .setRedirectURIs(_, let removed) where !removed.isEmpty:
                warnings.append(
                    "Consent links that were sent with a redirect URI that is removed here end in an error.")
            default: break
            }
        }
        return warnings
    }

    /// Names this plan: the same steps give the same id. Not a secret and no proof of anything; FNV-1a, 64 bits.
    package var id: String {
        let wanted = spec.permissions.map { "\($0.api) \($0.role)" }
        let text = ([spec.name.description, home.description, objectID?.description ?? ""] + wanted + lines)
            .joined(separator: "\n")
        let hash = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        return Base32.encode((0..<8).map { UInt8(truncatingIfNeeded: hash >> (56 - 8 * UInt64($0))) })
    }

    /// Every step in words, one line each.
    package var lines: [String] { steps.map(line) }

    /// A step in words.
    package func line(_ step: RegistrationStep) -> String {
        switch step {
        case .createApplication:
            return "create application '\(spec.displayName)' (\(spec.audience.rawValue)) with redirect URIs "
                + "\(list(spec.redirectURIs)) and permissions \(list(spec.permissions.map { name($0.role, of: $0.api) }))"
        case .setDisplayName(let from, let to): return "change the display name from '\(from)' to '\(to)'"
        case .setAudience(let from, let to): return "change the audience from \(from) to \(to)"
        case .setRedirectURIs(let added, let removed): return "change redirect URIs: " + change(added, removed)
        case .setPermissions(let added, let removed):
            let names = removed.map { access in
                (roleNames[access.id] ?? access.id.description) + (access.kind == .scope ? " (delegated)" : "")
            }
            return "change permissions: " + change(added.map { name($0.role.value, of: .appID($0.api)) }, names)
        case .createPrincipal: return "create the service principal in the home tenant \(home)"
        case .addOwner(let owner): return "add owner \(owner)"
        case .grant(let permission):
            return "grant \(permission.role.value) of \(permission.permission.resource) in the home tenant"
        }
    }

    /// With its API, unless that is Microsoft Graph.
    private func name(_ role: String, of api: APIReference) -> String {
        api == PermissionCatalogue.graph ? role : "\(role) of \(api)"
    }

    private func list(_ texts: [String]) -> String { texts.isEmpty ? "none" : texts.joined(separator: ", ") }

    private func change(_ added: [String], _ removed: [String]) -> String {
        (added.map { "+ \($0)" } + removed.map { "- \($0)" }).joined(separator: ", ")
    }
}
