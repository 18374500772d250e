import FoundationEssentials
import Synchronization

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
        guard let entry = entries.withLock({ $0[id] }) else { throw .unknown }
        guard let found = entry.session else { throw .unfinished }
        guard now < found.expiresAt else { throw .expired }
        guard found.session.tenant == tenant, found.session.cloud == cloud else { throw .otherTenant }
        return found.session
    }
}
