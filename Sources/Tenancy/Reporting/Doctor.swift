package import FoundationEssentials

/// One thing that was looked at, and what it showed.
package struct DoctorCheck: Sendable, Equatable {
    package enum Verdict: String, Sendable {
        case ok
        /// Something to act on.
        case finding
        /// It could not be looked at.
        case unknown
    }

    /// Stable, for machines.
    package let check: String
    /// `nil` when it concerns the service as a whole.
    package let app: AppName?
    package let verdict: Verdict
    /// One sentence.
    package let detail: String
    package let nextStep: String?

    package init(_ check: String, app: AppName?, _ verdict: Verdict, _ detail: String, nextStep: String? = nil) {
        self.check = check
        self.app = app
        self.verdict = verdict
        self.detail = detail
        self.nextStep = nextStep
    }
}

/// What an authority shows of itself.
package struct AuthoritySign: Sendable, Equatable {
    /// How far this machine's clock is ahead of the authority's, in seconds, by the `Date` of its reply; `nil` when that
    /// had none.
    package let clockLead: TimeInterval?
    /// Whether it describes itself as Entra ID does; `nil` when it is in trouble and describes nothing.
    package let isEntra: Bool?

    package init(clockLead: TimeInterval?, isEntra: Bool?) {
        self.clockLead = clockLead
        self.isEntra = isEntra
    }
}

/// What the doctor asks the network.
package protocol ServiceProbe: Sendable {
    /// How the cloud's authority answers for that tenant, or for nobody in particular; `nil` when it does not answer.
    func authority(of cloud: Cloud, tenant: TenantID?) async -> AuthoritySign?

    /// The status of a GET, without redirects; `nil` when nothing answered.
    func status(of url: String) async -> Int?
}

/// Looks an app's registration over: is it ready for customers' tenants?
package struct Doctor: Sendable {
    private let apps: any AppStore
    private let credentials: any CredentialStore
    private let registrations: any RegistrationStore
    private let ledger: any TokenLedger
    private let probe: any ServiceProbe
    private let clock: WallClock

    /// A clock that is further off makes assertions look too new or too old. Source: five minutes are allowed for.
    private static let largestSkew: TimeInterval = 60

    package init(
        apps: any AppStore, credentials: any CredentialStore, registrations: any RegistrationStore,
        ledger: any TokenLedger, probe: any ServiceProbe, clock: WallClock
    ) {
        self.apps = apps
        self.credentials = credentials
        self.registrations = registrations
        self.ledger = ledger
        self.probe = probe
        self.clock = clock
    }

    /// - Parameter publicURL: the public door as browsers reach it, without a trailing slash.
    package func examine(_ app: App, publicURL: String) async throws(StoreError) -> [DoctorCheck] {
        var checks = [try await audience(of: app)]
        if app.redirectURI != nil { checks += await redirect(of: app, publicURL) }
        checks += try await credentials(of: app)
        checks += try await tokens(of: app)
        // Nobody reads the reasons of an app that no customer is asked to consent to.
        if app.audience == .anyTenant { checks.append(try await reasons(of: app)) }
        let sign = await probe.authority(of: app.cloud, tenant: app.homeTenant)
        checks.append(authority(sign, of: app))
        checks.append(clock(sign, for: app))
        return checks
    }

    private func audience(of app: App) async throws(StoreError) -> DoctorCheck {
        let applied = try await registrations.registration(app.name)?.applied?.at
        let source =
            applied.map { "as applied at \($0.formatted(.iso8601))" } ?? "as it was told; see `tenantry app drift`"
        switch app.audience {
        case .anyTenant:
            return DoctorCheck("audience", app: app.name, .ok, "Customers' tenants may consent (\(source)).")
        case .ownTenant:
            return DoctorCheck(
                "audience", app: app.name, app.redirectURI == nil ? .ok : .finding,
                "The app works in its own tenant only (\(source)).",
                nextStep: app.redirectURI == nil
                    ? nil : "For customers, set the audience to AzureADMultipleOrgs and apply.")
        }
    }

    private func redirect(of app: App, _ publicURL: String) async -> [DoctorCheck] {
        guard let uri = app.redirectURI, let url = URL(string: uri), let host = url.host() else { return [] }
        let wanted = "\(publicURL)/consent/callback"
        let isLocal = host == "localhost"
        // Entra leaves the port out of account on localhost.
        let fits =
            uri == wanted || (isLocal && URL(string: wanted)?.host() == host && url.path() == "/consent/callback")
        let match = DoctorCheck(
            "redirect_uri", app: app.name, fits ? .ok : .finding,
            fits
                ? "Consent comes back to \(uri)."
                : "Consent comes back to \(uri), but this service waits at \(wanted).",
            nextStep: fits ? nil : "Make both the same: the setting public_url, or redirect_uris in the spec.")
        let port = url.port.map { ":\($0)" } ?? ""
        let door = isLocal ? publicURL : "\(url.scheme ?? "https")://\(host)\(port)"
        let status = await probe.status(of: "\(door)/livez")
        let isReachable = status == 200
        return [
            match,
            DoctorCheck(
                "redirect_reachable", app: app.name, isReachable ? .ok : .finding,
                isReachable
                    ? "The service answers at \(door)."
                    : "Nobody answers as this service at \(door)\(status.map { " (status \($0))" } ?? "").",
                nextStep: isReachable ? nil : "Run `tenantry serve`, and see that the proxy before it leads there."),
        ]
    }

    private func credentials(of app: App) async throws(StoreError) -> [DoctorCheck] {
        let known = try await credentials.credentials(of: app.name)
        let findings = Finding.about(
            known, try await credentials.rotation(of: app.name), of: app.name, at: clock.now())
        guard findings.isEmpty else {
            return findings.map {
                DoctorCheck("credentials", app: app.name, .finding, $0.detail, nextStep: $0.nextStep)
            }
        }
        let ends = known.filter { $0.isUsable(at: clock.now()) }.compactMap(\.expiresAt).max()
        return [
            DoctorCheck(
                "credentials", app: app.name, .ok,
                ends.map { "The last to expire lives until \($0.formatted(.iso8601))." }
                    ?? "None is known to fail; when they expire is not known here.")
        ]
    }

    private func tokens(of app: App) async throws(StoreError) -> [DoctorCheck] {
        let since = clock.now() - Finding.mismatchMemory
        let findings = Finding.about(try await ledger.mismatches(of: app.name, since: since))
        guard findings.isEmpty else {
            return findings.map { DoctorCheck("tokens", app: app.name, .finding, $0.detail, nextStep: $0.nextStep) }
        }
        return [DoctorCheck("tokens", app: app.name, .ok, "In the last 7 days every token was its tenant's own.")]
    }

    private func reasons(of app: App) async throws(StoreError) -> DoctorCheck {
        let bare = try await apps.currentRelease(of: app.name).permissions.filter(\.reason.isEmpty).map(\.role)
        return DoctorCheck(
            "reasons", app: app.name, bare.isEmpty ? .ok : .finding,
            bare.isEmpty
                ? "Every permission has a reason that customers can read."
                : "Without a reason for customers: \(bare.joined(separator: ", ")).",
            nextStep: bare.isEmpty ? nil : "Give each a reason in the spec, then apply and publish.")
    }

    private func authority(_ sign: AuthoritySign?, of app: App) -> DoctorCheck {
        switch sign?.isEntra {
        case true?:
            DoctorCheck("authority", app: app.name, .ok, "The authority answers as Microsoft Entra ID does.")
        case false?:
            DoctorCheck(
                "authority", app: app.name, .finding,
                "The authority does not answer as Microsoft Entra ID does, and no other OAuth 2.0 authority can be used.",
                nextStep: "Give `entra.authority` one of Entra ID, or a stand-in for it such as entra-emulator.")
        case nil:
            DoctorCheck(
                "authority", app: app.name, .unknown, "The authority could not be asked what it is.",
                nextStep: "Check the network.")
        }
    }

    private func clock(_ sign: AuthoritySign?, for app: App) -> DoctorCheck {
        guard let lead = sign?.clockLead else {
            return DoctorCheck(
                "clock", app: app.name, .unknown, "The authority could not be asked for the time.",
                nextStep: "Check the network.")
        }
        let isFine = abs(lead) <= Self.largestSkew
        let seconds = Int(abs(lead).rounded())
        return DoctorCheck(
            "clock", app: app.name, isFine ? .ok : .finding,
            seconds == 0
                ? "This machine's clock agrees with the authority's."
                : "This machine's clock is \(seconds) s \(lead > 0 ? "ahead of" : "behind") the authority's.",
            nextStep: isFine ? nil : "Set the clock by NTP: assertions fail when it is minutes off.")
    }
}
