import FoundationEssentials

/// Everything that makes an existing Entra registration known here.
package struct AppSpec: Sendable {
    package var name: String
    package var displayName: String
    package var clientID: String
    package var cloud: Cloud
    package var audience: Audience
    package var homeTenant: TenantID?
    /// May be left out by an app that only works in its own tenant.
    package var redirectURI: String?
    package var permissions: [Permission]

    package init(
        name: String, displayName: String, clientID: String, cloud: Cloud, audience: Audience = .anyTenant,
        homeTenant: TenantID? = nil, redirectURI: String?, permissions: [Permission]
    ) {
        self.name = name
        self.displayName = displayName
        self.clientID = clientID
        self.cloud = cloud
        self.audience = audience
        self.homeTenant = homeTenant
        self.redirectURI = redirectURI
        self.permissions = permissions
    }
}

/// Makes an app known.
package struct AppRegistrar: Sendable {
    private let craft: any CredentialCraft
    private let store: any AppStore
    private let clock: WallClock
    private let randomness: Randomness

    package init(craft: any CredentialCraft, store: any AppStore, clock: WallClock, randomness: Randomness) {
        self.craft = craft
        self.store = store
        self.clock = clock
        self.randomness = randomness
    }

    /// Checks the spec and the credential, then stores both with release 1. Entra is not asked.
    package func add(
        _ spec: AppSpec, credential brought: BroughtCredential, by actor: Actor
    ) async throws(RegistrationError) -> App {
        guard let name = AppName(spec.name) else {
            throw .invalid("app name", "use a-z, 0-9 and '-', at most 40")
        }
        guard let clientID = ClientID(spec.clientID) else {
            throw .invalid(
                "client id", "it is the GUID that Entra calls 'Application (client) ID'")
        }
        guard (1...120).contains(spec.displayName.count) else {
            throw .invalid("display name", "use 1 to 120 characters")
        }
        try check(spec.permissions)
        if let uri = spec.redirectURI {
            try RedirectURI.check(uri)
        } else if spec.audience == .anyTenant {
            throw .invalid("redirect URI", "an app for customers' tenants needs one, for the consent callback")
        }
        let now = clock.now()
        let crafted = try craft.read(brought, at: now)
        let app = App(
            name: name, displayName: spec.displayName, clientID: clientID, cloud: spec.cloud,
            audience: spec.audience, homeTenant: spec.homeTenant, redirectURI: spec.redirectURI, addedAt: now)
        let release = Release(app: name, number: 1, permissions: spec.permissions)
        do {
            try await store.add(
                app, release: release,
                credential: crafted.new(CredentialID(randomness), of: name, .preferred, at: now), by: actor)
        } catch {
            throw .store(error)
        }
        return app
    }

    /// The app of that name. When no name is given, the only one there is, or else the only one for customers' tenants.
    package func app(named text: String?) async throws(RegistrationError) -> App {
        do {
            let apps = try await store.apps()
            if let text {
                guard let app = apps.first(where: { $0.name.description == text }) else {
                    throw RegistrationError.unknownApp(String(text.prefix(40)))
                }
                return app
            }
            guard let only = apps.first else { throw RegistrationError.noApp }
            let candidates = apps.count == 1 ? apps : apps.filter { $0.audience == .anyTenant }
            guard candidates.count == 1 else { throw RegistrationError.severalApps(apps.map(\.name)) }
            return candidates.first ?? only
        } catch let error as RegistrationError {
            throw error
        } catch let error as StoreError {
            throw .store(error)
        } catch {
            throw .store(.unavailable("unexpected failure"))
        }
    }

    private func check(_ permissions: [Permission]) throws(RegistrationError) {
        guard !permissions.isEmpty else {
            throw .invalid("permission list", "name at least one application permission, such as User.Read.All")
        }
        var seen: Set<String> = []
        for permission in permissions {
            let word = permission.role.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != 0x22 }
            guard word, (1...120).contains(permission.role.utf8.count) else {
                throw .invalid(
                    "name of a permission", "use the role's value, such as User.Read.All")
            }
            guard permission.reason.count <= 500 else {
                throw .invalid("reason of \(permission.role)", "use at most 500 characters")
            }
            guard seen.insert("\(permission.resource) \(permission.role)").inserted else {
                throw .invalid("permission '\(permission.role)'", "it is listed twice")
            }
        }
    }
}
