/// One sign-in of a customer's administrator, pinned when it is begun: whatever comes back is held against it.
package struct AdministratorSignIn: Sendable, Equatable {
    package let cloud: Cloud
    /// The only tenant whose accounts are taken.
    package let tenant: TenantID
    package let app: AppName
    package let clientID: ClientID
    /// Must be registered with Entra letter by letter.
    package let redirectURI: String
    /// Pairs the answer with this sign-in, once.
    package let state: OneTimeState
    /// Comes back inside the signed token, so that no token of another sign-in passes.
    package let nonce: Secret<String>
    /// Of PKCE (RFC 7636): 43 to 128 characters of `A-Z a-z 0-9 - . _ ~`.
    package let codeVerifier: Secret<String>

    package init(
        cloud: Cloud, tenant: TenantID, app: AppName, clientID: ClientID, redirectURI: String, state: OneTimeState,
        nonce: Secret<String>, codeVerifier: Secret<String>
    ) {
        self.cloud = cloud
        self.tenant = tenant
        self.app = app
        self.clientID = clientID
        self.redirectURI = redirectURI
        self.state = state
        self.nonce = nonce
        self.codeVerifier = codeVerifier
    }

    /// The one that belongs to an attempt.
    init(after attempt: ConsentAttempt, app: App, bound binding: SignInBinding) {
        self.init(
            cloud: app.cloud, tenant: attempt.tenant, app: app.name, clientID: app.clientID,
            redirectURI: attempt.redirectURI, state: binding.state, nonce: binding.nonce,
            codeVerifier: binding.codeVerifier)
    }
}

/// Who signed in, as the tenant's own authority says in a token whose every check passed.
package struct AdministratorIdentity: Sendable, Equatable {
    package let tenant: TenantID
    /// The account in that tenant.
    package let objectID: GUID
    /// For people; the account's owner may choose it freely.
    package let name: String?
    /// The templates of the directory roles that the account holds (`wids`). `nil` when the token does not tell: it
    /// does so only for registrations with `groupMembershipClaims` of `DirectoryRole` or `All`.
    package let roles: [GUID]?

    package init(tenant: TenantID, objectID: GUID, name: String?, roles: [GUID]?) {
        self.tenant = tenant
        self.objectID = objectID
        self.name = name
        self.roles = roles
    }

    /// Whether the account can consent to application permissions of Microsoft Graph; `nil` when it cannot be told,
    /// which whoever accepts it must say in the evidence.
    package var mayConsent: Bool? {
        roles.map { $0.contains { role in Self.consenting.contains(role.description) } }
    }

    /// Global Administrator and Privileged Role Administrator.
    ///
    /// Source: learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference.
    private static let consenting: Set = [
        "62e90394-69f5-4237-9190-012177145e10", "e8611ab8-c189-46e8-94e1-60213ab1f814",
    ]

    /// - Throws: ``AdministratorSignInError/notAnAdministrator(_:)`` unless it may consent, or cannot be told.
    package func requireMayConsent() throws(AdministratorSignInError) {
        if mayConsent == false { throw .notAnAdministrator(tenant) }
    }
}

/// The authority of a customer's tenant, where its administrators sign in (OpenID Connect, code with PKCE).
package protocol AdministratorAuthority: Sendable {
    /// The page where the administrator signs in to that very tenant.
    ///
    /// - Returns: `nil` when the cloud is not configured.
    func signInURL(_ signIn: AdministratorSignIn) -> Secret<String>?

    /// Exchanges the code for the identity it stands for. A code can be redeemed once.
    ///
    /// Whether the account is an administrator is not judged here; see ``AdministratorIdentity/mayConsent``.
    func redeem(
        _ code: Secret<String>, for signIn: AdministratorSignIn
    ) async throws(AdministratorSignInError) -> AdministratorIdentity
}
