/// As whom the directory of the home tenant is changed.
package enum DirectoryAccess: Sendable, Equatable {
    /// An app that is known here, with its own credential: it needs `Application.ReadWrite.OwnedBy` in the home tenant.
    case app(AppName)
    /// An administrator who signs in with a code.
    case signIn(SignInID)
}

/// A token for Microsoft Graph in the home tenant. Kept in memory only.
package struct DirectorySession: Sendable {
    package let cloud: Cloud
    package let tenant: TenantID
    package let token: Secret<String>
    /// The object id of the user or service principal behind it.
    package let principal: GUID?

    package init(cloud: Cloud, tenant: TenantID, token: Secret<String>, principal: GUID?) {
        self.cloud = cloud
        self.tenant = tenant
        self.token = token
        self.principal = principal
    }
}

/// Finds the token with which a directory is changed.
package struct DirectoryAccessDesk: Sendable {
    private let apps: any AppStore
    private let issuer: TokenIssuer
    private let signIns: SignInDesk
    private let graph: @Sendable (Cloud) -> Resource?

    package init(
        apps: any AppStore, issuer: TokenIssuer, signIns: SignInDesk, graph: @escaping @Sendable (Cloud) -> Resource?
    ) {
        self.apps = apps
        self.issuer = issuer
        self.signIns = signIns
        self.graph = graph
    }

    /// - Parameters:
    ///   - wanted: what the caller chose.
    ///   - registrar: the app that did it last time, when the caller chose nothing.
    func session(
        _ wanted: DirectoryAccess?, registrar: AppName?, cloud: Cloud, home: TenantID
    ) async throws(RegistrationError) -> DirectorySession {
        switch wanted ?? registrar.map(DirectoryAccess.app) {
        case nil: throw .nobodySignedIn
        case .signIn(let id):
            do { return try signIns.session(id, cloud: cloud, tenant: home) } catch { throw .signIn(error) }
        case .app(let name): return try await session(of: name, cloud: cloud, home: home)
        }
    }

    /// The session of an app that is known here, in its home tenant.
    func session(of name: AppName, cloud: Cloud, home: TenantID) async throws(RegistrationError) -> DirectorySession {
        let app: App?
        do { app = try await apps.app(name) } catch { throw .store(error) }
        guard let app else { throw .unknownApp(name.description) }
        guard app.cloud == cloud else { throw .credentialOfOtherCloud(name, app.cloud, cloud) }
        // Its token for any other tenant would be a customer's, which only a proven consent gives out.
        guard let its = app.homeTenant else { throw .registrarHomeUnknown(name) }
        guard its == home else { throw .credentialOfOtherTenant(name, its, home) }
        guard let graph = graph(cloud) else {
            throw .directory(DirectoryError("look at the registration", .cloudNotConfigured))
        }
        do {
            let token = try await issuer.newToken(
                TokenKey(cloud: cloud, tenant: home, clientID: app.clientID, resource: graph), app: name)
            return DirectorySession(
                cloud: cloud, tenant: home, token: token.value, principal: token.claims.objectID.flatMap { GUID($0) })
        } catch {
            throw .token(error)
        }
    }
}
