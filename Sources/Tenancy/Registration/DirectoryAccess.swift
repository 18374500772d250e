package import FoundationEssentials
import Synchronization

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

/// Names one sign-in: 160 bits, for whoever holds it may use the administrator's token.
package typealias SignInID = AttemptID

/// What an administrator is told in order to sign in.
package struct DeviceCode: Sendable {
    /// Ours to poll with; never shown.
    package let code: Secret<String>
    package let userCode: String
    package let address: String
    package let expiresAt: Date
    /// Seconds between two polls.
    package let interval: TimeInterval

    package init(code: Secret<String>, userCode: String, address: String, expiresAt: Date, interval: TimeInterval) {
        self.code = code
        self.userCode = userCode
        self.address = address
        self.expiresAt = expiresAt
        self.interval = interval
    }
}

/// The device authorization grant at the home tenant's authority (RFC 8628).
package protocol DeviceCodeEndpoint: Sendable {
    /// The client that administrators sign in to, unless the settings name another: a public client of Microsoft's.
    var client: ClientID { get }

    func begin(cloud: Cloud, tenant: TenantID, scopes: [String]) async throws(SignInError) -> DeviceCode

    /// Asks once.
    ///
    /// - Returns: `nil` while the administrator has not finished. A `slowDown` wants a longer interval from now on.
    func poll(_ code: DeviceCode, cloud: Cloud, tenant: TenantID) async throws(SignInError) -> DevicePoll
}

package enum DevicePoll: Sendable {
    case pending, slowDown
    case token(UnverifiedToken)
}

/// Why nobody is signed in.
package enum SignInError: ExplainedError, Equatable {
    case declined, expired, unknown
    case refused(String, AuthorityTrace)
    case unavailable(String)
    /// The administrator belongs to another tenant than the registration.
    case otherTenant
    case cloudNotConfigured

    package var problem: Problem {
        switch self {
        case .declined:
            Problem(
                .forbidden, code: "sign_in_declined", detail: "The sign-in was declined.",
                nextStep: "Run the command again and approve.")
        case .expired:
            Problem(
                .gone, code: "sign_in_expired", detail: "Nobody finished the sign-in in time.",
                nextStep: "Run the command again.")
        case .unknown:
            Problem(
                .notFound, code: "sign_in_unknown", detail: "There is no such sign-in; they end with the service.",
                nextStep: "Run the command again.")
        case .refused(let error, let trace):
            Problem(
                .upstream, code: "sign_in_refused", detail: "The authority refused the sign-in with '\(error)'.",
                nextStep: trace.aadsts.flatMap(AuthorityCode.lookUp)?.remedy ?? "Look the code up with `tenantry explain`.",
                trace: trace)
        case .unavailable(let what):
            Problem(
                .unavailable, code: "authority_unavailable", detail: "The authority could not be asked: \(what).",
                whoMustAct: .nobodyWait, nextStep: "Run the command again.", isRetryable: true)
        case .otherTenant:
            Problem(
                .forbidden, code: "sign_in_other_tenant",
                detail: "Who signed in belongs to another tenant than the registration's home tenant.",
                nextStep: "Sign in with an administrator's account of the home tenant.")
        case .cloudNotConfigured:
            Problem(
                .invalid, code: "cloud_not_configured", detail: "This service has no authority for that cloud.",
                nextStep: "Remove the custom authority from the settings, or use a registration of its cloud.")
        }
    }
}

/// One sign-in as a caller sees it.
package struct SignIn: Sendable {
    package let id: SignInID
    package let userCode: String
    package let address: String
    package let expiresAt: Date
    package let isSignedIn: Bool
}

/// Signs administrators in and keeps their tokens in memory until they are used, dropped or expired.
///
/// Nothing runs in the background: looking at a sign-in asks the authority, as often as it allows.
package final class SignInDesk: Sendable {
    private struct Entry {
        let cloud: Cloud
        let tenant: TenantID
        let code: DeviceCode
        var interval: TimeInterval
        var nextPoll: Date
        var session: (session: DirectorySession, expiresAt: Date)?
    }

    private let entries = Mutex<[SignInID: Entry]>([:])
    private let endpoint: any DeviceCodeEndpoint
    private let graph: @Sendable (Cloud) -> Resource?
    private let clock: WallClock
    private let randomness: Randomness

    /// - Parameter graph: the resource by which Microsoft Graph of that cloud is asked.
    package init(
        endpoint: any DeviceCodeEndpoint, graph: @escaping @Sendable (Cloud) -> Resource?, clock: WallClock,
        randomness: Randomness
    ) {
        self.endpoint = endpoint
        self.graph = graph
        self.clock = clock
        self.randomness = randomness
    }

    /// What an administrator must allow the command line to do.
    private static let scopes = ["Application.ReadWrite.All", "Directory.Read.All"]
    private static let grantScope = "AppRoleAssignment.ReadWrite.All"

    /// Begins one.
    ///
    /// - Parameter granting: whether app roles are to be granted, which wants a further scope.
    package func begin(cloud: Cloud, tenant: TenantID, granting: Bool) async throws(SignInError) -> SignIn {
        guard let graph = graph(cloud) else { throw .cloudNotConfigured }
        let scopes = (Self.scopes + (granting ? [Self.grantScope] : [])).map { "\(graph)/\($0)" }
        let code = try await endpoint.begin(cloud: cloud, tenant: tenant, scopes: scopes)
        let id = SignInID(randomness)
        let now = clock.now()
        entries.withLock { entries in
            entries = entries.filter { now < $0.value.code.expiresAt || now < ($0.value.session?.expiresAt ?? now) }
            entries[id] = Entry(
                cloud: cloud, tenant: tenant, code: code, interval: code.interval, nextPoll: now + code.interval)
        }
        return SignIn(
            id: id, userCode: code.userCode, address: code.address, expiresAt: code.expiresAt, isSignedIn: false)
    }

    /// Looks whether the administrator has finished.
    package func look(_ id: SignInID) async throws(SignInError) -> SignIn {
        let now = clock.now()
        // The next poll is booked under the lock, so that two callers do not ask twice.
        let found = entries.withLock { entries -> (entry: Entry, isDue: Bool)? in
            guard var entry = entries[id] else { return nil }
            let isDue = entry.session == nil && entry.nextPoll <= now
            if isDue {
                entry.nextPoll = now + entry.interval
                entries[id] = entry
            }
            return (entry, isDue)
        }
        guard let (entry, isDue) = found else { throw .unknown }
        var isSignedIn = entry.session != nil
        if isDue {
            guard now < entry.code.expiresAt else {
                end(id)
                throw .expired
            }
            isSignedIn = try await poll(id, entry)
        }
        return SignIn(
            id: id, userCode: entry.code.userCode, address: entry.code.address, expiresAt: entry.code.expiresAt,
            isSignedIn: isSignedIn)
    }

    private func poll(_ id: SignInID, _ entry: Entry) async throws(SignInError) -> Bool {
        let answer: DevicePoll
        do {
            answer = try await endpoint.poll(entry.code, cloud: entry.cloud, tenant: entry.tenant)
        } catch {
            if case .unavailable = error { return false }
            end(id)
            throw error
        }
        switch answer {
        case .pending: return false
        case .slowDown:
            // RFC 8628 section 3.5: five seconds more from now on.
            entries.withLock { $0[id]?.interval += 5 }
            return false
        case .token(let unverified):
            guard let graph = graph(entry.cloud) else { throw .cloudNotConfigured }
            let key = TokenKey(cloud: entry.cloud, tenant: entry.tenant, clientID: endpoint.client, resource: graph)
            let token: AccessToken
            do { token = try unverified.checked(for: key) } catch {
                end(id)
                throw .otherTenant
            }
            let session = DirectorySession(
                cloud: entry.cloud, tenant: entry.tenant, token: token.value,
                principal: token.claims.objectID.flatMap { GUID($0) })
            entries.withLock { $0[id]?.session = (session, token.expiresAt) }
            return true
        }
    }

    /// Drops it, with its token.
    package func end(_ id: SignInID) {
        entries.withLock { $0[id] = nil }
    }

    /// The session of a finished sign-in to that tenant.
    func session(_ id: SignInID, cloud: Cloud, tenant: TenantID) throws(SignInError) -> DirectorySession {
        let now = clock.now()
        guard let found = entries.withLock({ $0[id]?.session }), now < found.expiresAt else { throw .unknown }
        guard found.session.tenant == tenant, found.session.cloud == cloud else { throw .otherTenant }
        return found.session
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
