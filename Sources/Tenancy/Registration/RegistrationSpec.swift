/// What an app's registration is to be, as its owner writes it down. Example and schema:
/// `Resources/Configuration/app.example.yaml`.
package struct RegistrationSpec: Sendable, Equatable {
    /// One application permission as it is asked for.
    package struct Permission: Sendable, Equatable {
        package let api: APIReference
        /// The role's value or its id.
        package let role: String
        /// In plain words, for customers' administrators.
        package let reason: String
        /// That it lets the app grant itself more was seen and accepted.
        package let isRiskAcknowledged: Bool
    }

    /// What the app is called here.
    package let name: AppName
    /// What administrators read: 1 to 120 characters.
    package let displayName: String
    package let cloud: Cloud
    /// Where it is registered: GUID or domain.
    package let homeTenant: TenantReference
    package let audience: Audience
    /// The consent callback is the first of them.
    package let redirectURIs: [String]
    /// Object ids or principal names of further owners.
    package let owners: [String]
    package let permissions: [Permission]
}

/// What is wrong with a spec, and where: members by name, elements by number, as in `permissions[2].role`.
package struct SpecFault: Error, Sendable, Equatable {
    package let pointer: String
    package let what: String
    package let mend: String

    package init(_ pointer: String, _ what: String, _ mend: String) {
        self.pointer = pointer
        self.what = what
        self.mend = mend
    }
}

extension RegistrationSpec {
    /// Reads a spec. Every member must be known: a misspelt one would silently mean nothing.
    package init(_ json: JSONValue) throws(SpecFault) {
        let spec = try SpecObject(json, at: "", means: "the spec")
        try spec.refuseDelegated()
        try spec.allow([
            "name", "display_name", "cloud", "home_tenant", "audience", "redirect_uris", "owners", "permissions",
        ])
        guard let name = AppName(try spec.text("name")) else {
            throw SpecFault("name", "The name cannot be used.", "Use a-z, 0-9 and '-', at most 40 characters.")
        }
        self.name = name
        displayName = try spec.text("display_name")
        guard (1...120).contains(displayName.count) else {
            throw SpecFault("display_name", "The display name is too long.", "Use 1 to 120 characters.")
        }
        cloud = try Self.cloud(spec)
        do { homeTenant = try TenantReference(try spec.text("home_tenant")) } catch let error as SpecFault {
            throw error
        } catch {
            throw SpecFault("home_tenant", "The home tenant cannot be used.", "Name its GUID or one of its domains.")
        }
        audience = try Self.audience(spec)
        redirectURIs = try Self.redirectURIs(spec, audience)
        owners = try spec.texts("owners")
        permissions = try Self.permissions(spec)
    }

    private static func cloud(_ spec: SpecObject) throws(SpecFault) -> Cloud {
        guard let text = try spec.textIfAny("cloud") else { return .public }
        guard let cloud = Cloud(rawValue: text) else {
            throw SpecFault(
                "cloud", "There is no cloud '\(text.prefix(20))'.",
                "Use one of \(Cloud.allCases.map(\.rawValue).joined(separator: ", ")).")
        }
        return cloud
    }

    private static func audience(_ spec: SpecObject) throws(SpecFault) -> Audience {
        let text = try spec.text("audience")
        if let audience = Audience(rawValue: text) { return audience }
        let choice = "Use AzureADMultipleOrgs for customers' tenants, or AzureADMyOrg for your own alone."
        if ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"].contains(text) {
            throw SpecFault(
                "audience",
                "A daemon app cannot serve personal accounts: they have no tenant that could consent to an application "
                    + "permission, and Entra limits such registrations to a few writes a minute.", choice)
        }
        throw SpecFault("audience", "There is no audience '\(text.prefix(60))'.", choice)
    }

    private static func redirectURIs(_ spec: SpecObject, _ audience: Audience) throws(SpecFault) -> [String] {
        let uris = try spec.texts("redirect_uris")
        guard !uris.isEmpty || audience == .ownTenant else {
            throw SpecFault(
                "redirect_uris", "An app for customers' tenants needs a redirect URI: admin consent comes back to it.",
                "List <public-url>/consent/callback first.")
        }
        // Source: learn.microsoft.com/entra/identity-platform/reply-url.
        guard uris.count <= 256 else {
            throw SpecFault("redirect_uris", "There are more than 256 redirect URIs.", "Entra takes at most 256.")
        }
        for (index, uri) in uris.enumerated() {
            let place = "redirect_uris[\(index)]"
            do { try RedirectURI.check(uri) } catch {
                throw SpecFault(place, error.problem.detail, error.problem.nextStep)
            }
            guard uris.firstIndex(of: uri) == index else {
                throw SpecFault(place, "This redirect URI is listed twice.", "Remove one.")
            }
        }
        return uris
    }

    private static func permissions(_ spec: SpecObject) throws(SpecFault) -> [Permission] {
        var permissions: [Permission] = []
        for entry in try spec.objects("permissions", means: "a permission") {
            try entry.refuseDelegated()
            try entry.allow(["api", "role", "reason", "acknowledge_risk"])
            let role = try entry.text("role")
            guard role.utf8.count <= 120, role.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x27 })
            else {
                throw entry.fault(
                    "role", "This is no name of a role.", "Use its value, such as User.Read.All, or its id.")
            }
            let reason = try entry.text("reason")
            guard reason.count <= 500 else {
                throw entry.fault("reason", "The reason is too long.", "Use at most 500 characters.")
            }
            let permission = Permission(
                api: APIReference(try entry.textIfAny("api") ?? "Microsoft Graph"), role: role, reason: reason,
                isRiskAcknowledged: try entry.flag("acknowledge_risk"))
            guard !permissions.contains(where: { $0.api == permission.api && $0.role == role }) else {
                throw entry.fault("role", "Permission '\(role)' is listed twice.", "Remove one.")
            }
            permissions.append(permission)
        }
        guard !permissions.isEmpty else {
            throw SpecFault(
                "permissions", "The spec asks for no permission.", "List at least one, such as User.Read.All.")
        }
        // Source: learn.microsoft.com/entra/identity-platform/supported-accounts-validation.
        guard permissions.count <= 400 else {
            throw SpecFault("permissions", "There are more than 400 permissions.", "Entra takes at most 400.")
        }
        return permissions
    }

    /// The spec as it is kept, which reads back the same.
    package var json: JSONValue {
        .object([
            "name": .string(name.description), "display_name": .string(displayName), "cloud": .string(cloud.rawValue),
            "home_tenant": .string(homeTenant.description), "audience": .string(audience.rawValue),
            "redirect_uris": .array(redirectURIs.map { .string($0) }), "owners": .array(owners.map { .string($0) }),
            "permissions": .array(
                permissions.map {
                    .object([
                        "api": .string($0.api.description), "role": .string($0.role), "reason": .string($0.reason),
                        "acknowledge_risk": .bool($0.isRiskAcknowledged),
                    ])
                }),
        ])
    }
}
