import FoundationEssentials

/// What one look saw.
struct Look {
    let release: Release
    /// Granted earlier.
    let granted: Release?
    var tokens: [(TokenKey, AccessToken)] = []
    var failure: TokenError?
    /// `nil` when Graph was not asked.
    var probe: Probe?
    var lacksAdministrator = false

    /// What Graph said when it was asked whose token that is.
    enum Probe {
        /// Ids of organizations; there is one in each tenant.
        case answered([String])
        case failed(GraphError)
    }

    struct Organization: Decodable {
        let id: String
    }

    /// Source: learn.microsoft.com/graph/api/organization-list, application permissions.
    static let rolesThatReadOrganization: Set = [
        "Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All",
    ]

    /// Whether the tokens hold what proves this release, or the one that was granted earlier.
    var hasEveryRole: Bool {
        guard failure == nil, !tokens.isEmpty else { return false }
        return missing(of: release).isEmpty || granted.map { missing(of: $0).isEmpty } ?? false
    }

    var verdict: Verdict { obstacle ?? verdictOfTokens }

    /// Why roles in a token are not enough.
    private var obstacle: Verdict? {
        switch probe {
        case nil: break
        case .answered(let ids):
            guard ids != [tenant?.description] else { break }
            return .undecided(
                Fault(
                    code: "probe_mismatch",
                    detail: "Graph does not say that the token belongs to this tenant; consent is not taken as proven.",
                    whoMustAct: .you), again: Patience.ownTrouble)
        case .failed(let error):
            // A token may be some seconds ahead of Graph.
            switch error.reason {
            case .unauthorized, .forbidden: return .absent(Fault(error.problem))
            default: return .undecided(Fault(error.problem))
            }
        }
        guard lacksAdministrator else { return nil }
        return .absent(
            Fault(
                code: Fault.administratorMissing,
                detail: "The permissions are there, but no administrator has signed in to confirm the consent.",
                whoMustAct: .customerAdmin))
    }

    private var tenant: TenantID? { tokens.first?.0.tenant }

    private var verdictOfTokens: Verdict {
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
        case .refused, .refusedUnknown, .throttled, .overloaded, .unavailable, .heldBack, .mismatch, .foreignAudience,
            .unreadable, .notConnected, .credentialUnusable, .noSuchApp, .cloudNotConfigured, .store:
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
        if case .undecided = verdictOfTokens { return [] }
        if let failure { return [Evidence(.token, passed: false, saw: failure.problem.detail, at: now)] }
        let token = Evidence(
            .token, passed: true, saw: "The tenant's authority issued tokens with its tid and our appid.", at: now)
        let roles = tokens.flatMap(\.1.claims.roles).sorted().joined(separator: ", ")
        if case .granted = verdictOfTokens {
            return [
                token,
                Evidence(.roles, passed: true, saw: "Every role of release \(release.number): \(roles).", at: now),
            ] + probeEvidence(at: now)
        }
        return [token, Evidence(.roles, passed: false, saw: "Roles seen: \(roles.isEmpty ? "none" : roles).", at: now)]
    }

    private func probeEvidence(at now: Date) -> [Evidence] {
        switch probe {
        case nil: []
        case .answered(let ids) where ids == [tenant?.description]:
            [
                Evidence(
                    .probe, passed: true, saw: "Graph's /organization, asked with the token, names this tenant.",
                    at: now)
            ]
        case .answered:
            [Evidence(.probe, passed: false, saw: "Graph's /organization does not name this tenant.", at: now)]
        case .failed(let error): [Evidence(.probe, passed: false, saw: error.problem.detail, at: now)]
        }
    }
}

extension TokenError {
    /// How long to leave the authority alone after a look that decided nothing, in seconds.
    fileprivate var pause: TimeInterval {
        switch reason {
        case .throttled(let seconds), .overloaded(let seconds): max(seconds, Patience.authorityTrouble)
        case .unavailable, .heldBack, .refused(.transient), .store: Patience.authorityTrouble
        default: Patience.ownTrouble
        }
    }
}
