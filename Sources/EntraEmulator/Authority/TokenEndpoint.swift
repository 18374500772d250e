import FoundationEssentials
import Logging
import Synchronization

/// `/{tenant}/oauth2/v2.0/token` and its predecessor `/{tenant}/oauth2/token`: the client-credentials grant, and on the
/// newer one the grants of a device code and of an authorization code.
struct TokenEndpoint {
    let service: EmulatedService
    let addresses: EmulatorAddresses

    /// - Parameter foreignTenant: whether to sign the token for another tenant than the one asked, as a fault.
    func respond(
        _ incoming: Incoming, segment: String, isV1: Bool, foreignTenant: Bool, _ correlation: Correlation
    ) -> Answer {
        let form = incoming.form
        let directory = service.snapshot
        var note = HistoryNote()
        note.tenant = directory.tenant(named: segment)?.id
        note.clientID = TokenRequest.clientID(incoming, form: form)
        note.credential = TokenRequest.kind(incoming, form: form)
        note.claims = form["claims"]
        var answer: Answer
        do {
            answer = try success(incoming, form, segment, isV1, foreignTenant, directory, correlation, &note)
        } catch let refusal as AuthorityError {
            answer = refusal.answer(
                correlation, errorURI: "\(addresses.login)/error", cacheControl: "no-store, no-cache")
            note.code = refusal.code
        } catch {
            answer = AuthorityError.directoryUnavailable.answer(
                correlation, errorURI: "\(addresses.login)/error", cacheControl: "no-store, no-cache")
            service.logger.error("a token could not be signed: \(error)")
        }
        answer.note = note
        return answer
    }

    private func success(
        _ incoming: Incoming, _ form: FormFields, _ segment: String, _ isV1: Bool, _ foreignTenant: Bool,
        _ directory: Directory, _ correlation: Correlation, _ note: inout HistoryNote
    ) throws -> Answer {
        guard incoming.method == "POST" else { throw AuthorityError.wrongMethod(incoming.method) }
        let asked = TenantSegment(segment, in: directory)
        if case .refused(let error) = asked { throw error }
        if !isV1, form["grant_type"] == DeviceCodeGrant.name {
            return try DeviceCodeGrant(service: service).respond(form, asked, directory, correlation, &note)
        }
        if !isV1, form["grant_type"] == AuthorizationCodeGrant.name {
            return try AuthorizationCodeGrant(service: service, addresses: addresses)
                .respond(incoming, form, asked, directory, correlation, &note)
        }
        let request = try TokenRequest(incoming, form: form, isV1: isV1)
        let tenant = try Self.singleTenant(asked)
        guard let app = GUID(request.clientID).flatMap({ directory.apps[$0] }), app.isAvailable(in: tenant) else {
            throw AuthorityError.unknownApplication(request.clientID, in: tenant)
        }
        note.keyID = try ClientAuthenticator(service: service, addresses: addresses)
            .authenticate(request.credential, app: app, tenant: tenant, now: correlation.now)
        let principal = try usablePrincipal(app, tenant, now: correlation.now)
        guard let resource = directory.resource(named: request.resource) else {
            throw AuthorityError.unknownResource(request.resource, in: tenant)
        }
        let roles = principal.grants[resource.appID]?.roles(at: correlation.now) ?? []
        switch tenant.state(of: resource) {
        case .missing: throw AuthorityError.unknownResource(request.resource, in: tenant)
        case .disabled: throw AuthorityError.disabledResource(resource)
        case .assignmentRequired where roles.isEmpty: throw AuthorityError.notAssigned(app, to: resource)
        case .assignmentRequired, .available: break
        }
        let claims = AccessTokenClaims(
            tenant: foreignTenant ? Self.anotherTenant(than: tenant, in: directory) : tenant.id, app: app.clientID,
            objectID: principal.objectID, resource: resource, audience: request.resource,
            roles: roles, capabilities: request.claims?.capabilities ?? [],
            credentialStrength: request.credential.strength, issuedAt: correlation.now,
            lifetimeSeconds: tenant.tokenLifetimeSeconds, v2Issuer: "\(addresses.login)/\(tenant.id.text)/v2.0")
        return reply(try service.keys.current.sign(claims.json(service.randomness)), claims, isV1, correlation)
    }

    private static func singleTenant(_ asked: TenantSegment) throws(AuthorityError) -> Tenant {
        switch asked {
        case .refused(let error): throw error
        case .shared(.organizations): throw .noTenantInformation
        case .shared: throw .grantNotForSharedTenant
        case .tenant(let tenant):
            guard tenant.cloud == .global else { throw tenant.hasMoved ? .nationalCloud : .crossCloud }
            return tenant
        }
    }

    private func usablePrincipal(
        _ app: AppRegistration, _ tenant: Tenant, now: Date
    ) throws(AuthorityError) -> ServicePrincipal {
        guard let principal = tenant.servicePrincipals[app.clientID], principal.usableFrom <= now else {
            switch tenant.missingPrincipal {
            case .named: throw .missingServicePrincipal(app, in: tenant)
            case .unknownApplication: throw .unknownApplication(app.clientID.text, in: tenant)
            }
        }
        guard principal.isEnabled else { throw .disabledServicePrincipal(app) }
        guard !tenant.isBlocked else { throw .blockedByPolicy(GUID(naming: tenant.id.text, "policy")) }
        return principal
    }

    private static func anotherTenant(than tenant: Tenant, in directory: Directory) -> GUID {
        directory.tenantOrder.first { $0 != tenant.id } ?? GUID(naming: tenant.id.text, "another")
    }

    private func reply(
        _ token: String, _ claims: AccessTokenClaims, _ isV1: Bool, _ correlation: Correlation
    ) -> Answer {
        let lifetime = Int64(claims.lifetimeSeconds)
        let issued = Int64(claims.issuedAt.timeIntervalSince1970.rounded(.down))
        let body: JSON =
            isV1
            ? [
                "token_type": "Bearer", "expires_in": .string("\(lifetime)"),
                "ext_expires_in": .string("\(lifetime)"), "expires_on": .string("\(issued + lifetime)"),
                "not_before": .string("\(issued)"), "resource": .string(claims.audience),
                "access_token": .string(token),
            ]
            : [
                "token_type": "Bearer", "expires_in": .integer(lifetime), "ext_expires_in": .integer(lifetime),
                "access_token": .string(token),
            ]
        return .json(
            200, body,
            headers: Self.headers(correlation, service.randomness))
    }

    /// Headers of every token reply.
    static func headers(_ correlation: Correlation, _ randomness: Randomness) -> [(name: String, value: String)] {
        correlation.headers + [
            ("Cache-Control", "no-store, no-cache"), ("Pragma", "no-cache"), ("Expires", "-1"),
            ("x-ms-clitelem", "1,0,0,,"),
            ("Set-Cookie", "fpc=\(randomness.opaque(24)); path=/; secure; HttpOnly; SameSite=None"),
            ("Set-Cookie", "x-ms-gateway-slice=estsfd; path=/; secure; httponly"),
            ("Set-Cookie", "stsservicecookie=estsfd; path=/; secure; httponly"),
        ]
    }
}
