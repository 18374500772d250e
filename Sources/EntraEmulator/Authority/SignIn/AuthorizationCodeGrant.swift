import FoundationEssentials
import Synchronization

/// The grant with which an application turns an authorization code into tokens about the user who signed in.
struct AuthorizationCodeGrant {
    static let name = "authorization_code"

    let service: EmulatedService
    let addresses: EmulatorAddresses

    func respond(
        _ incoming: Incoming, _ form: FormFields, _ asked: TenantSegment, _ directory: Directory,
        _ correlation: Correlation, _ note: inout HistoryNote
    ) throws -> Answer {
        guard !form.isMalformed else { throw AuthorityError.malformedBody }
        let segment = try DeviceCodeEndpoint.tenant(asked)
        guard let client = TokenRequest.clientID(incoming, form: form) else {
            throw AuthorityError.missingParameter("client_id")
        }
        guard let text = form["code"] else { throw AuthorityError.missingParameter("code") }
        guard let redirect = form["redirect_uri"] else { throw AuthorityError.missingParameter("redirect_uri") }
        guard let app = GUID(client).flatMap({ directory.apps[$0] }), segment.map(app.isAvailable) ?? true else {
            throw AuthorityError.unknownApplication(client, in: segment)
        }
        guard let credential = try TokenRequest.credential(incoming, form: form) else {
            throw AuthorityError.clientNotPublic
        }
        let code = try service.codes.withLock { codes throws(AuthorityError) in
            try codes.usable(text, at: correlation.now)
        }
        guard let tenant = directory.tenants[code.tenant] else { throw AuthorityError.unknownTenant(code.tenant.text) }
        note.tenant = tenant.id
        note.keyID = try ClientAuthenticator(service: service, addresses: addresses)
            .authenticate(credential, app: app, tenant: tenant, isShared: segment == nil, now: correlation.now)
        try Self.check(code, app: app, segment: segment, redirect: redirect, verifier: form["code_verifier"])
        try service.codes.withLock { codes throws(AuthorityError) in try codes.redeem(text, at: correlation.now) }
        return try reply(code, app, tenant, strength: credential.strength, directory, correlation)
    }

    /// Refuses a code that was meant for somebody or somewhere else.
    private static func check(
        _ code: AuthorizationCode, app: AppRegistration, segment: Tenant?, redirect: String, verifier: String?
    ) throws(AuthorityError) {
        guard code.client == app.clientID else { throw .codeOfAnotherClient }
        guard segment == nil || segment?.id == code.tenant else { throw .codeOfAnotherTenant }
        // Word for word, but for the slash that an address without a path is answered with.
        guard redirect == code.redirect || redirect + "/" == code.redirect else {
            throw .replyAddressChanged(redirect, expected: code.redirect)
        }
        switch (code.challenge, verifier) {
        case (nil, nil): return
        case (let challenge?, let verifier?) where challenge.isMet(by: verifier): return
        default: throw .wrongCodeVerifier
        }
    }

    private func reply(
        _ code: AuthorizationCode, _ app: AppRegistration, _ tenant: Tenant, strength: String, _ directory: Directory,
        _ correlation: Correlation
    ) throws -> Answer {
        let access = DelegatedTokenClaims(
            tenant: tenant.id, app: app.clientID, appName: app.displayName, user: code.user,
            permissions: code.permissions, issuedAt: correlation.now, lifetimeSeconds: tenant.tokenLifetimeSeconds,
            credentialStrength: strength)
        let refresh = code.permissions.wantsRefresh ? "1.\(service.randomness.opaque(96))" : nil
        let body = JSON.object([
            ("token_type", "Bearer"), ("scope", .string(code.permissions.grantedScopes)),
            ("expires_in", .integer(Int64(access.lifetimeSeconds))),
            ("ext_expires_in", .integer(Int64(access.lifetimeSeconds))),
            ("access_token", .string(try service.keys.current.sign(access.json(service.randomness)))),
            ("refresh_token", refresh.map { .string($0) }),
            (
                "id_token",
                code.permissions.scopes.contains("openid")
                    ? .string(try idToken(code, app, tenant, directory, correlation)) : nil
            ),
        ])
        return .json(200, body, headers: TokenEndpoint.headers(correlation, service.randomness))
    }

    private func idToken(
        _ code: AuthorizationCode, _ app: AppRegistration, _ tenant: Tenant, _ directory: Directory,
        _ correlation: Correlation
    ) throws -> String {
        let claims = IDTokenClaims(
            tenant: tenant.id, app: app, user: code.user,
            home: code.user.homeName.flatMap { directory.account($0)?.tenant.id }, nonce: code.nonce,
            hasProfile: code.permissions.scopes.contains("profile"), issuedAt: correlation.now, login: addresses.login
        ).json(service.randomness)
        guard let forgery = service.forgeries.withLock({ $0.next(for: tenant.id) }) else {
            return try service.keys.current.sign(claims, thumbprint: false)
        }
        return try forgery.token(
            claims, key: service.keys.current, login: addresses.login, randomness: service.randomness)
    }
}
