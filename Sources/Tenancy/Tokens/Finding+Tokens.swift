package import FoundationEssentials

extension Finding {
    /// How long a token that was somebody else's stays a finding after it was last seen, in seconds.
    package static let mismatchMemory: TimeInterval = 7 * 86_400

    /// Tokens that were somebody else's: one finding for each tenant, API and claim. Security events.
    package static func about(_ mismatches: [TokenMismatch]) -> [Finding] {
        mismatches.map { mismatch in
            let times = mismatch.count == 1 ? "once" : "\(mismatch.count) times"
            return Finding(
                "token_mismatch", app: mismatch.app, tenant: mismatch.tenant,
                detail: "A token for tenant \(mismatch.tenant) and \(mismatch.resource) named another "
                    + "'\(mismatch.claim)', \(times), the last time at \(mismatch.lastAt.formatted(.iso8601)). It was "
                    + "destroyed; nobody was given it.",
                nextStep:
                    "Treat it as a security event: find the correlation id with `tenantry audit list`, see whether a "
                    + "proxy stands between this service and Microsoft, and report it to Microsoft.",
                since: mismatch.firstAt)
        }
    }

    /// An authority that fails for everybody, so that it is left alone but for probes; `nil` when it works.
    package static func about(_ authorities: AuthorityMetrics, of app: App) -> Finding? {
        guard let state = authorities.breakers[app.cloud], state != .closed else { return nil }
        return Finding(
            "authority_down", app: app.name,
            detail:
                "The authority of cloud '\(app.cloud.rawValue)' fails for every tenant. Tokens that live are handed "
                + "out; new ones are asked for again by single requests.",
            whoMustAct: .nobodyWait,
            nextStep: "Wait; if it stays, check the network and Microsoft's service status.")
    }
}
