import FoundationEssentials
import Logging
import Synchronization

/// `/{tenant}/oauth2/v2.0/authorize`: a page on GET, a decision on POST.
///
/// What is wrong before the reply address can be trusted stays on a page; everything after it goes to that address.
struct AuthorizeEndpoint {
    let service: EmulatedService
    let addresses: EmulatorAddresses

    func respond(_ incoming: Incoming, segment: String, _ correlation: Correlation) -> Answer {
        var answer: Answer
        do throws(AuthorityError) {
            let directory = service.snapshot
            let tenant = try DeviceCodeEndpoint.tenant(TenantSegment(segment, in: directory))
            let app = try Self.app(incoming.query, in: tenant, directory)
            answer = try respond(incoming, app, tenant, directory, correlation)
        } catch {
            answer = .page(error.status, ConsentPages.refusal(error, correlation))
            answer.note.code = error.code
        }
        answer.headers += correlation.headers
        answer.note.clientID = incoming.query["client_id"]
        return answer
    }

    private static func app(
        _ query: FormFields, in tenant: Tenant?, _ directory: Directory
    ) throws(AuthorityError) -> AppRegistration {
        guard let client = query["client_id"] else { throw .missingParameter("client_id") }
        guard let app = GUID(client).flatMap({ directory.apps[$0] }) else {
            throw .unknownApplication(client, in: tenant)
        }
        guard let tenant else {
            guard app.audience != .homeTenant else { throw .singleTenantApplication(app) }
            return app
        }
        guard app.isAvailable(in: tenant) else { throw .unknownApplication(client, in: tenant) }
        return app
    }

    private func respond(
        _ incoming: Incoming, _ app: AppRegistration, _ tenant: Tenant?, _ directory: Directory,
        _ correlation: Correlation
    ) throws(AuthorityError) -> Answer {
        let reply = try AuthorizationReply(incoming.query, app: app)
        let request: AuthorizationRequest
        do throws(AuthorityError) {
            try reply.requireMode()
            request = try AuthorizationRequest(incoming.query, app: app, directory: directory)
        } catch {
            return refused(error, reply, correlation)
        }
        switch incoming.method {
        case "GET", "HEAD": return .page(200, SignInPage.choice(app, tenant: tenant, hint: request.loginHint))
        case "POST": break
        default: return .text(405, "Method Not Allowed", headers: [("Allow", "GET, HEAD, POST")])
        }
        switch incoming.form["decision"] {
        case "accept": return try signIn(incoming.form, request, reply, app, tenant, correlation)
        case "cancel": return refused(.declined, isCancel: true, reply, correlation)
        default: throw .missingParameter("decision")
        }
    }

    private func refused(
        _ error: AuthorityError, isCancel: Bool = false, _ reply: AuthorizationReply, _ correlation: Correlation
    ) -> Answer {
        reply.failure(
            error, isCancel: isCancel, errorURI: "\(addresses.login)/error", correlation,
            variation: service.chaos.callbackVariation())
    }

    private func signIn(
        _ form: FormFields, _ request: AuthorizationRequest, _ reply: AuthorizationReply, _ app: AppRegistration,
        _ wanted: Tenant?, _ correlation: Correlation
    ) throws(AuthorityError) -> Answer {
        guard let name = form["other_account"] ?? form["account"] else { throw .missingParameter("account") }
        guard let (tenant, user) = service.snapshot.account(name, in: wanted) else { throw .unknownUser(name) }
        if let wanted, wanted.id != tenant.id { throw .foreignUser(name, tenant: wanted, app: app) }
        guard tenant.cloud == .global else { throw .nationalCloud }
        guard tenant.servicePrincipals[app.clientID]?.isEnabled ?? true else { throw .disabledServicePrincipal(app) }
        guard !tenant.isBlocked else { throw .blockedByPolicy(GUID(naming: tenant.id.text, "policy")) }
        let objectID = service.randomness.guid()
        service.directory.withLock {
            $0.admit(app, to: tenant.id, at: correlation.now, objectID: objectID)
        }
        let text = "1.\(service.randomness.opaque(180))"
        let code = AuthorizationCode(
            client: app.clientID, tenant: tenant.id, user: user, redirect: reply.redirect,
            challenge: request.challenge, nonce: request.nonce, permissions: request.permissions,
            expires: correlation.now.addingTimeInterval(AuthorizationCodes.lifetimeSeconds))
        service.codes.withLock { $0.add(code, as: text) }
        service.logger.notice(
            "signed in", metadata: ["tenant": "\(tenant.id.text)", "client": "\(app.clientID.text)"])
        var answer = reply.success(
            code: text, session: service.randomness.guid(), variation: service.chaos.callbackVariation())
        answer.note.tenant = tenant.id
        return answer
    }
}
