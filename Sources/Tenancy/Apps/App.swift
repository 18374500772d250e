package import FoundationEssentials

/// What the ISV calls one of its registrations here: 1 to 40 characters of `a-z 0-9 -`.
package struct AppName: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let description: String

    package init?(_ text: String) {
        let fits = text.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d }
        guard (1...40).contains(text.utf8.count), fits, text.first != "-" else { return nil }
        description = text
    }

    package static func < (left: AppName, right: AppName) -> Bool { left.description < right.description }
}

/// Whose accounts and tenants an app may work with (`signInAudience`). Audiences with personal accounts do not exist
/// here: a personal account has no tenant that could consent to an application permission.
package enum Audience: String, Sendable, CaseIterable {
    /// The home tenant alone.
    case ownTenant = "AzureADMyOrg"
    /// Any customer's tenant.
    case anyTenant = "AzureADMultipleOrgs"
}

/// Whether consent counts only once an administrator of the tenant has signed in after saying yes.
package enum AdministratorRequirement: String, Sendable, CaseIterable {
    case off, required
}

/// One registration of a daemon app in one cloud.
package struct App: Sendable, Equatable {
    package let name: AppName
    /// What customers' administrators read.
    package let displayName: String
    package let clientID: ClientID
    package let cloud: Cloud
    package let audience: Audience
    /// Where the registration lives; `nil` when nobody has said.
    package let homeTenant: TenantID?
    /// Where the consent callback arrives; must be registered with Entra letter by letter. `nil` for an app that only
    /// works in its own tenant.
    package let redirectURI: String?
    package let addedAt: Date
    package let administratorSignIn: AdministratorRequirement

    package init(
        name: AppName, displayName: String, clientID: ClientID, cloud: Cloud, audience: Audience = .anyTenant,
        homeTenant: TenantID? = nil, redirectURI: String?, addedAt: Date,
        administratorSignIn: AdministratorRequirement = .off
    ) {
        self.name = name
        self.displayName = displayName
        self.clientID = clientID
        self.cloud = cloud
        self.audience = audience
        self.homeTenant = homeTenant
        self.redirectURI = redirectURI
        self.addedAt = addedAt
        self.administratorSignIn = administratorSignIn
    }
}

/// Remembers the apps and what they ask for. Every method is one transaction.
package protocol AppStore: Sendable {
    /// Adds the app, its first release and its first credential, which becomes the preferred one: all or none.
    ///
    /// - Throws: ``StoreError/alreadyExists(_:)`` when the name, or the client id in that cloud, is taken.
    func add(_ app: App, release: Release, credential: NewCredential, by actor: Actor) async throws(StoreError)

    /// All of them, by name. From memory, as long as nothing was written since the last time.
    func apps() async throws(StoreError) -> [App]

    func app(_ name: AppName) async throws(StoreError) -> App?

    /// The newest published release.
    ///
    /// - Throws: ``StoreError/notFound(_:)`` for an unknown app.
    func currentRelease(of app: AppName) async throws(StoreError) -> Release

    /// Every release, the oldest first.
    func releases(of app: AppName) async throws(StoreError) -> [ReleaseRecord]

    /// Makes these permissions the draft, in the place of an earlier draft.
    ///
    /// - Returns: the draft's number.
    func draft(_ permissions: [Permission], of app: AppName, by actor: Actor, at now: Date) async throws(StoreError)
        -> Int

    /// Publishes the draft of that number. Granted connections of a release that does not cover it become `behind`,
    /// and those that were behind and are covered by it again become granted.
    ///
    /// - Throws: ``StoreError/notFound(_:)`` when there is no such draft.
    func publish(_ number: Int, of app: AppName, by actor: Actor, at now: Date) async throws(StoreError)

    /// Sets whether consent to the app takes an administrator's sign-in. What is proven already stays so.
    ///
    /// - Throws: ``StoreError/notFound(_:)``.
    func set(
        _ requirement: AdministratorRequirement, of app: AppName, by actor: Actor, at now: Date
    ) async throws(StoreError)

    /// Forgets the app with its credentials, consent and runs. The audit log keeps what was done.
    ///
    /// - Throws: ``StoreError/notFound(_:)``.
    func delete(_ app: AppName, by actor: Actor, at now: Date) async throws(StoreError)
}
