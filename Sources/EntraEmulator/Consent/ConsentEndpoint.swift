import FoundationEssentials
import Logging
import Synchronization

/// `/{tenant}/adminconsent` and `/{tenant}/v2.0/adminconsent`: a page on GET, a decision on POST.
///
/// Asking for the page changes nothing, so a mail scanner or a browser's prefetch cannot consent.
struct ConsentEndpoint {
    let service: EmulatedService
    let addresses: EmulatorAddresses

    func respond(_ incoming: Incoming, segment: String, isV1: Bool, _ correlation: Correlation) -> Answer {
        var answer: Answer
        do {
            let request = try ConsentRequest(
                incoming.query, segment: segment, isV1: isV1, directory: service.snapshot)
            switch incoming.method {
            case "GET", "HEAD": answer = .page(200, ConsentPages.choice(request, publisher: publisher(of: request.app)))
            case "POST": answer = try decide(incoming.form, request, correlation)
            default: answer = .text(405, "Method Not Allowed", headers: [("Allow", "GET, HEAD, POST")])
            }
        } catch {
            answer = .page(error.status, ConsentPages.refusal(error, correlation))
            answer.note.code = error.code
        }
        answer.headers += correlation.headers
        answer.note.clientID = incoming.query["client_id"]
        return answer
    }

    private func decide(
        _ form: FormFields, _ request: ConsentRequest, _ correlation: Correlation
    ) throws(AuthorityError) -> Answer {
        guard let name = form["other_account"] ?? form["account"] else { throw .missingParameter("account") }
        guard let (tenant, user) = service.snapshot.account(name) else { throw .unknownUser(name) }
        guard request.tenant == nil || request.tenant?.id == tenant.id else {
            // Seen on the callback, in the shape of a decline (azure-docs#114009).
            let error = AuthorityError.foreignUser(name, tenant: request.tenant ?? tenant, app: request.app)
            return failure(error, request, correlation)
        }
        guard request.app.isAvailable(in: tenant) else {
            throw .unknownApplication(request.app.clientID.text, in: tenant)
        }
        guard user.role.mayGrant(includingGraph: request.grantsGraph) else { throw .needsAdministrator(request.app) }
        switch form["decision"] {
        case "approve": return approve(request, tenant, correlation)
        case "decline": return failure(.declined, request, correlation)
        default: throw .missingParameter("decision")
        }
    }

    private func approve(_ request: ConsentRequest, _ tenant: Tenant, _ correlation: Correlation) -> Answer {
        let objectID = service.randomness.guid()
        service.directory.withLock {
            $0.approve(
                request.app, in: tenant.id, resources: request.permissions.map(\.resource.appID), at: correlation.now,
                objectID: objectID)
        }
        service.logger.notice(
            "consent approved", metadata: ["tenant": "\(tenant.id.text)", "client": "\(request.app.clientID.text)"])
        guard let redirect = request.redirect else {
            return .page(200, ConsentPages.doneWithoutReplyAddress(request.app))
        }
        var fields = [(name: "admin_consent", value: "True"), (name: "tenant", value: tenant.id.text)]
        if let state = request.state { fields.append((name: "state", value: state)) }
        if let scope = request.scope { fields.append((name: "scope", value: scope)) }
        var answer = Self.callback(redirect, FormFields(fields))
        answer.note.tenant = tenant.id
        return answer
    }

    /// An error carries `admin_consent=True` too, and no `tenant`; so it was observed.
    private func failure(_ error: AuthorityError, _ request: ConsentRequest, _ correlation: Correlation) -> Answer {
        service.logger.notice(
            "consent refused", metadata: ["code": "\(error.code)", "client": "\(request.app.clientID.text)"])
        guard let redirect = request.redirect else { return .page(400, ConsentPages.refusal(error, correlation)) }
        var fields = [
            (name: "error", value: "access_denied"),
            (name: "error_description", value: error.description(correlation)),
            (name: "error_uri", value: "\(addresses.login)/error?code=\(error.code)"),
            (name: "admin_consent", value: "True"),
        ]
        if let state = request.state { fields.append((name: "state", value: state)) }
        var answer = Self.callback(redirect, FormFields(fields))
        answer.note.code = error.code
        return answer
    }

    private static func callback(_ redirect: String, _ fields: FormFields) -> Answer {
        let separator = redirect.contains("?") ? "&" : "?"
        return Answer(
            status: 302,
            headers: [
                ("Location", "\(redirect)\(separator)\(fields.query)#"), ("Cache-Control", "no-store, no-cache"),
                ("Referrer-Policy", "no-referrer"),
            ])
    }

    private func publisher(of app: AppRegistration) -> String {
        service.snapshot.tenant(named: app.homeTenant)?.displayName ?? app.homeTenant
    }
}
