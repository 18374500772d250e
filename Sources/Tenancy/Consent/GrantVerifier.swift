import FoundationEssentials

/// Proves or disproves consent by asking the tenant's own authority. Nobody else writes `granted`.
package struct GrantVerifier: Sendable {
    private let apps: any AppStore
    private let store: any ConsentStore
    private let issuer: TokenIssuer
    private let tokens: TokenBroker
    private let clock: WallClock

    package init(
        apps: any AppStore, store: any ConsentStore, issuer: TokenIssuer, tokens: TokenBroker, clock: WallClock
    ) {
        self.apps = apps
        self.store = store
        self.issuer = issuer
        self.tokens = tokens
        self.clock = clock
    }

    /// Takes one look: a new token for each resource of the release, its claims and its roles. The verdict is durable
    /// when this returns.
    ///
    /// - Returns: the connection after the look; its `check` says whether another look is due.
    package func verify(_ tenant: TenantID, app: App, by actor: Actor) async throws(StoreError) -> Connection {
        let release = try await apps.currentRelease(of: app.name)
        // What is seen counts from the beginning of the look: a slow one is no second look.
        let began = clock.now()
        let before = try await store.connection(tenant, app.name)
        let granted = try await grantedRelease(before, current: release)
        let look = await look(at: tenant, app: app, release: release, granted: granted)
        let connection = try await store.apply(
            .judged(look.verdict), to: tenant, app.name, grants: look.grants(at: began),
            evidence: look.evidence(at: began), at: began, by: actor)
        if connection.epoch != before.epoch { tokens.forget(tenant, clientID: app.clientID) }
        if connection.takesGrants {
            for (key, token) in look.tokens {
                try await tokens.adopt(token, for: key, epoch: connection.epoch, app: app.name)
            }
        }
        return connection
    }

    /// The release that the tenant granted earlier, when it is not the one that is asked for now.
    private func grantedRelease(_ connection: Connection, current: Release) async throws(StoreError) -> Release? {
        guard let number = connection.release, number != current.number else { return nil }
        return try await apps.releases(of: connection.app).first { $0.release.number == number }?.release
    }

    private func look(at tenant: TenantID, app: App, release: Release, granted: Release?) async -> Look {
        var look = Look(release: release, granted: granted)
        for resource in release.resources {
            let key = TokenKey(cloud: app.cloud, tenant: tenant, clientID: app.clientID, resource: resource)
            do throws(TokenError) {
                look.tokens.append((key, try await issuer.newToken(key, app: app.name)))
            } catch {
                look.failure = error
                break
            }
        }
        return look
    }
}

/// What one look saw.
private struct Look {
    let release: Release
    /// Granted earlier.
    let granted: Release?
    var tokens: [(TokenKey, AccessToken)] = []
    var failure: TokenError?

    var verdict: Verdict {
        if let failure { return verdict(of: failure) }
        let missing = missing(of: release)
        let principal = tokens.first?.1.claims.objectID.flatMap { GUID($0) }
        if missing.isEmpty, !tokens.isEmpty { return .granted(release: release.number, servicePrincipal: principal) }
        if let granted, self.missing(of: granted).isEmpty, !tokens.isEmpty {
            return .behind(release: granted.number, missing: missing.map(\.role), servicePrincipal: principal)
        }
        if missing.count < release.permissions.count {
            return .partial(missing: missing.map(\.role), servicePrincipal: principal)
        }
        return .absent(
            Fault(
                code: "roles_missing",
                detail: "The tenant issues tokens for the app, but with none of its permissions.",
                whoMustAct: .customerAdmin))
    }

    private func missing(of release: Release) -> [Permission] {
        release.permissions.filter { permission in
            !tokens.contains { $0.0.resource == permission.resource && $0.1.claims.roles.contains(permission.role) }
        }
    }

    private func verdict(of failure: TokenError) -> Verdict {
        switch failure.reason {
        case .refused(.consentMissing): .absent(failure.note)
        case .refused(.disabledByCustomer), .refused(.blockedByPolicy), .refused(.tenantInvalid),
            .refused(.resourceMissing):
            .unreachable(failure.note)
        case .refused, .refusedUnknown, .throttled, .unavailable, .mismatch, .foreignAudience, .unreadable,
            .notConnected,
            .credentialUnusable, .noSuchApp,
            .cloudNotConfigured, .store:
            .undecided(failure.note, again: failure.pause)
        }
    }

    /// The roles seen; `nil` when the look does not tell.
    func grants(at now: Date) -> [Grant]? {
        switch verdict {
        case .undecided, .unreachable, .absent: nil
        case .granted, .behind, .partial:
            tokens.flatMap { key, token in
                token.claims.roles.map { Grant(resource: key.resource, role: $0, observedAt: now) }
            }
        }
    }

    func evidence(at now: Date) -> [Evidence] {
        if case .undecided = verdict { return [] }
        if let failure { return [Evidence(.token, passed: false, saw: failure.problem.detail, at: now)] }
        let token = Evidence(
            .token, passed: true, saw: "The tenant's authority issued tokens with its tid and our appid.", at: now)
        let roles = tokens.flatMap(\.1.claims.roles).sorted().joined(separator: ", ")
        if case .granted = verdict {
            return [
                token,
                Evidence(.roles, passed: true, saw: "Every role of release \(release.number): \(roles).", at: now),
            ]
        }
        return [token, Evidence(.roles, passed: false, saw: "Roles seen: \(roles.isEmpty ? "none" : roles).", at: now)]
    }
}

extension TokenError {
    /// How long to leave the authority alone after a look that decided nothing, in seconds.
    fileprivate var pause: TimeInterval {
        switch reason {
        case .throttled(let seconds): max(seconds, Patience.authorityTrouble)
        case .unavailable, .refused(.transient), .store: Patience.authorityTrouble
        default: Patience.ownTrouble
        }
    }
}
