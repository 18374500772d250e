package import FoundationEssentials

/// An explained problem that somebody should know of without asking for a tenant. Derived from what is known, never
/// stored.
package struct Finding: Sendable, Equatable {
    /// Stable, for machines.
    package let code: String
    package let app: AppName
    /// The credential it is about.
    package let credential: CredentialID?
    /// The tenant it is about.
    package let tenant: TenantID?
    /// One sentence.
    package let detail: String
    package let whoMustAct: WhoMustAct
    package let nextStep: String
    package let since: Date?

    package init(
        _ code: String, app: AppName, credential: CredentialID? = nil, tenant: TenantID? = nil, detail: String,
        whoMustAct: WhoMustAct = .you, nextStep: String, since: Date? = nil
    ) {
        self.code = code
        self.app = app
        self.credential = credential
        self.tenant = tenant
        self.detail = detail
        self.whoMustAct = whoMustAct
        self.nextStep = nextStep
        self.since = since
    }
}

extension Finding {
    /// Rungs of the expiry ladder, in days; a finding names the lowest that is reached.
    package static let ladder = [60, 30, 14, 7, 1]

    /// What is wrong with an app's credentials: one finding for each, however many tenants feel it.
    package static func about(
        _ credentials: [Credential], _ rotation: Rotation?, of app: AppName, at now: Date
    ) -> [Finding] {
        var findings = credentials.compactMap { expiry(of: $0, among: credentials, at: now) }
        findings += credentials.compactMap { rejection(of: $0) }
        findings += credentials.compactMap { lateRetirement(of: $0, at: now) }
        if let rotation, rotation.step == .failed, let fault = rotation.fault {
            findings.append(
                Finding(
                    "rotation_failed", app: app, credential: rotation.credential,
                    detail: "The new \(rotation.kind.rawValue) was not put to use: \(fault.detail)",
                    whoMustAct: fault.whoMustAct,
                    nextStep: "Mend that and run `tenantry credential rotate \(app)` again.",
                    since: rotation.due))
        }
        if !credentials.contains(where: { $0.isUsable(at: now) }) {
            findings.append(
                Finding(
                    "credential_missing", app: app, detail: "App '\(app)' has no credential that can be used.",
                    nextStep: "Add one with `tenantry credential add \(app)`."))
        }
        return findings
    }

    private static func expiry(of credential: Credential, among all: [Credential], at now: Date) -> Finding? {
        guard let end = credential.expiresAt, credential.stored != .retiring else { return nil }
        let app = credential.app
        if end <= now {
            return Finding(
                "credential_expired", app: app, credential: credential.id,
                detail: "The \(credential.kind.rawValue) \(credential.id) of app '\(app)' has expired.",
                nextStep: "Rotate with `tenantry credential rotate \(app)`, or retire it.", since: end)
        }
        guard let rung = ladder.last(where: { end <= now + Double($0) * 86_400 }) else { return nil }
        // A successor that lives on takes the sting out of it.
        let heir = all.first { other in
            other.id != credential.id && other.stored != .retiring && other.works(at: now)
                && (other.expiresAt ?? .distantFuture) > now + Double(ladder[0]) * 86_400
        }
        guard heir == nil || credential.stored == .preferred else { return nil }
        return Finding(
            "credential_expires_in_\(rung)d", app: app, credential: credential.id,
            detail: "The \(credential.kind.rawValue) \(credential.id) of app '\(app)' expires in less than "
                + "\(rung) day\(rung == 1 ? "" : "s"); then no tenant gets a token\(heir == nil ? "" : " by it").",
            nextStep: heir.map { "Prefer its successor with `tenantry credential prefer \(app) \($0.id)`." }
                ?? "Rotate with `tenantry credential rotate \(app)`.",
            since: max(end - Double(rung) * 86_400, credential.addedAt))
    }

    private static func rejection(of credential: Credential) -> Finding? {
        guard let rejection = credential.rejection else { return nil }
        let code = rejection.aadsts.map { " with AADSTS\($0)" } ?? ""
        let entry = rejection.aadsts.flatMap(AuthorityCode.lookUp)
        if let reason = rejection.reason {
            return Finding(
                "credential_unusable", app: credential.app, credential: credential.id,
                detail: "The \(credential.kind.rawValue) \(credential.id) of app '\(credential.app)' cannot be used. "
                    + reason,
                nextStep: "Mend that, or \(replacement(of: credential))",
                since: rejection.at)
        }
        return Finding(
            "credential_rejected", app: credential.app, credential: credential.id,
            detail: "The authority rejected the \(credential.kind.rawValue) \(credential.id) of app "
                + "'\(credential.app)'\(code). \(entry?.meaning ?? "")".trimmed,
            nextStep: "\(entry?.remedy ?? "") Else \(replacement(of: credential))".trimmed,
            since: rejection.at)
    }

    private static func replacement(of credential: Credential) -> String {
        // A federated one renews itself, so a like one would fail like it.
        let make = credential.kind == .federated ? " --make certificate" : ""
        return "replace it with `tenantry credential rotate \(credential.app)\(make)`."
    }

    private static func lateRetirement(of credential: Credential, at now: Date) -> Finding? {
        guard credential.stored == .retiring, let due = credential.retireAt,
            due + 2 * Observation.retirementPause < now
        else { return nil }
        return Finding(
            "credential_not_retired", app: credential.app, credential: credential.id,
            detail:
                "The replaced \(credential.kind.rawValue) \(credential.id) of app '\(credential.app)' is still in Entra.",
            nextStep: "Retire it with `tenantry credential retire \(credential.app) \(credential.id) --sign-in`.",
            since: due)
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        while text.first == " " { text.removeFirst() }
        return String(text)
    }
}
